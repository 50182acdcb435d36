"""How integers travel in the words of a stream: frames to bytes and back.

Needs numpy and nothing else: drivers for boards carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FrameWords:
    """How a frame is cut into words.

    A frame is `vectors` vectors of `size` elements. A vector begins in a new word; a word holds
    `parallel` elements of `bits` bits, the first in the least significant bits; bits that hold no
    element are zero. Words are stored least significant byte first.

    Attributes:
        vectors: Vectors of a frame.
        size: Elements of a vector.
        parallel: Elements of a word; the last word of a vector may hold fewer.
        bits: Bits of an element.
        kind: "unsigned", "signed" (two's complement), or "bipolar" (0 is -1, 1 is +1).
        word_bytes: Bytes of a word.
    """

    vectors: int
    size: int
    parallel: int
    bits: int
    kind: str
    word_bytes: int

    @property
    def words_per_vector(self) -> int:
        """ceil(size / parallel)."""
        return -(-self.size // self.parallel)

    @property
    def words(self) -> int:
        """Words of a frame."""
        return self.vectors * self.words_per_vector

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return self.words * self.word_bytes


def encode(values: Integers, bits: int, kind: str) -> Integers:
    """The unsigned bit patterns, each below 2**bits, of integers; same shape."""
    if kind == "bipolar":
        return (values + 1) >> 1
    return values & ((1 << bits) - 1)


def decode(codes: Integers, bits: int, kind: str) -> Integers:
    """Inverse of `encode`; same shape."""
    if kind == "bipolar":
        return 2 * codes - 1
    if kind == "unsigned":
        return codes
    half = 1 << (bits - 1)
    return ((codes + half) & ((1 << bits) - 1)) - half


def pack(values: Integers, packing: FrameWords) -> Words:
    """Words of whole frames of integers of any shape: uint8 [frames * words, word_bytes]."""
    width, lanes = packing.bits, packing.parallel
    codes = encode(np.asarray(values, dtype=np.int64), width, packing.kind)
    codes = codes.reshape(-1, packing.size)
    spare = packing.words_per_vector * lanes - packing.size
    codes = np.pad(codes, ((0, 0), (0, spare))).reshape(-1, lanes)
    whole = _whole_bytes(width)
    if whole:
        words = np.ascontiguousarray(codes.astype(whole)).view(np.uint8)
    else:
        data = np.ascontiguousarray(codes.astype("<i8")).view(np.uint8).reshape(-1, lanes, 8)
        planes = np.unpackbits(data, axis=2, bitorder="little")[:, :, :width]
        words = np.packbits(planes.reshape(-1, lanes * width), axis=1, bitorder="little")
    return np.pad(words, ((0, 0), (0, packing.word_bytes - words.shape[1])))


def unpack(data: Words, packing: FrameWords) -> Integers:
    """Inverse of `pack`: int64 [frames, vectors * size]; bits without an element are ignored."""
    width, lanes = packing.bits, packing.parallel
    words = np.ascontiguousarray(data, dtype=np.uint8).reshape(-1, packing.word_bytes)
    whole = _whole_bytes(width)
    if whole:
        used = np.ascontiguousarray(words[:, : lanes * width // 8])
        codes = used.view(whole).astype(np.int64)
    else:
        planes = np.unpackbits(words, axis=1, count=lanes * width, bitorder="little")
        field = np.zeros((len(words), lanes, 64), dtype=np.uint8)
        field[:, :, :width] = planes.reshape(-1, lanes, width)
        codes = np.packbits(field, axis=2, bitorder="little").view("<i8").astype(np.int64)
    codes = codes.reshape(-1, packing.words_per_vector * lanes)[:, : packing.size]
    return decode(codes, width, packing.kind).reshape(-1, packing.vectors * packing.size)


def used_bits(packing: FrameWords) -> Words:
    """A one for every bit of a vector's words that holds an element: uint8 [words, word_bytes]."""
    lanes = np.zeros((packing.words_per_vector, packing.parallel), dtype=np.uint8)
    lanes.reshape(-1)[: packing.size] = 1
    mask = np.packbits(np.repeat(lanes, packing.bits, axis=1), axis=1, bitorder="little")
    return np.pad(mask, ((0, 0), (0, packing.word_bytes - mask.shape[1])))


def _whole_bytes(bits: int) -> str:
    """The numpy type of elements that fill whole bytes, which need no work on bits."""
    return {8: "<u1", 16: "<u2", 32: "<u4"}.get(bits, "")
