"""All boards of a system in one Verilator model: with streams at the ends, or a host's line."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hwcompile.build_directory import FILES, INTERFACE, RTL, json_text, memories, rtl_sources
from hwcompile.emit.environment import render
from hwcompile.emit.finished import finished
from hwcompile.emit.interface import Interface
from hwcompile.emit.library import library_files
from hwcompile.emit.names import identifier
from hwcompile.ir.types import IntArray
from hwcompile.resources import room
from hwcompile.runtime.simulated import CLOCKS_PER_BIT as HOST_BIT
from hwcompile.runtime.simulated import SimulatedLine, board_header, board_program
from hwcompile.system.chain import Member, host_ports
from hwcompile.toolchains import joint
from hwcompile.toolchains.board_top import write_board_top
from hwcompile.toolchains.system_clock import SystemClock
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.simulator import compile_simulator
from hwcompile_runtime.frames import run_frames
from hwcompile_runtime.link import BoardLink

_AROUND = ("hw_next_board", "hw_beats_to_bytes", "hw_bytes_to_beats")
PATIENCE = 120.0
"""Seconds to wait for the first board's answer: it loses none, and a simulation takes its time."""


def run_streams(
    members: Sequence[Member], inputs: Mapping[str, IntArray], cycles: float
) -> SimulationResult:
    """Simulate a system whose first board is fed by streams: every cycle is that of the boards.

    Args:
        members: The boards.
        inputs: For every input, int64 [frames, height, width, channels].
        cycles: About how many cycles that takes.

    Raises:
        CompileError: Those of the simulator.
    """
    with _streamed(members) as folder:
        simulator = compile_simulator(folder, cycles=cycles)
        return simulator.run(inputs, max_idle_cycles=max(1_000_000, round(cycles)))


def run_boards(
    members: Sequence[Member], inputs: Mapping[str, IntArray], noise: float, seed: int
) -> tuple[dict[str, IntArray], int, int]:
    """Send frames to the first board over its serial line, as the host's client does.

    Args:
        members: The boards.
        inputs: For every input, int64 [frames, height, width, channels].
        noise: Probability that noise hits a byte on a line between two boards.
        seed: Of the noise.

    Returns:
        Output name to int64 [frames, height, width, channels]; packets that the host had to send
        again; and how often noise hit a line between two boards.

    Raises:
        CompileError: Those of the simulator and of `run_frames`.
    """
    first, *others = members
    line = SimulatedLine(
        first.directory,
        first.board,
        _program(members),
        others=[member.directory for member in others],
        arguments=(repr(float(noise)), str(seed)),
    )
    with line:
        link = BoardLink(line, timeout=PATIENCE)
        ports = host_ports(first.interface, members[-1].interface)
        outputs = run_frames(link, ports, first.ident, inputs, patience=float("inf"))
        return outputs, link.retries, line.hits


def system_interface(members: Sequence[Member]) -> Interface:
    """The ports of the model that streams feed."""
    first, last = members[0].interface, members[-1].interface
    return Interface(identifier(f"{first.top}_system", longest=80), first.inputs, last.outputs)


@contextmanager
def _streamed(members: Sequence[Member]) -> Iterator[Path]:
    """A folder that simulates like a build directory."""
    with tempfile.TemporaryDirectory(prefix="hwcompile-system-") as work:
        folder = Path(work)
        rtl = folder / RTL
        rtl.mkdir()
        interface = system_interface(members)
        first, *others = members
        sources = [*rtl_sources(first.directory)]
        for member in others:
            sources += [*rtl_sources(member.directory), *_board_sources(member, rtl)]
        for path in (*sources, *(file for m in members for file in memories(m.directory))):
            if path.parent != rtl:
                shutil.copyfile(path, rtl / path.name)
        top = render(
            "board/system.sv.j2",
            module=interface.top,
            first=first.interface,
            last=interface.outputs[0],
            next=first.joint.next,
            boards=others,
        )
        around = finished({**library_files(_AROUND), f"{interface.top}.sv": top}, interface.top)
        for name, text in around.items():
            (rtl / name).write_text(text)
        names = [*(path.name for path in sources), *around]
        (folder / FILES).write_text("".join(f"{name}\n" for name in names))
        (folder / INTERFACE).write_text(json_text(interface.to_json()))
        yield folder


def _board_sources(member: Member, folder: Path) -> list[Path]:
    """Write a board's top level and its link; the host's line is as fast as it may be."""
    clock = SystemClock.of_oscillator(member.board)
    bit = joint.CLOCKS_PER_BIT if member.joint.previous else HOST_BIT
    baud = round(clock.mhz * 1_000_000 / bit)
    return write_board_top(
        member.directory, member.board, folder, baud, clock, member.ident, member.joint
    )


def _program(members: Sequence[Member]) -> Path:
    """The program in which the boards run until its standard input ends; cached."""
    main, board = room("sim") / "board_main.cpp", members[0].board
    header = board_header(board, HOST_BIT)
    header += f"#define HW_JOINTS {2 * len(members) - 2}\n"
    module = identifier(f"{members[0].interface.top}_boards", longest=80)
    with tempfile.TemporaryDirectory(prefix="hwcompile-top-") as work:
        folder = Path(work)
        sources = [
            path
            for member in members
            for path in (*rtl_sources(member.directory), *_board_sources(member, folder))
        ]
        top = folder / f"{module}.sv"
        top.write_text(render("board/boards.sv.j2", module=module, boards=members))
        sources.append(top)
        return board_program(sources, module, main, header)
