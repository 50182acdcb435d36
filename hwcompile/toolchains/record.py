"""What a board's folder says about the bitstream in it."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import msgspec

from hwcompile.boards import Board, board_names, with_link
from hwcompile.build_directory import BOARD_RECORD, write_atomic
from hwcompile.diagnostics import fail
from hwcompile.toolchains.system_clock import SystemClock
from hwcompile_runtime.files import check_schema

_LITERAL = re.compile(r"[A-Za-z0-9_'.+-]{1,80}|\"[A-Za-z0-9_.,+ -]{0,80}\"")
BAUD = 115200
"""Bits per second of the link, unless asked otherwise."""


RECORD_SCHEMA = 1


class BuildRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a bitstream was made.

    Attributes:
        baud: Bits per second of the link.
        clocks_per_bit: Clocks of the design that a bit on the link lasts.
        identity: What the board says about itself, as `board_top.identity` makes it.
        seed: Of place and route.
        clock_mhz: The design's clock in MHz, as an exact fraction such as "135/4".
        pll: The wrapper of the PLL that makes the clock, "" for the oscillator.
        pll_parameters: Its parameters as SystemVerilog literals.
        swappable: It was routed with random contents in place of the weights; `identity` then
            stands for the structure alone.
        weights: A digest of the weights in it, when it is swappable.
        structure: The same of everything else in the design.
        link: "uart" or "spi".
        schema: Version of this form.
    """

    baud: int
    clocks_per_bit: int
    identity: str
    seed: int
    clock_mhz: str
    pll: str = ""
    pll_parameters: dict[str, str] = {}
    swappable: bool = False
    weights: str = ""
    structure: str = ""
    link: str = "uart"
    schema: int = RECORD_SCHEMA

    def __post_init__(self) -> None:
        """Refuse what no build writes: these values become text of the top level."""
        if not 1 <= self.baud <= 10**9 or not 0 <= self.clocks_per_bit < 2**31:
            raise ValueError(f"baud is {self.baud}, clocks_per_bit {self.clocks_per_bit}")
        if not re.fullmatch(r"[0-9a-f]{16}", self.identity):
            raise ValueError("identity is not one")
        if not re.fullmatch(r"[0-9]{1,12}(/[1-9][0-9]{0,12})?", self.clock_mhz):
            raise ValueError("clock_mhz is not a fraction")
        if not 0 < Fraction(self.clock_mhz) <= 10_000:
            raise ValueError(f"clock_mhz is {self.clock_mhz}")
        names = [self.pll, *self.pll_parameters] if self.pll else list(self.pll_parameters)
        if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names):
            raise ValueError("pll is not a module's name")
        if not all(_LITERAL.fullmatch(value) for value in self.pll_parameters.values()):
            raise ValueError("pll_parameters are not literals")
        if self.link not in ("uart", "spi"):
            raise ValueError(f"link is {self.link!r:.40}")

    @property
    def clock(self) -> SystemClock:
        """The design's clock."""
        parameters = tuple(self.pll_parameters.items())
        return SystemClock(Fraction(self.clock_mhz), self.pll, parameters)

    def write(self, folder: Path) -> None:
        """Write it into a board's folder."""
        data = msgspec.json.format(msgspec.json.encode(self), indent=2)
        write_atomic(folder / BOARD_RECORD, data + b"\n")


def read_record(folder: Path) -> BuildRecord | None:
    """The record in a board's folder; None when it has no bitstream.

    Raises:
        CompileError: HW0863 when it is damaged, HW0511 when another version wrote it.
    """
    path = folder / BOARD_RECORD
    if not path.is_file():
        return None
    again = f"build again: hwcompile build {folder.parent} --board {folder.name}"
    try:
        data = msgspec.json.decode(path.read_bytes())
        check_schema(path, data, RECORD_SCHEMA, again)
        return msgspec.convert(data, BuildRecord)
    except (OSError, ValueError, ArithmeticError) as error:
        raise fail(
            "HW0863",
            f"the record '{path}' of a bitstream is damaged",
            f"{str(error) or type(error).__name__:.200}",
            again,
        ) from error


def only_board(directory: Path) -> str:
    """The one board of `board_names()` for which a build directory holds a bitstream.

    Raises:
        CompileError: HW0836 when there is none, or several.
    """
    built = [name for name in board_names() if read_record(directory / name)]
    if len(built) == 1:
        return built[0]
    raise fail(
        "HW0836",
        f"'{directory}' does not say which board is meant",
        f"it has bitstreams for {', '.join(built)}" if built else "it has no bitstream",
        "--board NAME",
    )


def clock_of(directory: Path, board: Board) -> SystemClock:
    """The clock that a build directory's bitstream for a board has; without one the oscillator."""
    record = read_record(directory / board.id)
    return record.clock if record else SystemClock.of_oscillator(board)


def baud_of(directory: Path, board: Board) -> int:
    """The baud rate that a build directory's bitstream for a board has; without one `BAUD`."""
    record = read_record(directory / board.id)
    return record.baud if record else BAUD


def as_built(directory: Path, board: Board) -> Board:
    """The board with the link that a build directory's bitstream has; else with its usual one.

    Raises:
        CompileError: HW0803 when it has none.
    """
    record = read_record(directory / board.id)
    return with_link(board, record.link if record else "")
