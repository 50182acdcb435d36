"""Checks the AXI4-Stream ports of a build with an independent bus model, in cocotb.

The simulator's own harness and this one share no code: what both accept is a correct stream.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.ir.types import IntArray
from hwcompile.resources import room
from hwcompile.verify.beats import to_beats
from hwcompile.verify.cache import cached
from hwcompile.verify.simulator import link_memories, simulator_key, source_files
from hwcompile.verify.verilator import Variant, build_program, verilate

RUN = """
import sys
from cocotb_tools.runner import get_runner
get_runner("verilator").test(
    hdl_toplevel=sys.argv[1], hdl_toplevel_lang="verilog", test_module="hwcompile_protocol",
    build_dir=sys.argv[2], test_dir=".", results_xml=sys.argv[3], seed=sys.argv[4])
"""

VTOP = '#include "Vdut.h"\nusing Vtop = Vdut;\n'
"""cocotb's main program knows the design by this name."""


def check_protocol(
    directory: Path,
    inputs: Mapping[str, IntArray],
    outputs: Mapping[str, IntArray],
    *,
    seed: int = 0,
    timeout_cycles: int = 200_000,
) -> tuple[str, ...]:
    """Run all protocol tests of `sim/cocotb/hwcompile_protocol.py` on a build directory.

    Args:
        directory: Holds `interface.json` and `rtl/`.
        inputs: Input name to int64 [frames, height, width, channels].
        outputs: What must come out.
        seed: Decides the stalls.
        timeout_cycles: Cycles to wait for a frame.

    Returns:
        The names of the tests that passed.

    Raises:
        CompileError: HW0604 with every test that failed.
    """
    interface = Interface.read(directory)
    folder = _compile(directory)
    plan = {
        "inputs": [_port_plan(port, inputs[port.name]) for port in interface.inputs],
        "outputs": [_port_plan(port, outputs[port.name]) for port in interface.outputs],
        "seed": seed,
        "timeout_ns": 10 * timeout_cycles,
    }
    with tempfile.TemporaryDirectory(prefix="hwcompile-cocotb-") as name:
        work = Path(name)
        link_memories(directory, work)
        shutil.copy(room("sim") / "cocotb" / "hwcompile_protocol.py", work)
        (work / "protocol.json").write_text(json.dumps(plan))
        results = work / "results.xml"
        command = [sys.executable, "-c", RUN, interface.top, str(folder), str(results), str(seed)]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
        if not results.is_file():
            raise fail("HW0706", "cocotb did not run", done.stdout[-2000:] + done.stderr[-2000:])
        return _passed(results, interface.top)


def _compile(directory: Path) -> Path:
    """The folder with the program, which is called like the top level."""
    if importlib.util.find_spec("cocotb") is None:
        raise fail("HW0706", "cocotb is not installed", fix='pip install "hwcompile[sim]"')
    from cocotb_tools import config

    interface, variant = Interface.read(directory), Variant(vpi=True)
    libraries = str(config.libs_dir)
    link = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lcocotbvpi_verilator"]
    control = _control(interface)
    main = Path(config.share_dir) / "lib" / "verilator" / "verilator.cpp"

    def make(folder: Path) -> None:
        objects = folder / "objects"
        objects.mkdir()
        (objects / "Vtop.h").write_text(VTOP)
        (objects / "ports.vlt").write_text(control)
        sources = [objects / "ports.vlt", *source_files(directory)]
        verilate(sources, interface.top, objects, variant.options)
        build_program(objects, main, folder / interface.top, variant, link)
        shutil.rmtree(objects)

    key = simulator_key(directory, variant, [VTOP, control, main.read_text(), *link])
    return cached("simulators", key, make)


def _control(interface: Interface) -> str:
    """Verilator's control file that shows the ports, and only them, to the test bench."""
    ports = (*interface.inputs, *interface.outputs)
    names = ["aclk", "aresetn", "frame_error_o"]
    names += [f"{p.prefix}_{s}" for p in ports for s in ("tdata", "tvalid", "tready", "tlast")]
    lines = (f'public_flat_rw -module "{interface.top}" -var "{name}"\n' for name in names)
    return "`verilator_config\n" + "".join(lines)


def _port_plan(port: AxisPort, values: IntArray) -> dict[str, Any]:
    beats = [beat[::-1].tobytes().hex() for beat in to_beats(values, port)]
    words = port.format.words
    frames = [beats[first : first + words] for first in range(0, len(beats), words)]
    return {"prefix": port.prefix, "frames": frames}


def _passed(results: Path, top: str) -> tuple[str, ...]:
    findings, passed = [], []
    for case in ElementTree.parse(results).iter("testcase"):
        failure = case.find("failure")
        failure = case.find("error") if failure is None else failure
        if failure is None:
            passed.append(case.get("name", ""))
            continue
        why = (failure.get("error_msg") or failure.get("message") or failure.text or "").strip()
        findings.append(Diagnostic("HW0604", f"the design '{top}' fails '{case.get('name')}'", why))
    if findings or not passed:
        raise CompileError(findings or [Diagnostic("HW0706", "cocotb found no test")])
    return tuple(passed)
