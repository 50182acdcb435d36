"""The board's top level: the design behind its serial link, as SystemVerilog."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from hwcompile import build_directory
from hwcompile.boards import Board, links_of, with_link
from hwcompile.diagnostics import fail
from hwcompile.emit.environment import render
from hwcompile.emit.finished import finished
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.emit.library import library_files
from hwcompile.emit.project import write_files
from hwcompile.families import family_of
from hwcompile.families.flow import TOP as TOP
from hwcompile.toolchains.joint import ALONE, GAP_CLOCKS, IDLE_CLOCKS, Joint
from hwcompile.toolchains.record import BAUD as BAUD
from hwcompile.toolchains.system_clock import SystemClock
from hwcompile_runtime.deployment import identity_of
from hwcompile_runtime.files import design_digest

LEDS = 2
BAUD_ERROR = Fraction(1, 50)
"""Most that the link's baud rate may differ from the one asked for."""
GAP_SECONDS = Fraction(1, 500)
"""A pause so long ends a packet; USB adapters may pause for one frame of USB, 1 ms."""
GAP_BYTES = 4
"""The least pause that ends a packet, in bytes' time."""

SPI_IDLE = 128
"""Clocks for which an output may be silent before an answer leaves over SPI."""

_LIBRARY = ("hw_power_on", "hw_link", "hw_bytes_to_beats", "hw_beats_to_bytes")
_LINKS = {"uart": ("hw_uart_rx", "hw_uart_tx"), "spi": ("hw_spi",)}


def write_board_top(
    directory: Path,
    board: Board,
    folder: Path,
    baud: int = BAUD,
    clock: SystemClock | None = None,
    ident: str = "",
    joint: Joint = ALONE,
) -> list[Path]:
    """Write the top level and the link's modules into `folder`; returns these files.

    Args:
        directory: Build directory of the design.
        board: The board; of several links the usual one is built.
        folder: Where the files go.
        baud: Bits per second of the link.
        clock: The design's clock; None for the oscillator.
        ident: What the board says about itself; "" for the design's `identity`.
        joint: Its place among other boards. The link of one that another board asks has the pauses
            of lines between boards.

    Raises:
        CompileError: HW0803 when the board has no link, HW0806 when the clock is too slow for it,
            HW0816 when the design needs external memory.
    """
    check_memory(directory, board)
    board = with_link(board)
    (link,) = links_of(board)
    clock = clock or SystemClock.of_oscillator(board)
    bit = clocks_per_bit(clock, baud) if link == "uart" else 1
    interface = Interface.read(directory)
    top = render(
        "board/top.sv.j2",
        module=joint.module,
        joint=joint,
        board=board,
        interface=interface,
        leds=led_count(board),
        baud=baud,
        clocks_per_bit=bit,
        gap_clocks=GAP_CLOCKS if joint.previous else gap_clocks(board, bit, clock),
        idle_clocks=_idle_clocks(link, bit, joint),
        clock=clock,
        mhz=float(clock.mhz),
        ident=ident or identity(directory, interface),
    )
    texts = library_files((*_LIBRARY, *_LINKS[link], *_joined_by(joint)))
    if clock.module:
        wrapper = family_of(board).file(f"{clock.module}.sv")
        assert wrapper is not None
        texts[f"{clock.module}.sv"] = wrapper.read_text()
    texts[f"{joint.module}.sv"] = top
    present = set(build_directory.source_names(directory))
    made = finished(texts, interface.top)
    added = {name: text for name, text in made.items() if name not in present}
    write_files(folder, added)
    return [folder / name for name in added]


def _idle_clocks(link: str, bit: int, joint: Joint) -> int:
    """Clocks for which an output may be silent before an answer leaves."""
    if joint.previous:
        return IDLE_CLOCKS
    return 10 * bit if link == "uart" else SPI_IDLE


def _joined_by(joint: Joint) -> tuple[str, ...]:
    """Modules of the library that a board's place among others takes."""
    found = ["hw_next_board"] if joint.next else []
    if joint.previous:
        found += ["hw_fifo", *(["hw_gearbox", "hw_axis_last"] if joint.gearbox else [])]
    return tuple(found)


def clocks_per_bit(clock: SystemClock, baud: int) -> int:
    """Clocks that a bit of the serial link lasts.

    Raises:
        CompileError: HW0806 when it were fewer than 8, or the baud rate more than 2 % off.
    """
    exact = clock.mhz * 1_000_000 / baud
    if not makes_baud(clock, baud):
        raise fail(
            "HW0806",
            f"{baud:,} baud can not be made from {float(clock.mhz):g} MHz",
            f"a bit would last {float(exact):.1f} clocks",
            "a lower --baud",
        )
    return round(exact)


def makes_baud(clock: SystemClock, baud: int) -> bool:
    """Whether a clock is fast enough for a baud rate, and its bits last what they should."""
    exact = clock.mhz * 1_000_000 / baud
    clocks = round(exact)
    return clocks >= 8 and abs(exact / clocks - 1) <= BAUD_ERROR


def gap_clocks(board: Board, bit: int, clock: SystemClock | None = None) -> int:
    """Clocks of the pause that ends a packet.

    Args:
        board: The board.
        bit: Clocks that a bit of the link lasts.
        clock: The clock; None for the oscillator.
    """
    clock = clock or SystemClock.of_oscillator(board)
    return max(round(GAP_SECONDS * clock.mhz * 1_000_000), GAP_BYTES * 10 * bit)


def check_memory(directory: Path, board: Board) -> None:
    """Refuse a design that reads weights from memory outside the FPGA.

    Raises:
        CompileError: HW0816, naming the layer.
    """
    ports = Interface.read(directory).memories
    if ports:
        size = sum(port.size for port in ports)
        raise fail(
            "HW0816",
            f"the board '{board.id}' has no external memory for the weights of '{ports[0].name}'",
            f"the design reads {size:,} bytes through an AXI4 port, and nothing here connects "
            "such a port to the board's memory",
            'weights = "on_chip" in the schedule, or connect the port in a design of your own',
        )


def led_count(board: Board) -> int:
    """How many LEDs the top level drives."""
    return min(LEDS, len(board.leds.pins)) if board.leds else 0


def identity(directory: Path, interface: Interface) -> str:
    """What a board that holds a build directory's design says about itself: see `identity_of`."""
    listed = directory / build_directory.FILES
    files = (*build_directory.rtl_sources(directory), *build_directory.memories(directory), listed)
    return identity_of(design_digest(files), ports_of(interface))
