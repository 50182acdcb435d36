"""One run on a board: opens the port, exchanges frames, closes it."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.emit.interface import Interface
from hwcompile.ir.types import IntArray
from hwcompile.runtime.frames import run_frames
from hwcompile.runtime.link import Line, Link
from hwcompile.runtime.simulated import SimulatedLine
from hwcompile.toolchains.board_top import identity

SIMULATED = "sim"
"""The name of the port behind which the board is simulated."""


@dataclass(frozen=True)
class BoardRun:
    """What came back from a board.

    Attributes:
        outputs: Output name to int64 [frames, height, width, channels].
        seconds: Wall-clock time of the exchange.
        retries: Packets that had to be sent again.
    """

    outputs: dict[str, IntArray]
    seconds: float
    retries: int


def run_on_board(
    directory: Path, board: Board, port: str, baud: int, inputs: Mapping[str, IntArray]
) -> BoardRun:
    """Send frames to a board and collect what it computes.

    Args:
        directory: Build directory of the design that the board holds.
        board: The board.
        port: A serial port, or "sim" for the simulated board.
        baud: Bits per second of the link, as the bitstream was built for.
        inputs: For every input, int64 [frames, height, width, channels].

    Raises:
        CompileError: HW0805 without pyserial, HW0814 when the port can not be opened, and those
            of `run_frames`.
    """
    interface = Interface.read(directory)
    with _open(directory, board, port, baud) as line:
        link = Link(line)
        started = time.perf_counter()
        outputs = run_frames(link, interface, identity(directory, interface), inputs)
        return BoardRun(outputs, time.perf_counter() - started, link.retries)


@contextmanager
def _open(directory: Path, board: Board, port: str, baud: int) -> Iterator[Line]:
    if port == SIMULATED:
        with SimulatedLine(directory, board) as simulated:
            yield simulated
        return
    try:
        serial = importlib.import_module("serial")
    except ModuleNotFoundError as error:
        fix = 'pip install "hwcompile[fpga]"'
        raise fail("HW0805", "pyserial is not installed", fix=fix) from error
    try:
        line = serial.Serial(port, baud, timeout=0.02)
    except serial.SerialException as error:
        raise fail("HW0814", f"the port '{port}' can not be opened", str(error)) from error
    try:
        yield line
    finally:
        line.close()
