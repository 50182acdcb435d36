"""Frames to beats and back: how integers travel through an AXI4-Stream port."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.emit.interface import AxisPort, packing_of, stream_port
from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify.columns import Column, in_blocks, rows_of
from hwcompile_runtime.packing import pack as pack_words
from hwcompile_runtime.packing import unpack as unpack_words
from hwcompile_runtime.packing import used_bits

Beats = npt.NDArray[np.uint8]


def to_beats(values: IntArray, port: AxisPort) -> Beats:
    """Cut frames into the beats of a port.

    Args:
        values: int64 [frames, height, width, channels], each of the port's element type.
        port: The port they enter.

    Returns:
        uint8 [frames * words, tdata_bytes], little-endian bytes of tdata.

    Raises:
        ValueError: If shape or values do not fit the port.
    """
    return stream_port(port).pack(values)


def from_beats(beats: Beats, port: AxisPort) -> IntArray:
    """Inverse of `to_beats`: int64 [frames, height, width, channels].

    Raises:
        CompileError: If a bit that carries no element is not zero.
    """
    return stream_port(port).unpack(beats)


def frames_from_beats(beats: Beats, port: AxisPort) -> IntArray:
    """As `from_beats`, however many beats there are: they are worked on a block at a time."""
    if not len(beats):
        return from_beats(beats, port)
    column, words = Column(), port.format.words
    for block in in_blocks(beats, words * rows_of(8 * port.format.vectors * port.format.size)):
        column.append(from_beats(block, port))
    return column.array()


def frames_from_words(words: Beats, port: AxisPort) -> IntArray:
    """Frames [frames, height, width, channels] that a tap recorded, a block at a time."""
    column, count = Column(), port.format.words
    for block in in_blocks(words, count * rows_of(8 * port.format.vectors * port.format.size)):
        column.append(unpack_beats(block, port.format).reshape(-1, *port.shape))
    return (
        column.array() if len(words) else unpack_beats(words, port.format).reshape(-1, *port.shape)
    )


def pack_beats(values: IntArray, form: StreamFormat) -> Beats:
    """Words of whole frames of integers of any shape: uint8 [words, ceil(bits / 8)]."""
    return pack_words(values, packing_of(form))


def unpack_beats(words: Beats, form: StreamFormat) -> IntArray:
    """Inverse of `pack_beats`: int64 [frames, vectors * size]; other bits are ignored."""
    frames = unpack_words(words, packing_of(form))
    return form.in_tensor_order(frames.reshape(-1, form.size)).reshape(frames.shape)


def unused_bits(words: Beats, form: StreamFormat) -> Beats:
    """The words with every bit that carries an element cleared: uint8 [vectors, words, bytes]."""
    mask = used_bits(packing_of(form))
    return words.reshape(-1, *mask.shape) & ~mask
