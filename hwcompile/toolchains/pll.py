"""Which clocks a board's PLL can make of its oscillator."""

from __future__ import annotations

from fractions import Fraction

from hwcompile.boards import Board
from hwcompile.families import family_of
from hwcompile.families.pll import Pll, PllKind


def pll_of(board: Board) -> PllKind | None:
    """The PLL that the board's clock can drive; None when none is known.

    The board file's `clock.pll` names it; else it is the family's usual one.
    """
    kinds = (kind for kind in family_of(board).plls if kind.on(board.device))
    wanted = board.clock.pll
    return next((kind for kind in kinds if wanted in ("", kind.cell)), None)


def pll_settings(board: Board) -> list[Pll]:
    """Every clock that the board's PLL can make, slowest first."""
    kind = pll_of(board)
    return kind.settings(oscillator_of(board)) if kind else []


def oscillator_of(board: Board) -> Fraction:
    """The oscillator's frequency in MHz, as the board file writes it."""
    return Fraction(str(board.clock.mhz))
