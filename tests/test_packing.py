"""Packing against a definition on Python's own integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile_runtime.packing import FrameWords, pack, unpack, used_bits


@st.composite
def packings(draw: st.DrawFn) -> FrameWords:
    kind = draw(st.sampled_from(["unsigned", "signed", "bipolar"]))
    bits = 1 if kind == "bipolar" else draw(st.one_of(st.integers(1, 62), st.just(8), st.just(16)))
    parallel = draw(st.integers(1, 9))
    least = -(-parallel * bits // 8)
    return FrameWords(
        draw(st.integers(1, 4)),
        draw(st.integers(1, 20)),
        parallel,
        bits,
        kind,
        least + draw(st.integers(0, 4)),
    )


def _range(packing: FrameWords) -> tuple[int, int]:
    if packing.kind == "unsigned":
        return 0, (1 << packing.bits) - 1
    return -(1 << packing.bits - 1), (1 << packing.bits - 1) - 1


def _code(value: int, packing: FrameWords) -> int:
    return (value + 1) // 2 if packing.kind == "bipolar" else value % (1 << packing.bits)


@settings(deadline=None, max_examples=150)
@given(packings(), st.integers(1, 3), st.integers(0, 2**32))
def test_words_are_those_of_the_definition(packing: FrameWords, frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (frames, packing.vectors, packing.size)
    if packing.kind == "bipolar":
        values = rng.choice([-1, 1], shape)
    else:
        values = rng.integers(*_range(packing), shape, endpoint=True)
        values.reshape(-1)[0] = _range(packing)[0]
        values.reshape(-1)[-1] = _range(packing)[1]
    expected = b""
    for vector in values.reshape(-1, packing.size).tolist():
        for first in range(0, packing.size, packing.parallel):
            lanes = vector[first : first + packing.parallel]
            word = sum(_code(v, packing) << packing.bits * i for i, v in enumerate(lanes))
            expected += word.to_bytes(packing.word_bytes, "little")
    got = pack(values, packing)
    assert got.shape == (frames * packing.words, packing.word_bytes)
    assert got.tobytes() == expected
    assert len(expected) == frames * packing.frame_bytes
    np.testing.assert_array_equal(unpack(got, packing), values.reshape(frames, -1))
    unused = got.reshape(-1, packing.words_per_vector, packing.word_bytes) & ~used_bits(packing)
    assert not unused.any()


@settings(deadline=None, max_examples=50)
@given(packings(), st.integers(0, 2**32))
def test_bits_without_an_element_are_ignored(packing: FrameWords, seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 256, (packing.words, packing.word_bytes), dtype=np.uint8)
    mask = np.tile(used_bits(packing), (packing.vectors, 1))
    np.testing.assert_array_equal(unpack(words, packing), unpack(words & mask, packing))
