"""The PLL of the GateMate."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hwcompile.families.pll import Pll, PllKind, limits_of


def _dividers(kind: PllKind, source: Fraction) -> Iterator[Pll]:
    """The dividers are up to nextpnr, which meets these frequencies without error."""
    for mhz in (*range(5, 61), *range(65, 121, 5)):
        words = (("InMhz", f'"{float(source):.1f}"'), ("OutMhz", f'"{mhz}.0"'))
        yield Pll(kind.module, Fraction(mhz), Fraction(mhz), source, words)


_LIMITS = limits_of(("10", "10"), ("10", "10"), ("5", "120"), ("5", "120"))
"""Not from a data sheet: what nextpnr was seen to meet with the oscillator of the one board."""

CC_PLL = PllKind("CC_PLL", "hw_pll_gatemate", _LIMITS, _dividers)
