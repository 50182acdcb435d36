"""How Yosys maps memories and products on each family: block shapes, and when they are used.

The rules are those of Yosys' own files (`brams.txt`, `lutrams.txt` of each family; `memory_libmap`
takes the cheapest way, where logic costs one per bit, or 1/16 per bit of constants), and of
`hwcompile.toolchains`, which says which products go to DSP blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import floor
from typing import NamedTuple

from hwcompile.ops.needs import Memory, MemoryKind, Product

_ROM_BIT = Fraction(1, 16)
_SMALL_SHAPE = (16, 4)


class Multiplier(NamedTuple):
    """A kind of multiplier: widest factors, and the narrowest for which Yosys takes it."""

    size: int
    least_wide: int
    least_narrow: int


@dataclass(frozen=True)
class Rules:
    """Rules of a family.

    Attributes:
        shapes: Rows and bits per row that a block RAM can have.
        block_cost: What a block costs in the eyes of Yosys.
        byte: Bits of a row that are written together; written words are padded to these.
        small_cost: Cost of a distributed RAM of 16 rows of 4 bits; None where there is none.
        small_scaled: True when a distributed RAM costs less when not all of its bits are in use.
        multipliers: Kinds of multipliers in DSP blocks in the order in which they are tried.
        least_product: Narrowest product, in bits, that goes to a DSP block.
        widest_factor: Products with a wider factor stay in logic.
        paired: A flip-flop stands behind a look-up table and can be fed by that one only, so one
            without it takes a logic cell of its own.
    """

    shapes: tuple[tuple[int, int], ...]
    block_cost: int
    byte: int
    small_cost: int | None
    small_scaled: bool
    multipliers: tuple[Multiplier, ...]
    least_product: int
    widest_factor: int
    paired: bool


_KBIT_18 = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))

RULES: Mapping[str, Rules] = {
    "ice40": Rules(
        ((2048, 2), (1024, 4), (512, 8), (256, 16)),
        block_cost=64,
        byte=1,
        small_cost=None,
        small_scaled=False,
        multipliers=(Multiplier(16, 2, 2),),
        least_product=11,
        widest_factor=16,
        paired=True,
    ),
    "ecp5": Rules(
        _KBIT_18,
        block_cost=128,
        byte=9,
        small_cost=4,
        small_scaled=False,
        multipliers=(Multiplier(18, 2, 2),),
        least_product=9,
        widest_factor=36,
        paired=False,
    ),
    # Two factors of 22 bits or more would take a 36 x 36 multiplier; no kernel has them.
    "gowin": Rules(
        _KBIT_18,
        block_cost=128,
        byte=9,
        small_cost=4,
        small_scaled=True,
        multipliers=(Multiplier(18, 10, 4), Multiplier(9, 4, 4)),
        least_product=9,
        widest_factor=36,
        paired=True,
    ),
}


@cache
def blocks_of(memory: Memory, rules: Rules) -> int:
    """Block RAMs for all of the memories, 0 when logic or distributed RAM is cheaper."""
    if memory.kind is MemoryKind.DIRECT:
        return 0
    seen = replace(memory, width=memory.width * memory.slices, slices=1)
    # Yosys keeps the whole part of the best cost so far.
    cost, shape = min(
        ((_block_cost(seen, shape, rules), shape) for shape in rules.shapes),
        key=lambda found: floor(found[0]),
    )
    logic = Fraction(seen.depth * seen.width)
    if memory.kind is MemoryKind.ROM:
        logic *= _ROM_BIT
    if rules.small_cost is not None and memory.kind is not MemoryKind.ROM:
        logic = min(logic, _small_cost(seen, rules))
    if cost >= logic:
        return 0
    banks = _banks(memory, shape[0])
    each = [_touched(memory, part, banks, shape[1], rules) for part in range(memory.slices)]
    return round(memory.count * memory.reads * sum(each) / memory.slices)


def small_of(memory: Memory, rules: Rules) -> int:
    """Distributed RAMs for one of the memories; 0 where registers are cheaper, or for constants."""
    if rules.small_cost is None or memory.kind is MemoryKind.ROM:
        return 0
    if _small_cost(memory, rules) >= memory.depth * memory.width:
        return 0
    return _small_count(memory)


def _small_count(memory: Memory) -> int:
    rows, bits = _SMALL_SHAPE
    return memory.reads * _banks(memory, rows) * -(-memory.width // bits)


def _banks(memory: Memory, rows: int) -> int:
    return -(-memory.depth // rows)


def _padded(memory: Memory, bits: int, rules: Rules) -> int:
    """Bits of a row in blocks with `bits` per row: what is written comes in bytes."""
    byte = 1 if memory.kind is MemoryKind.ROM else min(rules.byte, bits)
    return byte * -(-memory.width * memory.slices // byte)


def _touched(memory: Memory, part: int, banks: int, bits: int, rules: Rules) -> int:
    """Blocks that hold bits of a slice of the rows; banks lie side by side, without gaps."""
    row, width = _padded(memory, bits, rules), memory.width
    if memory.slices == 1:
        return -(-banks * row // bits)
    starts = [bank * row + part * width for bank in range(banks)]
    return len({b for at in starts for b in range(at // bits, (at + width - 1) // bits + 1)})


def _block_cost(memory: Memory, shape: tuple[int, int], rules: Rules) -> Fraction:
    """Cost of a memory in blocks of a shape, as `memory_libmap` sees it."""
    banks = _banks(memory, shape[0])
    count = -(-banks * _padded(memory, shape[1], rules) // shape[1])
    return count * rules.block_cost * memory.reads + _around(memory, banks, _emulated(memory))


def _emulated(memory: Memory) -> int:
    """Points for what blocks do not do when a word is read while it is written.

    Ports that yield the old word take three for a block that does not promise it, and three each
    for a register that goes by; one that yields the new word (`QUEUE`, its first port) the latter.
    """
    if memory.kind is MemoryKind.ROM:
        return 0
    return 3 if memory.kind is MemoryKind.QUEUE and memory.reads == 1 else 3 + 3 * memory.reads


def _small_cost(memory: Memory, rules: Rules) -> Fraction:
    """The same for distributed RAMs; families differ in whether unused width costs anything."""
    rows, bits = _SMALL_SHAPE
    banks = _banks(memory, rows)
    count = Fraction(_small_count(memory))
    if rules.small_scaled:
        count = Fraction(memory.reads * banks * memory.width, bits)
    points = 3 if memory.kind is MemoryKind.QUEUE else 0
    return count * (rules.small_cost or 0) + _around(memory, banks, points)


def _around(memory: Memory, banks: int, points: int) -> Fraction:
    """Cost beside the RAMs, with `points` for what is emulated.

    Half of every bit of the multiplexers and demultiplexers between banks, two for every point,
    two for every port that reads.
    """
    cost = Fraction((banks - 1) * memory.width * memory.reads, 2) + 2 * (points + memory.reads)
    if memory.kind is not MemoryKind.ROM and banks > 1:
        cost += Fraction(banks, 2)
    return cost


def dsp_of(product: Product, rules: Rules) -> int:
    """DSP blocks for one of the products, 0 when it stays in logic."""
    narrow, wide = sorted((product.left, product.right))
    if narrow + wide < rules.least_product or wide > rules.widest_factor:
        return 0
    return _pieces(narrow, wide, rules.multipliers)


def _pieces(left: int, right: int, kinds: tuple[Multiplier, ...]) -> int:
    """Blocks for a product as `mul2dsp` splits it; small rests of a split stay in logic."""
    narrow, wide = sorted((left, right))
    for index, kind in enumerate(kinds):
        if wide < kind.least_wide or narrow < kind.least_narrow:
            continue
        rest = wide - kind.size
        if rest <= 0:
            return 1
        # The factors of a rest are not put in order before this kind is tried on it.
        follows = kinds[index if rest >= kind.least_wide else index + 1 :]
        return _pieces(kind.size, narrow, kinds[index:]) + _pieces(rest, narrow, follows)
    return 0
