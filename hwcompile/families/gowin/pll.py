"""PLLs of Gowin's chips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from hwcompile.families.pll import Pll, PllKind, limits_of


def _dividers_on(device: str) -> Callable[[PllKind, Fraction], Iterator[Pll]]:
    def dividers(kind: PllKind, source: Fraction) -> Iterator[Pll]:
        for divide in range(64):
            for multiply in range(64):
                for out in (2, 4, *range(8, 17, 8), *range(32, 129, 16)):
                    detector = source / (divide + 1)
                    mhz = detector * (multiply + 1)
                    words = (
                        ("InMhz", f'"{float(source):g}"'),
                        ("InDivide", str(divide)),
                        ("Multiply", str(multiply)),
                        ("OutDivide", str(out)),
                        ("Device", f'"{device}"'),
                    )
                    yield Pll(kind.module, mhz, mhz * out, detector, words)

    return dividers


_GW1N_9 = limits_of(("3", "400"), ("3", "400"), ("400", "1200"), ("3.125", "600"))
"""DS117, PLL switching characteristics, C6/I5."""
_GW2A_18 = limits_of(("3", "500"), ("3", "500"), ("500", "1250"), ("3.90625", "625"))
"""DS226, PLL switching characteristics, C8/I7."""

GW1N = PllKind("rPLL", "hw_pll_gowin", _GW1N_9, _dividers_on("GW1NR-9C"), "GW1N-9C", "C6/I5")
GW2A = PllKind("rPLL", "hw_pll_gowin", _GW2A_18, _dividers_on("GW2A-18C"), "GW2A-18C", "C8/I7")
