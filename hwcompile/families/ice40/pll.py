"""PLLs of the iCE40."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hwcompile.families.pll import Pll, PllKind, limits_of


def _filter_range(detector: Fraction) -> int:
    """The iCE40's loop filter for a comparison frequency: the table of `icepll`."""
    return 1 + sum(detector >= edge for edge in (17, 26, 44, 66, 101))


def _dividers(kind: PllKind, source: Fraction) -> Iterator[Pll]:
    for divr in range(16):
        for divf in range(128):
            for divq in range(1, 7):
                detector = source / (divr + 1)
                oscillator = detector * (divf + 1)
                words = (
                    ("DivR", f"4'd{divr}"),
                    ("DivF", f"7'd{divf}"),
                    ("DivQ", f"3'd{divq}"),
                    ("FilterRange", f"3'd{_filter_range(detector)}"),
                )
                yield Pll(kind.module, oscillator / 2**divq, oscillator, detector, words)


_LIMITS = limits_of(("10", "133"), ("10", "133"), ("533", "1066"), ("16", "275"))
"""FPGA-DS-02029 (LP/HX) and FPGA-DS-02008 (UltraPlus), table "sysCLOCK PLL Timing"."""

CORE = PllKind("SB_PLL40_CORE", "hw_pll_ice40", _LIMITS, _dividers)
PAD = PllKind("SB_PLL40_PAD", "hw_pll_ice40_pad", _LIMITS, _dividers)
