"""The PLL of the ECP5."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hwcompile.families.pll import Pll, PllKind, inside, limits_of


def _dividers(kind: PllKind, source: Fraction) -> Iterator[Pll]:
    lowest, highest = kind.limits.oscillator
    for divide in range(1, 129):
        detector = source / divide
        if detector < kind.limits.detector[0]:
            break
        for product in range(max(1, int(lowest / detector)), int(highest / detector) + 1):
            oscillator = detector * product
            # The first output closes the loop and obeys the limits of outputs.
            loop = next((p for p in range(2, 129) if product % p == 0 and product // p <= 128), 0)
            if not loop or not inside(oscillator / loop, kind.limits.output):
                continue
            for out in range(1, 129):
                words = (
                    ("InDivide", str(divide)),
                    ("Multiply", str(product // loop)),
                    ("LoopDivide", str(loop)),
                    ("OutDivide", str(out)),
                )
                yield Pll(kind.module, oscillator / out, oscillator, detector, words)


_LIMITS = limits_of(("8", "400"), ("10", "400"), ("400", "800"), ("3.125", "400"))
"""FPGA-DS-02012, table "sysCLOCK PLL Timing"."""

EHXPLLL = PllKind("EHXPLLL", "hw_pll_ecp5", _LIMITS, _dividers)
