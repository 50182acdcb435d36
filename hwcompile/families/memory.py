"""How Yosys maps memories on a family: block shapes, and when they are used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryRules:
    """The rules of Yosys' own files (`brams.txt`, `lutrams.txt` of the family).

    Attributes:
        shapes: Rows and bits per row that a block RAM can have.
        block_cost: What a block costs in the eyes of Yosys.
        byte: Bits of a row that are written together; written words are padded to these.
        small_cost: Cost of a distributed RAM; None where there is none.
        small_scaled: How much of `small_cost` is less where not all of its bits are in use.
        small: Rows and bits of a distributed RAM, each of the ways to use it.
        rom_rows: Rows of a bit of constants that one look-up table holds.
        parts: Blocks of these shapes in one as boards count them.
    """

    shapes: tuple[tuple[int, int], ...]
    block_cost: int
    byte: int
    small_cost: int | None
    small_scaled: int = 0
    small: tuple[tuple[int, int], ...] = ((16, 4),)
    rom_rows: int = 16
    parts: int = 1


KBIT_18 = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))
"""Shapes of a block of 18 kbit."""
