"""The clock that a build asks for: the oscillator, a frequency, or the fastest that closes."""

from __future__ import annotations

import re
from fractions import Fraction

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.toolchains.board_top import makes_baud
from hwcompile.toolchains.pll import oscillator_of, pll_settings
from hwcompile.toolchains.system_clock import SystemClock

OSCILLATOR, AUTO = "oscillator", "auto"
TOLERANCE = Fraction(1, 200)
"""How far a PLL may be from the frequency that was asked for."""
MARGIN = Fraction(1, 20)
"""Share of the fastest clock that `auto` leaves: another clock means other counters in the link,
and place and route then finds another solution."""
ROUNDS = 4
"""Clocks that `auto` tries to confirm, each slower than the one before."""


def asked_clock(board: Board, wanted: str) -> SystemClock:
    """The clock for `wanted`, which is not "auto".

    Args:
        board: The board.
        wanted: "oscillator", or a frequency in MHz.

    Raises:
        CompileError: HW0832 when the board's PLL can not make it, HW0833 when it is no frequency.
    """
    if wanted == OSCILLATOR:
        return SystemClock.of_oscillator(board)
    if not re.fullmatch(r"\d+(\.\d+)?", wanted) or not Fraction(wanted):
        raise fail(
            "HW0833",
            f"'{wanted}' is not a clock",
            fix=f"--clock with {OSCILLATOR}, {AUTO}, or a frequency in MHz such as 24",
        )
    mhz = Fraction(wanted)
    near = sorted(_clocks(board), key=lambda clock: abs(clock.mhz - mhz))
    if abs(near[0].mhz - mhz) <= TOLERANCE * mhz:
        return near[0]
    listed = ", ".join(f"{float(clock.mhz):g}" for clock in sorted(near[:2], key=_speed))
    raise fail(
        "HW0832",
        f"the board '{board.id}' can not make a clock of {wanted} MHz",
        f"its oscillator has {board.clock.mhz:g} MHz, and "
        + ("its PLL makes no such clock" if len(near) > 1 else "no PLL is known behind it"),
        f"--clock with one of: {listed}",
    )


def fastest_clock(board: Board, most: Fraction, baud: int = 0) -> SystemClock | None:
    """The fastest clock of a board that is not above `most` MHz; None when all are faster.

    Args:
        board: The board.
        most: In MHz.
        baud: Bits per second of the link, which clocks that can make them are preferred for.
    """
    slow = [clock for clock in _clocks(board) if clock.mhz <= most]
    suited = [clock for clock in slow if baud and makes_baud(clock, baud)]
    return max(suited or slow, key=_speed, default=None)


def _clocks(board: Board) -> list[SystemClock]:
    """Everything the board can make; the oscillator first, so that it wins over an equal PLL."""
    oscillator = oscillator_of(board)
    made = (pll for pll in pll_settings(board) if pll.mhz != oscillator)
    return [SystemClock.of_oscillator(board), *(SystemClock.of_pll(pll) for pll in made)]


def _speed(clock: SystemClock) -> Fraction:
    return clock.mhz
