"""Frames per second from cycles: rounded so that no rate that is above zero becomes zero."""

from __future__ import annotations

from math import floor, log10

_DIGITS = 4
"""Significant digits that rounding keeps at least."""


def frames_per_second(clock_mhz: float, interval: int) -> float:
    """Frames per second of a design that takes `interval` cycles for each.

    With one decimal, or with four significant digits where that is more.
    """
    rate = clock_mhz * 1e6 / interval
    return round(rate, max(1, _DIGITS - 1 - floor(log10(rate))))


def rate_text(rate: float) -> str:
    """A rate as a person reads it: whole frames from a hundred on, else three digits."""
    if rate >= 100:
        return f"{rate:,.0f}"
    return f"{rate:.{max(0, 2 - floor(log10(rate)))}f}" if rate >= 1e-3 else f"{rate:.3g}"
