"""The clock of a board's top level: the oscillator, or what a PLL makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hwcompile.boards import Board
from hwcompile.families.pll import Pll
from hwcompile.toolchains.pll import oscillator_of


@dataclass(frozen=True)
class SystemClock:
    """The clock of the design and its link.

    Attributes:
        mhz: Its frequency in MHz.
        module: The PLL's wrapper, "" when the oscillator drives the design.
        parameters: The wrapper's parameters as SystemVerilog literals.
    """

    mhz: Fraction
    module: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of_oscillator(board: Board) -> SystemClock:
        """The board's oscillator itself."""
        return SystemClock(oscillator_of(board))

    @staticmethod
    def of_pll(pll: Pll) -> SystemClock:
        """What a PLL makes of the oscillator."""
        return SystemClock(pll.mhz, pll.module, pll.parameters)
