"""The board's top level: the design behind its serial link, as SystemVerilog."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.emit.environment import render
from hwcompile.emit.interface import Interface
from hwcompile.emit.library import module_text, with_dependencies

TOP = "board_top"
BAUD = 115200
LEDS = 2
GAP_SECONDS = 0.002
"""A pause so long ends a packet; USB adapters may pause for one frame of USB, 1 ms."""
GAP_BYTES = 4
"""The least pause that ends a packet, in bytes' time."""
PROTOCOL = 1
"""First byte of what a board says about itself."""

_LIBRARY = (
    *("hw_power_on", "hw_uart_rx", "hw_uart_tx", "hw_link"),
    *("hw_bytes_to_beats", "hw_beats_to_bytes"),
)


def write_board_top(directory: Path, board: Board, folder: Path, baud: int = BAUD) -> list[Path]:
    """Write the top level and the link's modules into `folder`; returns these files.

    Args:
        directory: Build directory of the design.
        board: The board.
        folder: Where the files go.
        baud: Bits per second of the link.

    Raises:
        CompileError: HW0803 when the board has no link, HW0806 when the clock is too slow for it.
    """
    if board.uart is None:
        raise fail(
            "HW0803",
            f"the board '{board.id}' has no link to a host",
            "its file has no [uart] table",
            "a copy of the file with the pins of a serial adapter, given as --board ./mine.toml",
        )
    clocks = round(board.clock.mhz * 1e6 / baud)
    if clocks < 8 or abs(board.clock.mhz * 1e6 / clocks / baud - 1) > 0.02:
        raise fail(
            "HW0806",
            f"{baud:,} baud can not be made from {board.clock.mhz:g} MHz",
            f"a bit would last {board.clock.mhz * 1e6 / baud:.1f} clocks",
            "a lower --baud",
        )
    interface = Interface.read(directory)
    top = render(
        "board/top.sv.j2",
        module=TOP,
        board=board,
        interface=interface,
        leds=led_count(board),
        baud=baud,
        clocks_per_bit=clocks,
        gap_clocks=gap_clocks(board, clocks),
        ident=identity(directory, interface),
    )
    texts = {name: module_text(name) for name in with_dependencies(_LIBRARY)}
    texts[TOP] = top
    present = set((directory / "rtl" / "files.f").read_text().split())
    paths = []
    for name, text in texts.items():
        if f"{name}.sv" not in present:
            (folder / f"{name}.sv").write_text(text)
            paths.append(folder / f"{name}.sv")
    return paths


def gap_clocks(board: Board, clocks_per_bit: int) -> int:
    """Clocks of the pause that ends a packet."""
    return max(round(GAP_SECONDS * board.clock.mhz * 1e6), GAP_BYTES * 10 * clocks_per_bit)


def led_count(board: Board) -> int:
    """How many LEDs the top level drives."""
    return min(LEDS, len(board.leds.pins)) if board.leds else 0


def identity(directory: Path, interface: Interface) -> str:
    """What a board says about itself: 16 hexadecimal digits, most significant byte first.

    Least significant byte first these are: the protocol's version, inputs and outputs (four bits
    each), and six bytes that change with the design's sources and memory contents.
    """
    state = hashlib.sha256()
    for path in sorted((directory / "rtl").iterdir()):
        state.update(f"{path.name}\n".encode())
        state.update(path.read_bytes())
    ports = len(interface.outputs) << 4 | len(interface.inputs)
    return f"{state.hexdigest()[:12]}{ports:02x}{PROTOCOL:02x}"
