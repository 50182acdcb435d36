"""What is installed works away from the checkout: rooms are in the wheel, from the sdist too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.cli.small import save
from tests.models import ROOT

ROOMS = ("templates", "sim", "boards")


def run(*words: object, cwd: Path, **environment: str) -> str:
    """Run a command; its output, or a failed test with it."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sdist and the wheel built from it, out of a copy of what git tracks."""
    source = tmp_path_factory.mktemp("source") / "hwcompile"
    tracked = run("git", "ls-files", "--cached", cwd=ROOT).splitlines()
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", target, source, cwd=source)
    return target


def test_the_wheel_has_every_room(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for room in ROOMS:
        for name in run("git", "ls-files", room, cwd=ROOT).splitlines():
            assert f"hwcompile/_data/{name}" in names
    for name in run("git", "ls-files", "hwcompile", "hwcompile_runtime", cwd=ROOT).splitlines():
        assert name in names
    assert {"hwcompile/py.typed", "hwcompile_runtime/py.typed"} <= names


def test_the_wheel_compiles_and_verifies_a_model(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    site = tmp_path / "site"
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel,
        cwd=tmp_path,
    )  # fmt: skip
    model = save(tmp_path)
    script = (
        "import hwcompile, sys\n"
        f"assert hwcompile.__file__.startswith({str(site)!r}), hwcompile.__file__\n"
        f"design = hwcompile.compile({str(model)!r}, {str(tmp_path / 'build')!r})\n"
        "sys.exit(0 if design.verify().passed else 1)\n"
    )
    run(sys.executable, "-c", script, cwd=tmp_path, PYTHONPATH=str(site))


def test_the_runtime_is_a_wheel_of_its_own(dist: Path, tmp_path: Path) -> None:
    """The same files as in the compiler's wheel, in the same version, and nothing else."""
    run(
        sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT / "runtime",
        cwd=tmp_path,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("hwcompile_runtime-*.whl")
    (whole,) = dist.glob("*.whl")
    assert wheel.name.split("-")[1] == whole.name.split("-")[1]
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(whole) as theirs:
        modules = [name for name in ours.namelist() if ".dist-info/" not in name]
        assert "hwcompile_runtime/deployment.py" in modules
        assert sorted(modules) == sorted(n for n in theirs.namelist() if n.startswith("hwcompile_r")
                                         and ".dist-info/" not in n)  # fmt: skip
        assert all(ours.read(name) == theirs.read(name) for name in modules)
    site = tmp_path / "site"
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel,
        cwd=tmp_path,
    )  # fmt: skip
    done = run(
        sys.executable, "-m", "hwcompile_runtime", "--help", cwd=tmp_path, PYTHONPATH=str(site)
    )
    assert "--port" in done


SCRIPT = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import hls4ml
import keras
import numpy as np

model = keras.Sequential([
    keras.layers.Input((16,)),
    keras.layers.Dense(8, activation="relu", name="fc1"),
    keras.layers.Dense(5, activation="softmax", name="fc2"),
])
config = hls4ml.utils.config_from_keras_model(model, granularity="name", backend="BACKEND")
hls_model = hls4ml.converters.convert_from_keras_model(
    model,
    hls_config=config,
    backend="BACKEND",
    io_type="io_parallel",
    output_dir="my-hls-test",
    part="xcu250-figd2104-2L-e",
)
hls_model.compile()
y_hls = hls_model.predict(np.random.rand(100, 16))
assert y_hls.shape == (100, 5), y_hls.shape
report = hls_model.build(csim=False, synth=True)
assert int(report["CSynthesisReport"]["BestLatency"]) > 0, report
"""
"""As hls4ml's documentation writes such scripts; only the backend's name is another one."""

OURS = SCRIPT.replace('"BACKEND"', '"hwcompile"')

COSIMULATED = """
report = hls_model.build(csim=False, synth=True, cosim=True)
assert report["CosimReport"]["Status"] == "Pass", report
"""

WHERE = """
import sys
print("found in", sys.modules["hwcompile"].__file__)
"""
"""hls4ml has imported the package, not the script."""


def test_hls4ml_finds_the_installed_backend(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    site = tmp_path / "site"
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel,
        cwd=tmp_path,
    )  # fmt: skip
    found = run(sys.executable, "-c", OURS + WHERE, cwd=tmp_path, PYTHONPATH=str(site))
    assert f"found in {site}" in found
    assert (tmp_path / "my-hls-test" / "hwcompile" / "rtl").is_dir()


@pytest.mark.slow
def test_hls4ml_finds_the_backend_in_a_clean_environment(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[hls4ml,sim]", cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "jets.py").write_text(OURS + COSIMULATED + WHERE, encoding="utf-8")
    clean = {"PYTHONPATH": "", "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    found = run(python, "jets.py", cwd=elsewhere, **clean)
    assert f"found in {tmp_path / 'env'}" in found
    assert (elsewhere / "my-hls-test" / "hwcompile" / "rtl").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_a_clean_environment_installs_and_compiles(kind: str, dist: Path, tmp_path: Path) -> None:
    # README.md installs a package with its extras; messages add an extra by the package's name,
    # which no index has: what is installed already answers for it.
    (package,) = dist.glob(kind)
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    first, then = {
        "*.whl": (f"{package}", ["hwcompile[sim]"]),
        "*.tar.gz": (f"{package}[sim]", []),
    }[kind]
    run(python, "-m", "pip", "install", "--quiet", first, cwd=tmp_path)
    for target in then:
        run(python, "-m", "pip", "install", "--quiet", target, cwd=tmp_path)
    program = tmp_path / "env" / "bin" / "hwcompile"
    run(program, "compile", save(tmp_path), "-o", tmp_path / "build", cwd=tmp_path)
    run(program, "verify", tmp_path / "build", cwd=tmp_path)
    run(program, "doctor", cwd=tmp_path)
