"""Weights stored as places in a table of the few numbers that occur: a code book of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.numbers import numbers_of
from hwcompile.ops.contract.memory_image import MemoryImage

PLAIN, CODEBOOK = "plain", "codebook"
"""Values of a kernel's parameter `encoding`, besides auto."""

MOST_BITS = 8
"""Of a code; see `hw_codebook`."""

_TABLE_BITS = 4
"""Inputs of a look-up table of the smallest kind, which stores 2**4 bits of a memory as well."""

_LEAST_SAVED = 5
"""One of so many bits of a weight must be saved, or nobody would notice."""


@dataclass(frozen=True)
class Codebook:
    """A table of numbers; a weight is stored as the place of its number.

    Attributes:
        numbers: The first one is zero where that occurs, so that empty memory is a weight of zero.
    """

    numbers: tuple[int, ...]

    @staticmethod
    @lru_cache(maxsize=256)
    def of(encoding: WeightEncoding) -> Codebook | None:
        """Of the weights of an encoding, when they take fewer bits so; else None."""
        found = numbers_of(encoding.weight)
        if found is None:
            return None
        book = Codebook(tuple(sorted(found, key=lambda number: (number != 0, number))))
        return book if book.bits < encoding.stored_bits and book.bits <= MOST_BITS else None

    @property
    def bits(self) -> int:
        """Of a code."""
        return max((len(self.numbers) - 1).bit_length(), 1)

    def pays(self, encoding: WeightEncoding, depth: int) -> bool:
        """Whether a lane's memory of `depth` weights shrinks by more than its tables take.

        Both are bits of look-up tables: 16 bits of a memory, or one of a number.
        """
        stored = encoding.stored_bits
        saved = stored - self.bits
        tables = stored << max(self.bits, _TABLE_BITS)
        worth = _LEAST_SAVED * saved >= stored
        return worth and depth * saved > tables

    def tables(self, encoding: WeightEncoding) -> float:
        """Look-up tables of a lane: trees of those with 4 inputs for every bit of a number."""
        return float(encoding.stored_bits << max(self.bits - _TABLE_BITS, 0))

    @property
    def levels(self) -> int:
        """Look-up tables one after the other."""
        return 1 + max(self.bits - _TABLE_BITS + 1, 0) // 2

    def encode(self, weights: IntArray) -> IntArray:
        """Places of weights in the table, int64 of the same shape."""
        order = np.argsort(np.array(self.numbers, dtype=np.int64))
        ascending = np.array(self.numbers, dtype=np.int64)[order]
        codes: IntArray = order[np.searchsorted(ascending, weights)]
        return codes

    def image(self, encoding: WeightEncoding) -> MemoryImage:
        """The table, a row for every code; rows behind the last number are zero."""
        codes = np.zeros((1 << self.bits, 1), dtype=np.int64)
        codes[: len(self.numbers), 0] = encoding.encode(np.array(self.numbers, dtype=np.int64))
        return MemoryImage.pack(codes, encoding.stored_bits, signed=encoding.stored_signed)


def encoding_words(encoding: WeightEncoding) -> tuple[str, ...]:
    """The values of a kernel's parameter `encoding` that weights allow."""
    return ("auto", PLAIN, CODEBOOK) if Codebook.of(encoding) else ("auto", PLAIN)


def check_encoding(encoding: WeightEncoding | None, parameters: Mapping[str, object]) -> str | None:
    """Why the parameter `encoding` is none of its values; None when it is, or is missing.

    Args:
        encoding: That lanes have; None where rows share multiplications.
        parameters: Of the kernel.
    """
    wish = parameters.get("encoding", "auto")
    legal = encoding_words(encoding) if encoding else ("auto", PLAIN)
    if wish in legal:
        return None
    if wish != CODEBOOK:
        return f"encoding must be {', '.join(legal[:-1])} or {legal[-1]}, not {wish!r}"
    if encoding is None:
        return "rows that share a multiplication store digits, and no places in a code book"
    return (
        f"a code book takes no fewer bits than the {encoding.stored_bits} of a weight: too many "
        f"different ones occur; at most {1 << MOST_BITS} may"
    )
