"""One run on a board: opens the port, exchanges frames, closes it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.ir.types import IntArray
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.record import as_built, clock_of
from hwcompile.toolchains.swap import identity_on
from hwcompile_runtime.frames import STUCK, run_frames
from hwcompile_runtime.link import BoardLink, Line, timeout_of
from hwcompile_runtime.serial_port import open_port
from hwcompile_runtime.spi import SpiLine, bus_exchange, is_bus, simulated_exchange

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
    directory: Path,
    board: Board,
    port: str,
    baud: int,
    inputs: Mapping[str, IntArray],
    *,
    noise: float = 0.0,
    seed: int = 0,
) -> BoardRun:
    """Send frames to a board and collect what it computes.

    Args:
        directory: Build directory of the design that the board holds.
        board: The board.
        port: A serial port, an SPI bus (see `bus_exchange`), or "sim" for the simulated board.
        baud: Bits per second of the link, as the bitstream was built for.
        inputs: For every input, int64 [frames, height, width, channels].
        noise: Probability that noise hits a byte on the simulated line.
        seed: Of the noise.

    Raises:
        CompileError: HW0805 without pyserial, HW0814 when the port can not be opened, HW0831 for
            noise on a real port, and those of `run_frames`.
    """
    interface = Interface.read(directory)
    with (
        _port_name(directory, board, port, noise, seed) as name,
        _open_line(directory, board, name, baud) as line,
    ):
        link = BoardLink(line, timeout=timeout_of(baud))
        started = time.perf_counter()
        said = identity_on(directory, board)
        # A simulation takes as long as it takes.
        patience = float("inf") if port == SIMULATED else STUCK
        outputs = run_frames(link, ports_of(interface), said, inputs, patience=patience)
        return BoardRun(outputs, time.perf_counter() - started, link.retries)


@contextmanager
def _port_name(directory: Path, board: Board, port: str, noise: float, seed: int) -> Iterator[str]:
    """The port to open: that of a board which is simulated meanwhile, or the real one."""
    if port == SIMULATED:
        with SimulatedPort(directory, board, noise=noise, seed=seed) as simulated:
            yield simulated.name
        return
    if noise:
        raise fail(
            "HW0831",
            f"noise can not be put on the port '{port}'",
            fix="--port sim, or --noise at `hwcompile simulate-board`",
        )
    yield port


@contextmanager
def _open_line(directory: Path, board: Board, name: str, baud: int) -> Iterator[Line]:
    """The line behind a port: serial, or SPI as the bitstream has it."""
    bus = as_built(directory, board).spi
    if bus and is_bus(name):
        clock = clock_of(directory, board)
        with bus_exchange(name, clock.mhz, bus.ftdi_select) as exchange:
            yield SpiLine(exchange)
        return
    with open_port(name, baud) as line:
        yield SpiLine(simulated_exchange(line)) if bus else line
