"""Images of weights, read back by a decoder that follows the description of the format."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.loaded_memory import KINDS, LoadedMemory, loaded, unable
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.sparse.huffman import entropy

ORACLE = "numpy"
ORACLE_REASON = "a decoder written from the words of the format, RFC 1951 and Shannon's formula"


def _bits(data: bytes) -> Iterator[int]:
    beats = np.frombuffer(data, dtype="<u4")
    for beat in beats.tolist():
        yield from ((beat >> n) & 1 for n in range(32))


def _number(bits: Iterator[int], width: int) -> int:
    return sum(next(bits) << n for n in range(width))


def _decoded(data: bytes, lane: int, symbols: int) -> list[int]:
    """Symbols of lanes, of an image of any kind."""
    beats = np.frombuffer(data, dtype="<u4")
    assert int(beats.sum(dtype=np.uint64)) % 2**32 == 0
    assert int(beats[0]) & 0xFFFFFF == beats.size
    kind = ("plain", "bitmap", "huffman")[(int(beats[0]) >> 24) - 1]
    bits = _bits(data[4:-4])
    if kind == "plain":
        return [_number(bits, lane) for _ in range(symbols)]
    if kind == "bitmap":
        common = _number(bits, lane)
        return [_number(bits, lane) if next(bits) else common for _ in range(symbols)]
    counts = [_number(bits, min(length, lane) + 1) for length in range(1, 13)]
    ordered = [_number(bits, lane) for _ in range(sum(counts))]
    every = (length for length, count in enumerate(counts, 1) for _ in range(count))
    lengths = dict(zip(ordered, every, strict=True))
    assert list(lengths) == sorted(lengths, key=lambda symbol: (lengths[symbol], symbol))
    # Bits that are left are zero, and may look like a code.
    words = _words(lengths)
    found: list[int] = []
    value = length = 0
    while len(found) < symbols:
        value, length = 2 * value + next(bits), length + 1
        if (length, value) in words:
            found.append(words[length, value])
            value = length = 0
    return found


def _words(lengths: dict[int, int]) -> dict[tuple[int, int], int]:
    words: dict[tuple[int, int], int] = {}
    code = 0
    for length in range(1, 13):
        for symbol in sorted(s for s, n in lengths.items() if n == length):
            words[length, code] = symbol
            code += 1
        code <<= 1
    return words


def _rows(codes: IntArray, bits: int) -> MemoryImage:
    return MemoryImage.pack(codes, bits)


@st.composite
def _codes(draw: st.DrawFn) -> tuple[IntArray, int]:
    bits = draw(st.integers(1, 10))
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    few = rng.integers(0, 1 << bits, draw(st.integers(1, 9)))
    skewed = np.minimum(rng.geometric(0.4, shape) - 1, (1 << bits) - 1)
    ways = (rng.integers(0, 1 << bits, shape), rng.choice(few, shape), skewed)
    return draw(st.sampled_from(ways)), bits


@settings(deadline=None, max_examples=40)
@given(_codes(), st.sampled_from(KINDS))
def test_images_hold_the_rows(case: tuple[IntArray, int], kind: str) -> None:
    codes, bits = case
    image = loaded(_rows(codes, bits), 16, kind)
    data = image.contents()
    assert len(data) == image.size == 4 * image.beats
    assert image.beats <= image.most_beats
    assert _decoded(data, bits, codes.size) == codes.reshape(-1).tolist()
    assert image.entropy == pytest.approx(entropy(np.bincount(codes.reshape(-1))))
    if kind == "huffman":
        # Shannon (1948): a best code of single symbols is less than a bit above.
        assert image.entropy <= image.bits_per_lane < max(image.entropy, 1e-9) + 1
        assert image.bits_per_lane <= bits


def test_the_smallest_is_taken_and_all_sizes_are_told() -> None:
    rng = np.random.default_rng(4)
    uniform = loaded(_rows(rng.integers(0, 256, (64, 5)), 8), 16, "auto")
    sparse = np.where(rng.random((90, 7)) < 0.03, rng.integers(0, 256, (90, 7)), 77)
    skewed = rng.geometric(0.5, (90, 7))
    images = [uniform, loaded(_rows(sparse, 8), 16, "auto"), loaded(_rows(skewed, 5), 16, "auto")]
    assert [image.kind for image in images] == ["plain", "bitmap", "huffman"]
    for image in images:
        assert image.size == min(image.sizes().values())
        assert set(image.sizes()) == set(KINDS)


def test_the_longest_codes_have_twelve_bits() -> None:
    """Counts that double would have codes of up to 19 bits."""
    counts = [1 << n for n in range(14)]
    codes = np.repeat(np.arange(14), counts)
    rows = _rows(codes.reshape(-1, 1), 4)
    image = loaded(rows, 16, "huffman")
    assert image._code.counts.nonzero()[0].max() == 11
    assert _decoded(image.contents(), 4, codes.size) == codes.tolist()


@pytest.mark.parametrize(("kind", "most"), [("bitmap", 15), ("huffman", 10)])
def test_wide_lanes_have_no_image(kind: str, most: int) -> None:
    assert unable(kind, most) is None
    assert unable(kind, most + 1) == (
        f"a lane has {most + 1} bits, and an image of kind '{kind}' takes {most} at most"
    )
    wide = LoadedMemory(_rows(np.arange(6)[:, None], most + 1), 0)
    assert kind not in wide.sizes()
