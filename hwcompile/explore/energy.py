"""About what energy a layer takes for a frame, from counted operations and accesses.

Published energies of single operations and accesses (M. Horowitz, "Computing's energy problem (and
what we can do about it)", ISSCC 2014, 45 nm, 0.9 V), in pJ, and what stands for them here:

    addition       8 bits 0.03   32 bits 0.1        0.1 / 32 per bit
    product        8 bits 0.2    32 bits 3.1        0.2 / 64 per bit of one factor and of the other
    64 bits of a memory  8 KB 10   32 KB 20   1 MB 100    10 / 64 per bit at 8 KB, with the root of
                                                          the size
The three memories are met within 13 %, the 32-bit product within 4 %. An FPGA takes several times
as much for the same, for its wires above all: the figures compare encodings, they are no power.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.needs import Memory

ADD = 0.1 / 32
"""pJ per bit of an addition."""

MULTIPLY = 0.2 / 64
"""pJ per bit of one factor times bits of the other."""

READ = 10 / 64
"""pJ per bit that is read of a memory of `READ_BITS` bits."""

READ_BITS = 8 * 8192


@dataclass(frozen=True)
class Energy:
    """pJ per frame.

    Attributes:
        products: Of multiplications.
        additions: One for every lane and cycle, or those of adders that are shared.
        memory: Of what is read from memories on the chip.
    """

    products: float
    additions: float
    memory: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.products + self.additions + self.memory


def energy_of(built: Built[Any]) -> Energy:
    """Energy of a circuit all of whose parts work in every cycle of a frame.

    Example: 4 lanes of 8 x 8 bits that add to 20 bits, for 100 cycles, without memories:
    400 products of 0.2 pJ and 400 additions of 20 / 320 pJ, 80 + 25 pJ.
    """
    needs, lanes, cycles = built.needs, built.lanes, built.interval
    each = built.lane_product
    # Rows that share a multiplication take fewer of them, and larger ones.
    made = needs.products or ((replace(each, count=lanes),) if each else ())
    products = sum(MULTIPLY * one.left * one.right * one.count for one in made)
    memory = sum(map(_reading, needs.memories))
    return Energy(products * cycles, ADD * built.added_bits * cycles, memory * cycles)


def _reading(memory: Memory) -> float:
    """Of a word of each of the memories."""
    size = memory.depth * memory.width
    return READ * sqrt(size / READ_BITS) * memory.width * memory.count * memory.reads
