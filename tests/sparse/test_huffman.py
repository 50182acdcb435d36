"""Canonical Huffman codes against an exhaustive search, Huffman's own algorithm and RFC 1951."""

from __future__ import annotations

import heapq
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.sparse.huffman import HuffmanCode, code_lengths, entropy

COUNTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=40)


def _huffman(counts: list[int]) -> int:
    """Bits of all symbols, by merging the two rarest until one is left (Huffman, 1952)."""
    heap, total = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        total += merged
        heapq.heappush(heap, merged)
    return total


def _searched(counts: list[int], longest: int) -> int:
    """The same of the best lengths that Kraft's inequality allows, by trying all."""
    falling = sorted(counts, reverse=True)
    return min(
        sum(count * length for count, length in zip(falling, lengths, strict=True))
        for lengths in combinations_with_replacement(range(1, longest + 1), len(counts))
        if sum(2.0**-length for length in lengths) <= 1
    )


def read(bits: list[int], lengths: dict[int, int], symbols: int) -> list[int]:
    """Decode by the words of RFC 1951, 3.2.2, from the lengths of all codes alone."""
    words: dict[tuple[int, int], int] = {}
    code = 0
    for length in range(1, max(lengths.values()) + 1):
        for symbol in sorted(s for s, n in lengths.items() if n == length):
            words[length, code] = symbol
            code += 1
        code <<= 1
    found: list[int] = []
    value = length = 0
    for bit in bits:
        value, length = 2 * value + bit, length + 1
        if (length, value) in words:
            found.append(words[length, value])
            value = length = 0
    assert (value, length) == (0, 0)
    assert len(found) == symbols
    return found


@given(COUNTS, st.integers(0, 6))
def test_lengths_fit_and_cost_what_huffman_says_or_more(counts: list[int], spare: int) -> None:
    occurrences = np.array(counts)
    longest = (len(counts) - 1).bit_length() + spare or 1
    lengths = code_lengths(occurrences, longest)
    assert lengths.min() >= 1
    assert lengths.max() <= longest
    assert len(counts) == 1 or sum(2.0 ** -lengths.astype(float)) == 1
    cost = int(occurrences @ lengths)
    assert cost >= max(_huffman(counts), entropy(occurrences) * sum(counts) - 1e-6)
    assert cost <= longest * sum(counts)
    # Lengths are those without a limit where the limit is out of reach.
    unlimited = code_lengths(occurrences, 40)
    assert int(occurrences @ unlimited) == (_huffman(counts) if len(counts) > 1 else counts[0])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from([1, 2, 3, 5, 8, 21, 100]), min_size=2, max_size=6), st.data())
def test_no_lengths_within_the_limit_are_better(counts: list[int], data: st.DataObject) -> None:
    longest = data.draw(st.integers((len(counts) - 1).bit_length(), 5))
    cost = int(np.array(counts) @ code_lengths(np.array(counts), longest))
    assert cost == _searched(counts, longest)


def test_the_codes_of_rfc_1951() -> None:
    """Its example: lengths 3, 3, 3, 3, 3, 2, 4, 4 for A to H."""
    symbols = np.array([5, 0, 1, 2, 3, 4, 6, 7])
    code = HuffmanCode(symbols, np.array([0, 1, 5, 2]))
    texts = {
        int(symbol): f"{word:0{length}b}"
        for symbol, word, length in zip(symbols, code.codes, code.lengths, strict=True)
    }
    assert [texts[n] for n in range(8)] == [
        "010", "011", "100", "101", "110", "00", "1110", "1111",
    ]  # fmt: skip
    assert code.encode(np.array([7, 5, 0])).tolist() == [1, 1, 1, 1, 0, 0, 0, 1, 0]


@given(COUNTS, st.integers(0, 2**32 - 1))
def test_symbols_come_back(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    used = np.sort(rng.permutation(3 * len(counts))[: len(counts)])
    occurrences: IntArray = np.zeros(3 * len(counts), dtype=np.int64)
    occurrences[used] = counts
    code = HuffmanCode.of(occurrences, 12)
    message = rng.choice(used, size=50)
    lengths = dict(zip(code.symbols.tolist(), code.lengths.tolist(), strict=True))
    assert read(code.encode(message).tolist(), lengths, 50) == message.tolist()
    assert set(lengths) == set(used.tolist())


def test_entropy_of_known_shares() -> None:
    assert entropy(np.array([0, 5, 0])) == 0
    assert entropy(np.array([4, 2, 1, 1])) == 1.75
    assert entropy(np.full(32, 7)) == 5


@pytest.mark.parametrize(("count", "longest"), [(0, 12), (9, 3)])
def test_what_has_no_code(count: int, longest: int) -> None:
    with pytest.raises(ValueError, match=f"no prefix code of {count} symbols in {longest} bits"):
        code_lengths(np.ones(count, dtype=np.int64), longest)


def test_a_symbol_without_a_code_is_refused() -> None:
    code = HuffmanCode.of(np.array([3, 0, 1]), 12)
    for symbol in (1, 5):
        with pytest.raises(ValueError, match="has no code"):
            code.encode(np.array([0, symbol]))
