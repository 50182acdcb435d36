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
        small_cost: Cost of a distributed RAM of 16 rows of 4 bits; None where there is none.
        small_scaled: True when a distributed RAM costs less when not all of its bits are in use.
    """

    shapes: tuple[tuple[int, int], ...]
    block_cost: int
    byte: int
    small_cost: int | None
    small_scaled: bool


KBIT_18 = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))
"""Shapes of a block of 18 kbit."""
