"""Energies of events, against the currents that they are from.

Who wrote the expectations: the measurements of an iCE40 UP5K that tinyVision.ai published; numpy
counts what the measured circuits change.
"""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.families import family_names, fpga_family
from hwcompile.families.family import ENERGIES
from hwcompile.technology.energies import CHANGE, CLOCK, DSP, energies_of
from tests.models import ROOT

VOLTS, HERTZ = 1.219, 12e6


def energy(microampere: float) -> float:
    """pJ per cycle."""
    return microampere * 1e-6 * VOLTS / HERTZ * 1e12


def changes(values: np.ndarray) -> float:
    """Bits that change, on average."""
    return float(np.mean([int(x).bit_count() for x in values[1:] ^ values[:-1]]))


COUNTER = np.arange(1 << 12) & 0xFF
PER_BIT = (2 * changes(COUNTER) + changes(COUNTER * COUNTER)) / 32
"""Of two 8-bit counters in step and their product."""


@pytest.mark.parametrize(
    ("cells", "per_bit", "current"),
    [
        (196, 2 / 28, 641.3 - 613.5),
        (84, 2 / 28, 624.2 - 613.5),
        (180, PER_BIT, 351.0),
    ],
    ids=["counters", "fewer counters", "a product"],
)
def test_cells_that_were_measured_are_met_within_the_factor(
    cells: int, per_bit: float, current: float
) -> None:
    ice40 = energies_of("ice40")
    assert ice40 is not None
    ratio = cells * per_bit * CHANGE / energy(current)
    assert 1 / ice40.factor < ratio < ice40.factor


def test_whole_designs_that_were_measured_are_met() -> None:
    """The clock network and a counter, at four frequencies; the product in a DSP block."""
    for mhz, current in ((6, 388.4), (12, 645), (24, 1162), (48, 2184)):
        said = (CLOCK + 28 * 2 / 24 * CHANGE) * mhz * 1e6 * 1e-12 / VOLTS * 1e6
        assert said == pytest.approx(current - 85.6, rel=0.15)
    assert pytest.approx(energy(882 - 645), rel=0.01) == 44 * PER_BIT * CHANGE + DSP * PER_BIT


def test_the_page_says_these_numbers() -> None:
    page = (ROOT / "docs" / "power.md").read_text(encoding="utf-8")
    assert f"`E_change` = {CHANGE:.2f} pJ, `E_dsp` = {DSP:.0f} pJ and {CLOCK:.0f} pJ" in page


def test_every_family_is_scaled_from_the_measured_one() -> None:
    known = {name: energies_of(name) for name in family_names()}
    for name, found in known.items():
        assert (found is None) == (fpga_family(name).file(ENERGIES) is None)
        if found:
            assert 0.1 < found.scale < 2
            assert found.factor >= 2
            assert found.source
    measured = known["ice40"]
    assert measured is not None
    assert measured.scale == pytest.approx(1.0, abs=0.05)
    assert measured.static_mw == {"up5k": pytest.approx(85.6e-3 * VOLTS, rel=1e-3)}
    scaled = known["zynqmp"]
    assert scaled is not None
    assert scaled.scale == pytest.approx(16 / 40 * (0.85 / VOLTS) ** 2)
