"""Level `bitstream`: frames over the simulated serial line into the decoded bits of a board."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from hwcompile.boards import load_board
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.ir.types import IntArray
from hwcompile.runtime.simulated import SimulatedLine, board_header
from hwcompile.toolchains.swap import identity_on
from hwcompile.verify.bitstream import decoded_program, packed_build
from hwcompile.verify.result import SimulationResult
from hwcompile_runtime.frames import run_frames
from hwcompile_runtime.link import BoardLink

PATIENCE = 120.0
"""Seconds to wait for an answer: simulated cells are slow, and the line loses nothing."""


def run_bitstream(directory: Path, board: str, inputs: Mapping[str, IntArray]) -> SimulationResult:
    """Decode the packed bits of a board and send frames through its pins.

    What comes back passed the board's power-on reset, its link and the host's client, so it proves
    these as well. The link decides when words move: there are no cycles to compare.

    Args:
        directory: Build directory with a bitstream for the board.
        board: Name or file of the board.
        inputs: For every input, int64 [frames, height, width, channels].

    Raises:
        CompileError: Those of `packed_build`, `decoded_program` and `run_frames`.
    """
    target = load_board(board) if board else None
    bitstream, record = packed_build(directory, target)
    assert target is not None
    said = identity_on(directory, target)
    header = board_header(target, record.clocks_per_bit, record.clock)
    program = decoded_program(bitstream, target, record, header)
    interface = Interface.read(directory)
    started = time.perf_counter()
    with SimulatedLine(directory, target, program) as line:
        link = BoardLink(line, timeout=PATIENCE)
        outputs = run_frames(link, ports_of(interface), said, inputs, patience=float("inf"))
    return SimulationResult(outputs, {}, {}, 0, time.perf_counter() - started, {}, {})
