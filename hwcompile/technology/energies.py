"""Energies of what happens on an FPGA, and what it takes while nothing does.

They come from currents that were measured at the core supply of an iCE40 UP5K (1.219 V) with a few
small designs (tinyVision.ai, github.com/tinyvision-ai-inc/ice40_power, table "Results", in uA):

    blank design                                              85.6
    12 MHz, one 28-bit counter, 32 logic cells               613.5
    12 MHz, eight 28-bit counters, 228 logic cells           641.3
    HFOSC 12 MHz, 24-bit counter, 28 logic cells             645
    the same and an 8 x 8 product of counters, 208 cells     996
    the same with the product in a DSP block, 72 cells       882

A current is an energy per cycle: I * 1.219 V / 12 MHz, 0.1016 pJ for a uA. So

- the clock network takes (613.5 - 85.6) uA less 32 cells of a counter, 53 pJ in each cycle;
- cells of counters, (641.3 - 613.5) uA for 196 of them, take 14.4 fJ; a counter of 28 bits changes
  2 bits in a cycle, so a change takes 0.20 pJ;
- cells of a product, (996 - 645) uA for 180 of them, take 198 fJ; an 8-bit counter changes 1.99
  bits in a cycle and its square 5.49 of 16, 0.296 of all bits, so a change takes 0.67 pJ;
- the DSP block takes (882 - 645) uA less 44 such cells, 19 pJ in a cycle at 0.296 changes per bit.

`CHANGE` is the geometric mean of the two; counters and product are met within a factor of 2.1,
whole designs within 15 %. Other FPGAs are scaled by feature size and the square of the voltage
(R. Dennard et al., "Design of ion-implanted MOSFET's with very small physical dimensions", JSSC
1974), which says nothing of their architecture. What memories take is from the table of
`hwcompile.explore.energy`, 45 nm and 0.9 V, scaled in the same way.
"""

from __future__ import annotations

import math

import msgspec

from hwcompile.families import fpga_family
from hwcompile.families.family import ENERGIES

_MICROAMPERE = 1.219 / 12.0
"""pJ per cycle of a uA, at 1.219 V and 12 MHz."""

_COUNTER = (641.3 - 613.5) / 196 * _MICROAMPERE
_PRODUCT = (996 - 645) / 180 * _MICROAMPERE
_COUNTER_ACTIVITY = 2 / 28
_PRODUCT_ACTIVITY = (2 * 1.9921875 + 5.4921875) / 32
"""Changes per bit and cycle of two 8-bit counters in step and of their 16-bit product."""

CHANGE = math.sqrt(_COUNTER / _COUNTER_ACTIVITY * _PRODUCT / _PRODUCT_ACTIVITY)
"""pJ of a change at the output of a logic cell, with the wires behind it."""

CLOCK = (613.5 - 85.6) * _MICROAMPERE - 32 * _COUNTER
"""pJ per cycle of the clock network."""

DSP = ((882 - 645) * _MICROAMPERE - 44 * _PRODUCT_ACTIVITY * CHANGE) / _PRODUCT_ACTIVITY
"""pJ of a DSP block when every bit of its operands changes once."""

_NODE, _VOLTS = 40.0, 1.219
_MEMORY_NODE, _MEMORY_VOLTS = 45.0, 0.9

ASSUMED = 0.125
"""Changes per bit and cycle where nothing was simulated: the toggle rate that vendors' power
estimators begin with."""


class Energies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a family, as its file says.

    Attributes:
        node_nm: Feature size. Nanometres.
        volts: Usual voltage of the core. Volts.
        factor: By so much the energy of changes may be larger or smaller.
        source: Where this is from.
        static_mw: Device to what its core takes when nothing changes. Milliwatts.
    """

    node_nm: float
    volts: float
    factor: float
    source: str
    static_mw: dict[str, float] = {}

    @property
    def scale(self) -> float:
        """Energy of an event here, in terms of the FPGA that was measured."""
        return self.node_nm / _NODE * (self.volts / _VOLTS) ** 2

    @property
    def memory_scale(self) -> float:
        """The same in terms of the table of memories."""
        return self.node_nm / _MEMORY_NODE * (self.volts / _MEMORY_VOLTS) ** 2


def energies_of(family: str) -> Energies | None:
    """Those of a family's FPGAs; None where nobody wrote down what they are made in."""
    path = fpga_family(family).file(ENERGIES)
    return msgspec.json.decode(path.read_bytes(), type=Energies) if path else None
