"""Checks the AXI4-Stream ports of a build with an independent bus model, in cocotb.

The simulator's own harness and this one share no code: what both accept is a correct stream.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwcompile.build_directory import rtl_sources
from hwcompile.diagnostics import fail
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.ir.types import IntArray
from hwcompile.resources import room
from hwcompile.verify.beats import to_beats
from hwcompile.verify.bench import compile_bench, run_bench
from hwcompile.verify.simulator import link_memories

MODULE = "hwcompile_protocol"


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
        CompileError: HW0604 with every test that failed, HW0706 without cocotbext-axi, whose bus
            models the tests use; no extra for users brings it.
    """
    if importlib.util.find_spec("cocotbext") is None:
        raise fail("HW0706", "cocotbext-axi is not installed", fix="pip install cocotbext-axi")
    interface = Interface.read(directory)
    program = compile_bench(rtl_sources(directory), interface.top, _ports(interface))
    plan = {
        "inputs": [_port_plan(port, inputs[port.name]) for port in interface.inputs],
        "outputs": [_port_plan(port, outputs[port.name]) for port in interface.outputs],
        "memories": [
            {"prefix": port.prefix, "status": port.status, "image": f"memory_{index}.bin"}
            for index, port in enumerate(interface.memories)
        ],
        "seed": seed,
        "timeout_ns": 10 * timeout_cycles,
    }
    with tempfile.TemporaryDirectory(prefix="hwcompile-cocotb-") as name:
        work = Path(name)
        link_memories(directory, work)
        shutil.copy(room("sim") / "cocotb" / f"{MODULE}.py", work)
        (work / "protocol.json").write_text(json.dumps(plan))
        return run_bench(program, interface.top, work, MODULE, seed)


def _ports(interface: Interface) -> list[str]:
    """The ports of the top level."""
    streams = (*interface.inputs, *interface.outputs)
    names = ["aclk", "aresetn", "frame_error_o"]
    names += [f"{p.prefix}_{s}" for p in streams for s in ("tdata", "tvalid", "tready", "tlast")]
    return [*names, *(name for port in interface.memories for name in port.signals)]


def _port_plan(port: AxisPort, values: IntArray) -> dict[str, Any]:
    beats = [beat[::-1].tobytes().hex() for beat in to_beats(values, port)]
    words = port.format.words
    frames = [beats[first : first + words] for first in range(0, len(beats), words)]
    return {"prefix": port.prefix, "frames": frames}
