"""How Yosys maps memories and products on each family: block shapes, and when they are used.

The rules are those of Yosys' own files (`brams.txt`, `lutrams.txt` of each family; `memory_libmap`
takes the cheapest way, where logic costs one per bit, or 1/16 per bit of constants), and of
`hwcompile.toolchains`, which says which products go to DSP blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from hwcompile.ops.needs import Memory, MemoryKind, Product

_ROM_BIT = Fraction(1, 16)
_SMALL_SHAPE = (16, 4)


@dataclass(frozen=True)
class Rules:
    """Rules of a family.

    Attributes:
        shapes: Rows and bits per row that a block RAM can have.
        block_cost: What a block costs in the eyes of Yosys.
        small_cost: The same for a distributed RAM of 16 rows of 4 bits; None where there is none.
        factors: Widths of the two factors of a DSP block.
        least_product: Narrowest product, in bits, that goes to a DSP block.
        least_factor: The same for a factor.
        widest_factor: Products with a wider factor stay in logic.
        paired: A flip-flop stands behind a look-up table and can be fed by that one only, so one
            without it takes a logic cell of its own.
    """

    shapes: tuple[tuple[int, int], ...]
    block_cost: int
    small_cost: int | None
    factors: tuple[int, int]
    least_product: int
    least_factor: int
    widest_factor: int
    paired: bool


_KBIT_18 = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))

RULES: Mapping[str, Rules] = {
    "ice40": Rules(
        ((2048, 2), (1024, 4), (512, 8), (256, 16)), 64, None, (16, 16), 11, 2, 16, paired=True
    ),
    "ecp5": Rules(_KBIT_18, 128, 4, (18, 18), 9, 2, 36, paired=False),
    "gowin": Rules(_KBIT_18, 128, 4, (18, 18), 9, 4, 36, paired=True),
}


def blocks_of(memory: Memory, rules: Rules) -> int:
    """Block RAMs for one of the memories, 0 when logic or distributed RAM is cheaper."""
    if memory.kind is MemoryKind.DIRECT:
        return 0
    seen = replace(memory, width=memory.width * memory.slices)
    cost, _ = min(_cost(seen, shape, rules.block_cost) for shape in rules.shapes)
    _, blocks = min(_cost(memory, shape, rules.block_cost) for shape in rules.shapes)
    cost += _emulated(memory)
    bits = seen.depth * seen.width
    logic = bits * _ROM_BIT if memory.kind is MemoryKind.ROM else Fraction(bits)
    if rules.small_cost is not None and memory.kind is not MemoryKind.ROM:
        small, _ = _cost(memory, _SMALL_SHAPE, rules.small_cost)
        if small < cost:
            return 0
    return blocks if cost < logic else 0


def _emulated(memory: Memory) -> Fraction:
    """Cost of what a block RAM does not do by itself when a word is read while it is written.

    Values that reproduce the choices in our synthesis runs.
    """
    if memory.kind is MemoryKind.ROM:
        return Fraction(0)
    return Fraction(8) if memory.kind is MemoryKind.RAM else Fraction(9 * memory.width, 5)


def small_of(memory: Memory, rules: Rules) -> int:
    """Distributed RAMs for one of the memories; 0 where registers are cheaper, or for constants."""
    if rules.small_cost is None or memory.kind is MemoryKind.ROM:
        return 0
    cost, count = _cost(memory, _SMALL_SHAPE, rules.small_cost)
    return count if cost < memory.depth * memory.width else 0


def _cost(memory: Memory, shape: tuple[int, int], each: int) -> tuple[Fraction, int]:
    """Cost of a memory of RAMs of a shape, as `memory_libmap` sees it, and how many there are.

    Beside the RAMs: half of every multiplexer's and demultiplexer's bits between banks.
    """
    banks = -(-memory.depth // shape[0])
    count = banks * -(-memory.width // shape[1])
    written = memory.kind is not MemoryKind.ROM
    choice = Fraction((banks - 1) * memory.width, 2)
    if written and banks > 1:
        choice += Fraction(banks, 2)
    return count * each + choice, count


def dsp_of(product: Product, rules: Rules) -> int:
    """DSP blocks for one of the products, 0 when it stays in logic."""
    narrow, wide = sorted((product.left, product.right))
    small = narrow + wide < rules.least_product
    if small or wide > rules.widest_factor or narrow < rules.least_factor:
        return 0
    return -(-narrow // rules.factors[0]) * -(-wide // rules.factors[1])
