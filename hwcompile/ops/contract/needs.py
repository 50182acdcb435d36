"""What a kernel is made of, whatever the device: the input of the technology models.

A kernel says how much logic, how many registers, which memories and which products it has;
`hwcompile.technology` says what that takes on an FPGA family, with figures that are calibrated on
synthesis runs. A memory's output register belongs to the memory, because block RAM contains it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

LUT_ROWS = 64
"""Rows that one 6-input look-up table stores; deeper memories are worth a block RAM."""

_PIECE = (18, 25)
"""Signed factors of a DSP block of the 7 series, the measure of `Resources.multipliers`."""


class MemoryKind(StrEnum):
    """How a memory is used."""

    ROM = "rom"
    """Constant, read into a register."""
    RAM = "ram"
    """Written, and read into a register."""
    APART = "apart"
    """The same, and no row is written and read at once."""
    QUEUE = "queue"
    """Written, and read within the cycle at an address from a register.

    Yosys gives a block RAM the address a cycle earlier, in place of the register.
    """
    DIRECT = "direct"
    """Written, and read within the cycle at any address, which block RAM can not do."""


@dataclass(frozen=True)
class Memory:
    """Equal memories of `depth` rows of `width` bits.

    `slices` is above one where a row holds so many slices of `width` bits and each memory reads one
    of them: tools see the whole row when they choose between block RAM and logic. Each of `reads`
    ports for reading has a copy of the contents.
    """

    depth: int
    width: int
    kind: MemoryKind = MemoryKind.ROM
    count: int = 1
    slices: int = 1
    reads: int = 1

    @property
    def bits(self) -> int:
        """Bits of all of them."""
        return self.depth * self.width * self.count

    @property
    def large(self) -> bool:
        """Worth a block RAM on a typical device."""
        return self.kind is not MemoryKind.DIRECT and self.depth > LUT_ROWS

    @property
    def registered(self) -> bool:
        """Read into a register."""
        return self.kind in (MemoryKind.ROM, MemoryKind.RAM, MemoryKind.APART)


@dataclass(frozen=True)
class Multiplications:
    """Equal multiplications of two factors of so many bits; a factor may be a constant."""

    left: int
    right: int
    count: int = 1

    @property
    def pieces(self) -> int:
        """DSP blocks of a typical device for all of them."""
        narrow, wide = sorted((self.left, self.right))
        return self.count * -(-narrow // _PIECE[0]) * -(-wide // _PIECE[1])


@dataclass(frozen=True)
class Resources:
    """What a circuit is made of.

    Attributes:
        lut: Look-up tables of logic, without that of the other attributes.
        adders: Bits of adders, subtractors and comparisons of size, which take carry chains.
        ff: Flip-flops, without those at the outputs of memories.
        memories: Memories of more than one row.
        products: Products that may go to DSP blocks.
        traffic: Bytes that are read from external memory in a cycle, as long as it works.
    """

    lut: float = 0.0
    adders: float = 0.0
    ff: float = 0.0
    memories: tuple[Memory, ...] = ()
    products: tuple[Multiplications, ...] = ()
    traffic: float = 0.0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            self.lut + other.lut,
            self.adders + other.adders,
            self.ff + other.ff,
            self.memories + other.memories,
            self.products + other.products,
            self.traffic + other.traffic,
        )

    def times(self, count: int) -> Resources:
        """So many copies."""
        return Resources(
            self.lut * count,
            self.adders * count,
            self.ff * count,
            tuple(replace(memory, count=memory.count * count) for memory in self.memories),
            tuple(replace(product, count=product.count * count) for product in self.products),
            self.traffic * count,
        )

    @property
    def all_lut(self) -> float:
        """Look-up tables on a typical device with 6 inputs each, memories included."""
        small = (m for m in self.memories if not m.large)
        return (
            self.lut
            + self.adders
            + sum(max(1.0, m.depth / LUT_ROWS) * m.width * m.count for m in small)
        )

    @property
    def all_ff(self) -> float:
        """Flip-flops, those at the outputs of small memories included."""
        small = (m for m in self.memories if m.registered and not m.large)
        return self.ff + sum(m.width * m.count for m in small)

    @property
    def memory_bits(self) -> int:
        """Bits in memories that are worth a block RAM on a typical device."""
        return sum(memory.bits for memory in self.memories if memory.large)

    @property
    def multipliers(self) -> int:
        """DSP blocks of a typical device."""
        return sum(product.pieces for product in self.products)


def memory(
    depth: int,
    width: int,
    kind: MemoryKind = MemoryKind.ROM,
    count: int = 1,
    *,
    slices: int = 1,
    reads: int = 1,
) -> Resources:
    """Memories with `depth` rows; a single row is wires when constant, a register when written."""
    if depth < 1 or width < 1 or count < 1:
        return Resources()
    if depth == 1:
        return Resources() if kind is MemoryKind.ROM else Resources(ff=width * count)
    return Resources(memories=(Memory(depth, width, kind, count, slices, reads),))
