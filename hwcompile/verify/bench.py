"""Builds a design for cocotb and runs a Python test bench in it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.engine.cache import cached
from hwcompile.verify.programs import PROGRAMS, build_program, program_key
from hwcompile.verify.verilator import Variant, verilate

RUN = """
import sys
from cocotb_tools.runner import get_runner
get_runner("verilator").test(
    hdl_toplevel=sys.argv[1], hdl_toplevel_lang="verilog", test_module=sys.argv[5],
    build_dir=sys.argv[2], test_dir=".", results_xml=sys.argv[3], seed=sys.argv[4])
"""

VTOP = '#include "Vdut.h"\nusing Vtop = Vdut;\n'
"""cocotb's main program knows the design by this name."""


def compile_bench(
    sources: Sequence[Path], top: str, ports: Iterable[str], options: Sequence[str] = ()
) -> Path:
    """The folder with the program, which is called like the top level; cached.

    Args:
        sources: SystemVerilog files, in order.
        top: Top-level module.
        ports: Its ports that the bench reads or drives.
        options: Further options of Verilator.

    Raises:
        CompileError: HW0706 without cocotb, or when a tool refuses the design.
    """
    if importlib.util.find_spec("cocotb") is None:
        raise fail("HW0706", "cocotb is not installed", fix='pip install "hwcompile[sim]"')
    from cocotb_tools import config

    # A bench in Python takes longer for a cycle than the design does.
    variant = Variant(vpi=True, level="-O0")
    libraries = str(config.libs_dir)
    link = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lcocotbvpi_verilator"]
    control = _control(top, ports)
    main = Path(config.share_dir) / "lib" / "verilator" / "verilator.cpp"

    def make(folder: Path) -> None:
        objects = folder / "objects"
        objects.mkdir()
        (objects / "Vtop.h").write_text(VTOP)
        (objects / "ports.vlt").write_text(control)
        files = [objects / "ports.vlt", *sources]
        verilate(files, top, objects, [*variant.options, *options])
        build_program(objects, main, folder / top, variant, link)
        shutil.rmtree(objects)

    texts = [part for path in sources for part in (path.name, path.read_text())]
    extra = [top, VTOP, control, main.read_text(), *link, *options]
    return cached(PROGRAMS, program_key(variant, [*extra, *texts]), make)


def run_bench(program: Path, top: str, work: Path, module: str, seed: int) -> tuple[str, ...]:
    """Run all tests of a module.

    Args:
        program: What `compile_bench` returned.
        top: Top-level module.
        work: Folder to run in; it holds the module and what the module reads.
        module: Name of the Python module.
        seed: Of cocotb's random numbers.

    Returns:
        The names of the tests that passed.

    Raises:
        CompileError: HW0604 with every test that failed, HW0657 when cocotb ran none.
    """
    results = work / "results.xml"
    results.unlink(missing_ok=True)  # those of a former run say nothing about this one
    command = [sys.executable, "-c", RUN, top, str(program), str(results), str(seed), module]
    # Else assertions are rewritten in all that the module imports, which takes seconds.
    own = " ".join(sorted(path.name for path in work.glob("*.py")))
    environment = {"COCOTB_REWRITE_ASSERTION_FILES": own, **os.environ}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    if not results.is_file():
        said = (done.stdout + done.stderr).split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")
        raise _did_not_run(f"its process ended with '{last[:500]}'")
    return _passed(results, top)


def _control(top: str, ports: Iterable[str]) -> str:
    """Verilator's control file that shows the ports, and only them, to the test bench."""
    lines = (f'public_flat_rw -module "{top}" -var "{name}"\n' for name in ports)
    return "`verilator_config\n" + "".join(lines)


def _passed(results: Path, top: str) -> tuple[str, ...]:
    findings, passed = [], []
    for case in ElementTree.parse(results).iter("testcase"):
        failure = case.find("failure")
        failure = case.find("error") if failure is None else failure
        if failure is None:
            passed.append(case.get("name", ""))
            continue
        why = (failure.get("error_msg") or failure.get("message") or failure.text or "").strip()
        what = f"the design '{top}' fails '{case.get('name')}'"
        findings.append(Diagnostic("HW0604", what, why, "report it as a bug, with the model"))
    if findings:
        raise CompileError(findings)
    if not passed:
        raise _did_not_run("it found no test in the module")
    return tuple(passed)


def _did_not_run(why: str) -> CompileError:
    fix = 'pip install "hwcompile[sim]", which has versions of it that work'
    return fail("HW0657", "cocotb did not run", why, fix)
