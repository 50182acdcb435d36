"""Models of QKeras, in an environment of its own: TensorFlow and Keras 2, 2 GB of them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree, which

import pytest

from benchmarks.hls4ml_qkeras import samples
from tests.models import ROOT

ORACLE = "hls4ml C simulation"

PYTHON = "python3.11"
"""The newest one that this TensorFlow is made for."""

OFFLINE = re.compile(r"Retrying \(Retry\(|Network is unreachable|Temporary failure in name")


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The interpreter of a new environment with what benchmarks/qkeras.txt lists."""
    program = which(PYTHON)
    if program is None:
        pytest.skip(f"there is no {PYTHON}, and TensorFlow 2.15 is not made for newer ones")
    folder = tmp_path_factory.mktemp("qkeras")
    assert run(program, "-m", "venv", folder).returncode == 0
    found = folder / "bin" / "python"
    listed = ROOT / "benchmarks" / "qkeras.txt"
    done = run(found, "-m", "pip", "install", "--quiet", "--retries", "1", "-r", listed)
    if done.returncode and OFFLINE.search(done.stdout):
        pytest.skip("the package index can not be reached")
    assert done.returncode == 0, done.stdout
    yield found
    rmtree(folder)


@pytest.mark.slow
def test_every_model_of_qkeras_has_the_integers_of_the_simulation(python: Path) -> None:
    tests = Path(__file__).with_name("test_models.py")
    done = run(
        *(python, "-m", "pytest", "-W", "ignore", "-p", "no:cacheprovider", tests),
        *("-o", "addopts=--strict-markers", "-m", "slow or not slow", "-k", "qkeras"),
        PYTHONPATH=str(ROOT),
        KERAS_BACKEND="tensorflow",
        HWCOMPILE_SOURCES="qkeras",
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(samples())} passed" in done.stdout, done.stdout
