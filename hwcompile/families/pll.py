"""Phase-locked loops: a primitive, its limits, and the dividers of a setting.

All arithmetic is exact; a setting is legal when every frequency inside the loop lies in the range
that the data sheet states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from hwcompile.board_file import Device

Range = tuple[Fraction, Fraction]
"""Lowest and highest frequency, in MHz."""


@dataclass(frozen=True)
class Pll:
    """A PLL with its dividers.

    Attributes:
        module: The wrapper, `<module>.sv` in the family's folder.
        mhz: What comes out, in MHz.
        oscillator_mhz: Frequency of the oscillator inside, in MHz.
        detector_mhz: Frequency at which the loop compares, in MHz.
        parameters: The wrapper's parameters as SystemVerilog literals.
    """

    module: str
    mhz: Fraction
    oscillator_mhz: Fraction
    detector_mhz: Fraction
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Limits:
    """Legal frequencies, in MHz: at the input, the detector, the oscillator, the output."""

    source: Range
    detector: Range
    oscillator: Range
    output: Range


@dataclass(frozen=True)
class PllKind:
    """A PLL primitive.

    Attributes:
        cell: Its name in the vendor's library, which board files use.
        module: The wrapper around it.
        limits: Legal frequencies.
        dividers: All settings for an input frequency in MHz; `settings` drops illegal ones.
        package: The chip family that has it, where not all of a family do; see `Device.package`.
        grade: End of the devices' names whose limits these are.
    """

    cell: str
    module: str
    limits: Limits
    dividers: Callable[[PllKind, Fraction], Iterator[Pll]]
    package: str = ""
    grade: str = ""

    def on(self, device: Device) -> bool:
        """True when a device has it."""
        return self.package in ("", device.package) and device.device.endswith(self.grade)

    def settings(self, source: Fraction) -> list[Pll]:
        """One legal setting per output frequency, slowest first.

        Of several, the one whose loop compares most often has the least jitter; then the one whose
        oscillator runs slowest needs the least power.
        """
        return list(_settings(self, source)) if inside(source, self.limits.source) else []


@cache
def _settings(kind: PllKind, source: Fraction) -> tuple[Pll, ...]:
    best: dict[Fraction, Pll] = {}
    for pll in kind.dividers(kind, source):
        legal = (
            inside(pll.detector_mhz, kind.limits.detector)
            and inside(pll.oscillator_mhz, kind.limits.oscillator)
            and inside(pll.mhz, kind.limits.output)
        )
        if legal and (pll.mhz not in best or _rank(pll) < _rank(best[pll.mhz])):
            best[pll.mhz] = pll
    return tuple(best[mhz] for mhz in sorted(best))


def _rank(pll: Pll) -> tuple[Fraction, Fraction]:
    return -pll.detector_mhz, pll.oscillator_mhz


def inside(mhz: Fraction, limits: Range) -> bool:
    """True for a frequency in a range, its ends included."""
    return limits[0] <= mhz <= limits[1]


def limits_of(*ranges: tuple[str, str]) -> Limits:
    """Legal frequencies from four pairs of decimal numbers, in the order of `Limits`."""
    return Limits(*((Fraction(low), Fraction(high)) for low, high in ranges))
