"""Block RAMs and DSP blocks by rule, against what synthesis made of such memories and products."""

from __future__ import annotations

import pytest

from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications
from hwcompile.technology.rules import blocks_of, dsp_of, rules_of, small_of

ROM, RAM, APART, QUEUE, DIRECT = MemoryKind


@pytest.mark.parametrize(
    ("family", "depth", "width", "kind", "blocks"),
    [
        ("ice40", 784, 64, ROM, 16),
        ("ice40", 240, 32, ROM, 2),
        ("ice40", 24, 64, ROM, 0),
        ("ice40", 24, 32, QUEUE, 2),
        ("ice40", 5, 52, QUEUE, 0),
        ("ice40", 6, 32, QUEUE, 2),
        ("ice40", 64, 64, DIRECT, 0),
        ("ecp5", 240, 32, ROM, 1),
        ("ecp5", 256, 8, ROM, 0),
        ("ecp5", 24, 32, QUEUE, 0),
        ("ecp5", 64, 64, RAM, 2),
        ("ecp5", 100, 24, RAM, 1),
        ("gowin", 784, 64, ROM, 4),
        ("gowin", 40, 16, QUEUE, 0),
        ("ice40", 8, 17, RAM, 0),
        ("ice40", 16, 17, RAM, 2),
        ("ice40", 315, 13, ROM, 2),
        ("ecp5", 128, 11, RAM, 0),
        ("ecp5", 128, 21, RAM, 1),
        ("gowin", 128, 11, RAM, 0),
        ("gowin", 158, 28, ROM, 1),
        ("ecp5", 113, 11, APART, 1),
        ("ecp5", 82, 16, APART, 1),
        ("ecp5", 48, 9, APART, 0),
        ("ice40", 14, 5, APART, 1),
        ("ice40", 8, 8, APART, 0),
        ("gowin", 89, 16, APART, 1),
        ("gowin", 64, 8, APART, 0),
        # In halves of 36 kbit.
        ("artix7", 784, 64, ROM, 4),
        ("artix7", 512, 18, ROM, 1),
        ("artix7", 256, 128, ROM, 0),
        ("artix7", 240, 32, ROM, 0),
        ("artix7", 300, 40, ROM, 0),
        ("artix7", 64, 8, RAM, 0),
    ],
)
def test_memories_go_where_synthesis_put_them(
    family: str, depth: int, width: int, kind: MemoryKind, blocks: int
) -> None:
    memory = Memory(depth, width, kind)
    assert blocks_of(memory, rules_of(family)) == blocks


@pytest.mark.parametrize(
    ("family", "memory", "blocks"),
    [
        # Each of two ports that read has a copy.
        ("ice40", Memory(64, 21, QUEUE, reads=2), 4),
        ("ecp5", Memory(64, 21, QUEUE, reads=2), 0),
        ("ecp5", Memory(128, 21, QUEUE, reads=2), 2),
        # Words of 24 bits, a half for each memory: the second half is in both blocks.
        ("ice40", Memory(158, 12, ROM, count=2, slices=2), 3),
        ("ice40", Memory(86, 12, ROM, count=4, slices=4), 6),
        ("ice40", Memory(40, 10, ROM, count=8, slices=8), 0),
        ("ice40", Memory(256, 8, ROM, count=4), 4),
    ],
)
def test_copies_and_slices(family: str, memory: Memory, blocks: int) -> None:
    assert blocks_of(memory, rules_of(family)) == blocks


def test_distributed_memory() -> None:
    assert small_of(Memory(24, 32, RAM), rules_of("ecp5")) == 16
    assert small_of(Memory(24, 32, ROM), rules_of("ecp5")) == 0
    assert small_of(Memory(24, 32, RAM), rules_of("ice40")) == 0
    # RAM64M, three bits in each.
    assert small_of(Memory(64, 8, RAM), rules_of("artix7")) == 3


@pytest.mark.parametrize(
    ("family", "left", "right", "blocks"),
    [
        ("ice40", 8, 8, 1),
        ("ice40", 4, 4, 0),
        ("ice40", 17, 8, 0),
        ("ecp5", 4, 4, 0),
        ("ecp5", 8, 8, 1),
        ("ecp5", 16, 23, 2),
        ("ecp5", 8, 25, 2),
        ("gowin", 4, 4, 0),
        ("gowin", 8, 3, 0),
        ("gowin", 16, 23, 3),
        ("gowin", 15, 20, 1),
        ("gowin", 8, 25, 2),
        ("gowin", 11, 4, 1),
    ],
)
def test_products_go_where_synthesis_put_them(
    family: str, left: int, right: int, blocks: int
) -> None:
    assert dsp_of(Multiplications(left, right), rules_of(family)) == blocks
    assert dsp_of(Multiplications(right, left), rules_of(family)) == blocks
