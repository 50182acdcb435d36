"""How Yosys maps memories and products by the rules of a family.

`memory_libmap` takes the cheapest way, where logic costs one per bit, or a share of a look-up table
per bit of constants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import floor

from hwcompile.diagnostics import fail
from hwcompile.families import family_names, fpga_family
from hwcompile.families.memory import MemoryRules
from hwcompile.families.products import Products
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications


@dataclass(frozen=True)
class Rules:
    """What the model needs of a family.

    Attributes:
        memory: How the flow maps memories.
        products: Which products go to DSP blocks; the flow reads the same table.
        paired: See `Family.paired`.
    """

    memory: MemoryRules
    products: Products
    paired: bool


@cache
def rules_of(name: str) -> Rules:
    """The rules of an FPGA family.

    Raises:
        CompileError: HW0405 when it has no resource model.
    """
    found = fpga_family(name) if name in family_names() else None
    if found is None or found.memory is None:
        raise fail(
            "HW0405",
            f"there is no resource model for the FPGA family '{name}'",
            f"models exist for {', '.join(modelled())}",
            "give a target (--target-cycles or --target-fps) and no --board",
        )
    return Rules(found.memory, found.products, found.paired)


def modelled() -> tuple[str, ...]:
    """The families with a resource model."""
    return tuple(name for name in family_names() if fpga_family(name).memory)


@cache
def blocks_of(memory: Memory, rules: Rules) -> int:
    """Block RAMs for all of the memories, 0 when logic or distributed RAM is cheaper."""
    if memory.kind is MemoryKind.DIRECT:
        return 0
    banks, bits = _shape_of(memory, rules)
    if not banks:
        return 0
    each = [_touched(memory, part, banks, bits, rules) for part in range(memory.slices)]
    return round(memory.count * memory.reads * sum(each) / memory.slices)


@cache
def banks_of(memory: Memory, rules: Rules) -> int:
    """Block RAMs one after the other among which a row is chosen; 0 where there are none."""
    return 0 if memory.kind is MemoryKind.DIRECT else _shape_of(memory, rules)[0]


def _shape_of(memory: Memory, rules: Rules) -> tuple[int, int]:
    """Banks and bits of a block RAM's row; 0 banks when logic or distributed RAM is cheaper."""
    seen = replace(memory, width=memory.width * memory.slices, slices=1)
    # Yosys keeps the whole part of the best cost so far.
    cost, shape = min(
        ((_block_cost(seen, shape, rules), shape) for shape in rules.memory.shapes),
        key=lambda found: floor(found[0]),
    )
    logic = Fraction(seen.depth * seen.width)
    if memory.kind is MemoryKind.ROM:
        logic /= rules.memory.rom_rows
    if rules.memory.small_cost is not None and memory.kind is not MemoryKind.ROM:
        logic = min(logic, _small_best(seen, rules)[0])
    return (0 if cost >= logic else _banks(memory, shape[0])), shape[1]


def small_of(memory: Memory, rules: Rules) -> int:
    """Distributed RAMs for one of the memories; 0 where registers are cheaper, or for constants."""
    shape = small_shape(memory, rules)
    return _small_count(memory, shape) if shape else 0


def small_shape(memory: Memory, rules: Rules) -> tuple[int, int] | None:
    """Rows and bits of the distributed RAMs that make a memory; None where there are none."""
    if rules.memory.small_cost is None or memory.kind is MemoryKind.ROM:
        return None
    cost, shape = _small_best(memory, rules)
    return None if cost >= memory.depth * memory.width else shape


def _small_best(memory: Memory, rules: Rules) -> tuple[Fraction, tuple[int, int]]:
    return min((_small_cost(memory, shape, rules), shape) for shape in rules.memory.small)


def _small_count(memory: Memory, shape: tuple[int, int]) -> int:
    rows, bits = shape
    return memory.reads * _banks(memory, rows) * -(-memory.width // bits)


def _banks(memory: Memory, rows: int) -> int:
    return -(-memory.depth // rows)


def _padded(memory: Memory, bits: int, rules: Rules) -> int:
    """Bits of a row in blocks with `bits` per row: what is written comes in bytes."""
    byte = 1 if memory.kind is MemoryKind.ROM else min(rules.memory.byte, bits)
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
    return count * rules.memory.block_cost * memory.reads + _around(
        memory, banks, _emulated(memory)
    )


def _emulated(memory: Memory) -> int:
    """Points for what blocks do not do when a word is read while it is written.

    Ports that yield the old word take three for a block that does not promise it, and three each
    for a register that goes by; one that yields the new word (`QUEUE`, its first port) the latter.
    """
    if memory.kind in (MemoryKind.ROM, MemoryKind.APART):
        return 0
    return 3 if memory.kind is MemoryKind.QUEUE and memory.reads == 1 else 3 + 3 * memory.reads


def _small_cost(memory: Memory, shape: tuple[int, int], rules: Rules) -> Fraction:
    """The same for distributed RAMs; families differ in whether unused width costs anything."""
    rows, bits = shape
    banks = _banks(memory, rows)
    scaled = rules.memory.small_scaled
    whole = _small_count(memory, shape) * ((rules.memory.small_cost or 0) - scaled)
    parts = Fraction(memory.reads * banks * memory.width * scaled, bits)
    points = 3 if memory.kind is MemoryKind.QUEUE else 0
    return whole + parts + _around(memory, banks, points)


def _around(memory: Memory, banks: int, points: int) -> Fraction:
    """Cost beside the RAMs, with `points` for what is emulated.

    Half of every bit of the multiplexers and demultiplexers between banks, two for every point,
    two for every port that reads.
    """
    cost = Fraction((banks - 1) * memory.width * memory.reads, 2) + 2 * (points + memory.reads)
    if memory.kind is not MemoryKind.ROM and banks > 1:
        cost += Fraction(banks, 2)
    return cost


def dsp_of(product: Multiplications, rules: Rules) -> int:
    """DSP blocks for one of the products, 0 when it stays in logic."""
    return rules.products.blocks(product.left, product.right)
