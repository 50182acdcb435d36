"""From what a circuit is made of to the amounts that a family's coefficients multiply."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources
from hwcompile.technology.rules import Rules, blocks_of, dsp_of, small_of, small_shape

LUT_FEATURES = ("logic", "adders", "rom", "array", "distributed", "product", "one")
"""Tables; bits of adders; tables full of a small ROM; bits of RAM in flip-flops; distributed RAMs;
pairs of bits of products in logic; the circuit itself."""

FF_FEATURES = ("registers", "array", "one", "inside")
"""Registers with those at memories in logic; bits of RAM in flip-flops; the circuit itself; below
zero, bits in front of and behind products whose registers may be inside DSP blocks."""


@dataclass(frozen=True)
class Amounts:
    """Amounts of every feature, and blocks, which are counted and not fitted.

    Attributes:
        lut: In the order of `LUT_FEATURES`; products that go to DSP blocks are not in it.
        ff: In the order of `FF_FEATURES`.
        bram: Block RAMs of the family's shapes (`MemoryRules.parts`).
        dsp: DSP blocks.
        soft: Pairs of bits of the products in DSP blocks, if they had to go to logic.
    """

    lut: tuple[float, ...]
    ff: tuple[float, ...]
    bram: int
    dsp: int
    soft: float


def amounts(resources: Resources, rules: Rules, *, dsp: bool = True) -> Amounts:
    """The amounts of a circuit; with `dsp` false every product goes to logic."""
    rom = array = distributed = product = soft = muxes = inside = 0.0
    registers, bram, blocks = resources.ff, 0, 0
    for memory in resources.memories:
        count = blocks_of(memory, rules)
        bram += count
        if count:
            if memory.kind is MemoryKind.QUEUE:  # a word that is read as it is written goes by
                registers += memory.width * memory.count
                muxes += memory.width * memory.count
            continue
        registers += memory.width * memory.count if memory.registered else 0
        if memory.kind is MemoryKind.ROM:
            rom += _rom_tables(memory, rules.memory.rom_rows)
        elif shape := small_shape(memory, rules):
            distributed += small_of(memory, rules) * memory.count
            # Rows beyond those of one are chosen among several of them.
            choices = -(-memory.depth // shape[0]) - 1
            muxes += memory.width * choices * memory.count * memory.reads
        else:
            array += memory.bits
    for factors in resources.products:
        count = dsp_of(factors, rules) if dsp else 0
        pairs = float(factors.left * factors.right * factors.count)
        blocks += count * factors.count
        if count:
            soft += pairs
            inside -= 2.0 * (factors.left + factors.right) * factors.count
        else:
            product += pairs
    lut = (resources.lut + muxes, resources.adders, rom, array, distributed, product, 1.0)
    ff = (registers, array, 1.0, inside if rules.products.absorb else 0.0)
    return Amounts(lut, ff, bram, blocks, soft)


def _rom_tables(memory: Memory, full: int) -> float:
    """Tables for the contents: shallow ones partly merge with the logic behind.

    Args:
        memory: Of constants.
        full: Rows of a bit that a table holds.
    """
    rows = memory.depth / full if memory.depth > full else min(1.0, 2 * memory.depth / full)
    return rows * memory.width * memory.count
