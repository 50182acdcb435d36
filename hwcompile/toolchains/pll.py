"""Phase-locked loops: which clocks an FPGA can make of its oscillator, and with what dividers.

All arithmetic is exact; a setting is legal when every frequency inside the loop lies in the range
that the data sheet states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from hwcompile.boards import Board

Range = tuple[Fraction, Fraction]
"""Lowest and highest frequency, in MHz."""


@dataclass(frozen=True)
class Pll:
    """A PLL with its dividers.

    Attributes:
        module: The wrapper, `templates/board/<module>.sv`.
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
    """

    cell: str
    module: str
    limits: Limits
    dividers: Callable[[PllKind, Fraction], Iterator[Pll]]

    def settings(self, source: Fraction) -> list[Pll]:
        """One legal setting per output frequency, slowest first.

        Of several, the one whose loop compares most often has the least jitter; then the one whose
        oscillator runs slowest needs the least power.
        """
        if not _inside(source, self.limits.source):
            return []
        best: dict[Fraction, Pll] = {}
        for pll in self.dividers(self, source):
            legal = (
                _inside(pll.detector_mhz, self.limits.detector)
                and _inside(pll.oscillator_mhz, self.limits.oscillator)
                and _inside(pll.mhz, self.limits.output)
            )
            if legal and (pll.mhz not in best or _rank(pll) < _rank(best[pll.mhz])):
                best[pll.mhz] = pll
        return [best[mhz] for mhz in sorted(best)]


def _rank(pll: Pll) -> tuple[Fraction, Fraction]:
    return -pll.detector_mhz, pll.oscillator_mhz


def _inside(mhz: Fraction, limits: Range) -> bool:
    return limits[0] <= mhz <= limits[1]


def _limits(*ranges: tuple[str, str]) -> Limits:
    return Limits(*((Fraction(low), Fraction(high)) for low, high in ranges))


def _filter_range(detector: Fraction) -> int:
    """The iCE40's loop filter for a comparison frequency: the table of `icepll`."""
    return 1 + sum(detector >= edge for edge in (17, 26, 44, 66, 101))


def _ice40(kind: PllKind, source: Fraction) -> Iterator[Pll]:
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


def _ecp5(kind: PllKind, source: Fraction) -> Iterator[Pll]:
    lowest, highest = kind.limits.oscillator
    for divide in range(1, 129):
        detector = source / divide
        if detector < kind.limits.detector[0]:
            break
        for product in range(max(1, int(lowest / detector)), int(highest / detector) + 1):
            oscillator = detector * product
            # The first output closes the loop and obeys the limits of outputs.
            loop = next((p for p in range(2, 129) if product % p == 0 and product // p <= 128), 0)
            if not loop or not _inside(oscillator / loop, kind.limits.output):
                continue
            for out in range(1, 129):
                words = (
                    ("InDivide", str(divide)),
                    ("Multiply", str(product // loop)),
                    ("LoopDivide", str(loop)),
                    ("OutDivide", str(out)),
                )
                yield Pll(kind.module, oscillator / out, oscillator, detector, words)


def _gowin(device: str) -> Callable[[PllKind, Fraction], Iterator[Pll]]:
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


def _gatemate(kind: PllKind, source: Fraction) -> Iterator[Pll]:
    """The dividers are up to nextpnr, which meets these frequencies without error."""
    for mhz in (*range(5, 61), *range(65, 121, 5)):
        words = (("InMhz", f'"{float(source):.1f}"'), ("OutMhz", f'"{mhz}.0"'))
        yield Pll(kind.module, Fraction(mhz), Fraction(mhz), source, words)


_ICE40 = _limits(("10", "133"), ("10", "133"), ("533", "1066"), ("16", "275"))
"""FPGA-DS-02029 (LP/HX) and FPGA-DS-02008 (UltraPlus), table "sysCLOCK PLL Timing"."""
_ECP5 = _limits(("8", "400"), ("10", "400"), ("400", "800"), ("3.125", "400"))
"""FPGA-DS-02012, table "sysCLOCK PLL Timing"."""
_GW1N_9 = _limits(("3", "400"), ("3", "400"), ("400", "1200"), ("3.125", "600"))
"""DS117, PLL switching characteristics, C6/I5."""
_GATEMATE = _limits(("10", "10"), ("10", "10"), ("5", "120"), ("5", "120"))
"""Not from a data sheet: what nextpnr was seen to meet with the oscillator of the one board."""
_GW2A_18 = _limits(("3", "500"), ("3", "500"), ("500", "1250"), ("3.90625", "625"))
"""DS226, PLL switching characteristics, C8/I7."""

CORE = PllKind("SB_PLL40_CORE", "hw_pll_ice40", _ICE40, _ice40)
PAD = PllKind("SB_PLL40_PAD", "hw_pll_ice40_pad", _ICE40, _ice40)
CC_PLL = PllKind("CC_PLL", "hw_pll_gatemate", _GATEMATE, _gatemate)
EHXPLLL = PllKind("EHXPLLL", "hw_pll_ecp5", _ECP5, _ecp5)
GW1N = PllKind("rPLL", "hw_pll_gowin", _GW1N_9, _gowin("GW1NR-9C"))
GW2A = PllKind("rPLL", "hw_pll_gowin", _GW2A_18, _gowin("GW2A-18C"))

_KINDS: Mapping[str, tuple[PllKind, ...]] = {
    "ice40": (CORE, PAD),
    "ecp5": (EHXPLLL,),
    "gatemate": (CC_PLL,),
}
_GOWIN: Mapping[tuple[str, str], PllKind] = {
    ("GW1N-9C", "C6/I5"): GW1N,
    ("GW2A-18C", "C8/I7"): GW2A,
}


def pll_of(board: Board) -> PllKind | None:
    """The PLL that the board's clock can drive; None when none is known.

    The board file's `clock.pll` names it; else it is the family's usual one.
    """
    device = board.device
    if device.family == "gowin":
        limits = (kind for key, kind in _GOWIN.items() if key[0] == device.package)
        kinds = tuple(k for k in limits if device.device.endswith(_speed_of(k)))
    else:
        kinds = _KINDS.get(device.family, ())
    wanted = board.clock.pll
    return next((kind for kind in kinds if wanted in ("", kind.cell)), None)


def _speed_of(kind: PllKind) -> str:
    return next(speed for (_, speed), known in _GOWIN.items() if known is kind)


def pll_settings(board: Board) -> list[Pll]:
    """Every clock that the board's PLL can make, slowest first."""
    kind = pll_of(board)
    return kind.settings(oscillator_of(board)) if kind else []


def oscillator_of(board: Board) -> Fraction:
    """The oscillator's frequency in MHz, as the board file writes it."""
    return Fraction(str(board.clock.mhz))
