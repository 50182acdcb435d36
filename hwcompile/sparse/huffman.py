"""Canonical Huffman codes whose codes have a longest length, and the entropy that bounds them.

Lengths are the best ones that the limit allows (package-merge; L. Larmore and D. Hirschberg, "A
fast algorithm for optimal length-limited Huffman codes", JACM 37, 1990). Codes of one length follow
each other as numbers, in the order of their symbols, and begin behind those of the length before,
doubled (RFC 1951, section 3.2.2): so the numbers of codes by length and the symbols in order say
everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class HuffmanCode:
    """A canonical prefix code.

    Attributes:
        symbols: Those that have a code, in the order of their codes, int64 [symbols].
        counts: How many codes have 1, 2, ... bits, int64 [longest].
    """

    symbols: IntArray
    counts: IntArray

    @staticmethod
    def of(occurrences: IntArray, longest: int) -> HuffmanCode:
        """The best code for symbols 0, 1, ... that occur so often; those that do not have none.

        Args:
            occurrences: int64 [alphabet].
            longest: Bits that no code exceeds.

        Raises:
            ValueError: If nothing occurs, or so many symbols have no codes of so many bits.
        """
        used = np.flatnonzero(occurrences)
        lengths = code_lengths(occurrences[used], longest)
        order = np.lexsort((used, lengths))
        return HuffmanCode(used[order], np.bincount(lengths, minlength=longest + 1)[1:])

    @property
    def lengths(self) -> IntArray:
        """Bits of each code, in the order of `symbols`."""
        return np.repeat(np.arange(1, self.counts.size + 1), self.counts)

    @cached_property
    def codes(self) -> IntArray:
        """The codes as numbers whose most significant bit is sent first, in that order."""
        first, codes = 0, []
        for count in self.counts.tolist():
            codes.append(np.arange(first, first + count))
            first = (first + count) << 1
        return np.concatenate(codes)

    def size(self, occurrences: IntArray) -> int:
        """Bits of all codes, where symbols occur so often."""
        return int((occurrences[self.symbols] * self.lengths).sum())

    def encode(self, symbols: IntArray) -> Bits:
        """The codes of symbols one after the other, uint8 [bits], each 0 or 1.

        Raises:
            ValueError: If a symbol has no code.
        """
        place = np.full(int(max(self.symbols.max(), symbols.max(initial=0))) + 1, -1)
        place[self.symbols] = np.arange(self.symbols.size)
        places = place[symbols]
        if places.min(initial=0) < 0:
            raise ValueError("a symbol has no code")
        lengths = self.lengths[places]
        ends = np.cumsum(lengths)
        # Of each bit, how many of its code follow it.
        left = np.repeat(ends, lengths) - 1 - np.arange(int(lengths.sum()))
        return ((np.repeat(self.codes[places], lengths) >> left) & 1).astype(np.uint8)


def code_lengths(occurrences: IntArray, longest: int) -> IntArray:
    """Lengths of an optimal prefix code with at most `longest` bits a code, int64 [symbols].

    Package-merge: of a list for each length, from the longest, the cheapest symbols and pairs of
    the list before. The 2 n - 2 first of the last list are taken, and with a pair what it is made
    of; a code has as many bits as its symbol was taken. A single symbol has one bit.

    Args:
        occurrences: Above zero, int64 [symbols].
        longest: Bits.

    Raises:
        ValueError: Without symbols, or with more than 2**longest.
    """
    count = occurrences.size
    if not 1 <= count <= 1 << longest:
        raise ValueError(f"there is no prefix code of {count} symbols in {longest} bits")
    if count == 1:
        return np.ones(1, dtype=np.int64)
    order = np.argsort(occurrences, kind="stable")
    leaves = occurrences[order]
    merged = leaves
    is_leaf = [np.ones(count, dtype=np.bool_)]
    for _ in range(longest - 1):
        pairs = merged[: merged.size // 2 * 2].reshape(-1, 2).sum(axis=1)
        both = np.concatenate((leaves, pairs))
        by_price = np.argsort(both, kind="stable")
        merged = both[by_price]
        is_leaf.append(by_price < count)
    lengths = np.zeros(count, dtype=np.int64)
    taken = 2 * count - 2
    for level in reversed(is_leaf):
        symbols = int(np.count_nonzero(level[:taken]))
        lengths[order[:symbols]] += 1
        taken = 2 * (taken - symbols)
    return lengths


def entropy(occurrences: IntArray) -> float:
    """Bits per symbol that no code of single symbols is below (Shannon), of so many of each."""
    used = occurrences[occurrences > 0]
    share = used / max(int(used.sum()), 1)
    return float(-(share * np.log2(share)).sum()) + 0.0
