"""A family's open flow as data; `toolchains.synthesis` and `place_and_route` do the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hwcompile.board_file import Board


@dataclass(frozen=True)
class Use:
    """Parts of an FPGA in use, in the family's own units (see `Flow.cells`)."""

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    large_ram: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(*(a + b for a, b in zip(self.figures(), other.figures(), strict=True)))

    def figures(self) -> tuple[int, int, int, int, int]:
        """All counts, in the order of the fields."""
        return self.lut, self.ff, self.bram, self.dsp, self.large_ram


@dataclass(frozen=True)
class Program:
    """A program of the flow.

    Attributes:
        name: Its name on the PATH, which wins.
        module: The Python module that brings it.
        function: The function of the module that takes the arguments.
        package: What `pip` calls it.
    """

    name: str
    module: str
    function: str
    package: str


@dataclass(frozen=True)
class Step:
    """One call of a program in the board's folder; arguments name files there."""

    program: Program
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """The open flow of a family.

    Attributes:
        programs: What places and routes, and what packs.
        synthesis: Yosys' synthesis command; (board, whether DSP blocks may be used).
        start: The label of that command's script that follows the reading of the cells.
        multiply: Yosys commands that put the products left to them into DSP blocks, where the
            synthesis command should not.
        after_flatten: Yosys commands for the flat netlist.
        cells: For each field of `Use`, patterns of cell types with how many of it each takes.
        utilisation: For each field of `Use`, the names in nextpnr's report that count it.
        constraints: Name and text of the pin constraints; (board, LEDs in use).
        place: The place-and-route step; (board, MHz, seed, constraints' file name).
        pack: The step that makes the bitstream; (board).
        bitstream: Name of the bitstream file.
        models: Files with simulation models of the cells, below Yosys' share folder.
        luts: Yosys commands that take the place of the synthesis command's step `map_luts`, where
            that can not be trusted; empty otherwise.
        all_modelled: There is a model of every cell that synthesis can make.
        absorb: Moves registers of a mapped module into blocks that have some, which Yosys does not
            do for the family; takes a module of Yosys' JSON and changes it.
    """

    programs: tuple[Program, ...]
    synthesis: Callable[[Board, bool], str]
    start: str
    multiply: tuple[str, ...]
    after_flatten: tuple[str, ...]
    cells: Mapping[str, tuple[tuple[str, int], ...]]
    utilisation: Mapping[str, tuple[str, ...]]
    constraints: Callable[[Board, int], tuple[str, str]]
    place: Callable[[Board, float, int, str], Step]
    pack: Callable[[Board], Step]
    bitstream: str
    models: tuple[str, ...]
    luts: tuple[str, ...] = ()
    all_modelled: bool = False
    absorb: Callable[[dict[str, Any]], None] | None = None

    def use_of(self, counts: Mapping[str, int]) -> Use:
        """What cells take; `counts` is cell type to number."""
        return cells_use(counts, self.cells)


def cells_use(counts: Mapping[str, int], cells: Mapping[str, tuple[tuple[str, int], ...]]) -> Use:
    """What cells take by a table like `Flow.cells`; `counts` is cell type to number."""
    return Use(
        **{
            part: sum(
                weight * count
                for pattern, weight in patterns
                for kind, count in counts.items()
                if re.fullmatch(pattern, kind)
            )
            for part, patterns in cells.items()
        }
    )


TOP = "board_top"
"""The module around a board's design."""
NETLIST = "netlist.json"
REPORT = "nextpnr.json"
ROUTED = "routed"
"""Names of files in the board's folder; `ROUTED` has a suffix that depends on the family."""


def common_place(mhz: float, seed: int) -> tuple[str, ...]:
    """Arguments that every nextpnr takes."""
    frequency = ("--freq", f"{mhz:g}", "--timing-allow-fail")
    return ("--json", NETLIST, "--report", REPORT, "--seed", str(seed), *frequency)


def led_pins(board: Board, leds: int) -> tuple[tuple[str, str], ...]:
    """(port bit, pin) of the LEDs in use; nextpnr calls a vector of one bit by its plain name."""
    pins = board.leds.pins if board.leds else ()
    if leds == 1:
        return (("led", pins[0]),)
    return tuple((f"led[{index}]", pin) for index, pin in enumerate(pins[:leds]))


def all_pins(board: Board, leds: int) -> tuple[tuple[str, str], ...]:
    """(port bit, pin) of everything but the clock."""
    button = (("button", board.reset.pin),) if board.reset else ()
    return (*_link_pins(board), *button, *led_pins(board, leds))


def _link_pins(board: Board) -> tuple[tuple[str, str], ...]:
    if board.uart:
        return (("uart_rx", board.uart.rx), ("uart_tx", board.uart.tx))
    if board.spi:
        bus = board.spi
        select = ("spi_cs_n", bus.cs_n)
        return (("spi_sck", bus.sck), select, ("spi_mosi", bus.mosi), ("spi_miso", bus.miso))
    return ()
