"""What it takes to begin: installing the wheel, the first help, the first design, the first check.

    python benchmarks/start.py [--json FILE] [--markdown FILE] [--only base|sim|pytorch]

Builds the wheel, installs it alone and with the extra `sim` in environments of their own, and
measures there. Times are those of one process from its start to its end; `help_cpu_seconds` is
processor time, which a busy machine changes less. `first_verify_seconds` has the simulator's
compilation in it: the cache is empty. Megabytes are those of the environment without pip.

`--only pytorch` walks through the tutorial from PyTorch instead, and measures every step.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.newcomer import timed_steps
from benchmarks.output import markdown, number, parser, show, write

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "examples" / "digits"
INSTALLS = {"base": "", "sim": "[sim]"}
LIMITS = {("base", "installed_mb"): 250.0, ("base", "help_cpu_seconds"): 0.5}
"""What the project holds itself to."""

COLUMNS = (
    ("import_seconds", "import s"),
    ("help_seconds", "help s"),
    ("help_cpu_seconds", "help CPU s"),
    ("compile_seconds", "first compile s"),
    ("first_verify_seconds", "first verify s"),
    ("installed_mb", "installed MB"),
)

TABLES = {"": ("installed", *(title for _, title in COLUMNS)), "pytorch": ("step", "s")}

Row = dict[str, Any]


def timed(words: Sequence[object], home: Path) -> tuple[float, float]:
    """Wall-clock and processor seconds of a command; its children's included.

    Raises:
        RuntimeError: When it fails.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment |= {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [str(word) for word in words], cwd=home, env=environment, capture_output=True, text=True
    )
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{words}\n{done.stdout}\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu


def megabytes(folder: Path) -> float:
    """Size of the files below a folder, pip's and setuptools' own left out."""
    own = ("pip", "setuptools")
    files = (
        path
        for site in folder.glob("lib/python*/site-packages")
        for entry in site.iterdir()
        if entry.name.split("-")[0] not in own
        for path in ([entry] if entry.is_file() else entry.rglob("*"))
    )
    return sum(path.lstat().st_size for path in files if path.is_file()) / 1e6


def built_wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    words = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT]
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
    return next(folder.glob("hwcompile-*.whl"))


def row_of(name: str, wheel: Path, model: Path, folder: Path) -> Row:
    """What one way of installing takes."""
    place = folder / name
    venv.create(place, with_pip=True)
    python, program = place / "bin" / "python", place / "bin" / "hwcompile"
    target = f"{wheel}{INSTALLS[name]}"
    timed([python, "-m", "pip", "install", "--quiet", target], folder)
    row: Row = {"install": name, "installed_mb": round(megabytes(place), 1)}
    # Once before it counts: the byte code is written on first use.
    for _ in range(2):
        imported, _ = timed([python, "-c", "import hwcompile; hwcompile.compile"], folder)
        helped, cpu = timed([program, "--help"], folder)
    words = [program, "compile", model, "-o", folder / f"{name}-out", "--fastest"]
    compiled, _ = timed(words, folder)
    verified = None
    if name == "sim":
        verified, _ = timed([program, "verify", folder / f"{name}-out"], folder)
    seconds = {
        "import_seconds": imported,
        "help_seconds": helped,
        "help_cpu_seconds": cpu,
        "compile_seconds": compiled,
        "first_verify_seconds": verified,
    }
    return row | {key: None if s is None else round(s, 2) for key, s in seconds.items()}


def measured(names: Sequence[str]) -> list[Row]:
    """The rows of some ways of installing."""
    with tempfile.TemporaryDirectory(prefix="hwcompile-start-") as name:
        folder = Path(name)
        wheel = built_wheel(folder / "wheel")
        model = next(iter(sorted(MODEL.glob("*.onnx"))))
        return [row_of(install, wheel, model, folder) for install in names]


def excess(rows: Sequence[Row]) -> list[str]:
    """The limits that some rows are above."""
    found = {(row["install"], key): row[key] for row in rows for key in row if key != "install"}
    return [
        f"{key} of {install} is {found[install, key]}, more than {limit}"
        for (install, key), limit in LIMITS.items()
        if (install, key) in found and found[install, key] > limit
    ]


def line(row: Row) -> list[str]:
    """A row as text."""
    return [f"`hwcompile{INSTALLS[row['install']]}`", *(number(row[key]) for key, _ in COLUMNS)]


def newcomer(asked: argparse.Namespace) -> int:
    """Walk through the tutorial from PyTorch."""
    with tempfile.TemporaryDirectory(prefix="hwcompile-newcomer-") as name:
        folder = Path(name)
        rows = timed_steps(built_wheel(folder / "wheel"), folder / "walk")
    lines = [[row["step"], number(row["seconds"])] for row in rows]
    show(TABLES["pytorch"], lines, left=1)
    write(asked, rows, markdown(TABLES["pytorch"], lines, left=1))
    return 0


def main() -> int:
    """Measure; exit code 1 when a limit is exceeded."""
    parsed = parser(__doc__)
    parsed.add_argument("--only", choices=[*INSTALLS, "pytorch"])
    asked = parsed.parse_args()
    if asked.only == "pytorch":
        return newcomer(asked)
    rows = measured([asked.only] if asked.only else list(INSTALLS))
    lines = [line(row) for row in rows]
    show(TABLES[""], lines, left=1)
    write(asked, rows, markdown(TABLES[""], lines, left=1))
    beyond = excess(rows)
    print("\n".join(beyond), file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
