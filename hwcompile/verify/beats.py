"""Frames to beats and back: how integers travel through an AXI4-Stream port."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import fail
from hwcompile.emit.interface import AxisPort
from hwcompile.ir.types import IntArray
from hwcompile.ops.site import StreamFormat

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
    if values.shape[1:] != port.shape:
        raise ValueError(f"'{port.name}' takes frames of shape {port.shape}, not {values.shape}")
    if not port.format.element.contains(values):
        raise ValueError(f"'{port.name}' takes {port.format.element}")
    return pack(values, port.format)


def from_beats(beats: Beats, port: AxisPort) -> IntArray:
    """Inverse of `to_beats`: int64 [frames, height, width, channels].

    Raises:
        CompileError: If a bit that carries no element is not zero.
    """
    if unused_bits(beats, port.format).any():
        raise fail(
            "HW0603",
            f"output '{port.name}' has a one in a bit that carries no element",
            fix="report this as a bug: lanes beyond a vector's end must be zero",
        )
    return unpack(beats, port.format).reshape(-1, *port.shape)


def pack(values: IntArray, form: StreamFormat) -> Beats:
    """Words of whole frames of integers of any shape: uint8 [words, ceil(bits / 8)]."""
    width, lanes = form.element.bits, form.parallel
    codes = form.element.encode(np.asarray(values, dtype=np.int64)).reshape(-1, form.size)
    spare = form.words_per_vector * lanes - form.size
    codes = np.pad(codes, ((0, 0), (0, spare))).reshape(-1, lanes)
    whole = _byte_type(width)
    if whole is not None:
        return np.ascontiguousarray(codes.astype(whole)).view(np.uint8)
    planes = _bits(np.ascontiguousarray(codes.astype("<i8")).view(np.uint8), lanes, 8)
    return np.packbits(planes[:, :, :width].reshape(-1, lanes * width), axis=1, bitorder="little")


def unpack(words: Beats, form: StreamFormat) -> IntArray:
    """Inverse of `pack`: int64 [frames, vectors * size]; bits without an element are ignored."""
    width, lanes = form.element.bits, form.parallel
    whole = _byte_type(width)
    if whole is not None:
        codes = np.ascontiguousarray(words).view(whole).astype(np.int64)
    else:
        planes = np.unpackbits(words, axis=1, count=lanes * width, bitorder="little")
        field = np.zeros((len(words), lanes, 64), dtype=np.uint8)
        field[:, :, :width] = planes.reshape(-1, lanes, width)
        packed = np.packbits(field, axis=2, bitorder="little")
        codes = packed.view("<i8").astype(np.int64)
    codes = codes.reshape(-1, form.words_per_vector * lanes)[:, : form.size]
    return form.element.decode(codes).reshape(-1, form.vectors * form.size)


def unused_bits(words: Beats, form: StreamFormat) -> Beats:
    """The words with every bit that carries an element cleared: uint8 [words, bytes]."""
    lanes = np.zeros((form.words_per_vector, form.parallel), dtype=np.uint8)
    lanes.reshape(-1)[: form.size] = 1
    used = np.repeat(lanes, form.element.bits, axis=1)
    mask = np.packbits(used, axis=1, bitorder="little")
    return words.reshape(-1, *mask.shape) & ~mask


def _byte_type(bits: int) -> str | None:
    """The numpy type of elements that fill whole bytes, which need no work on bits."""
    return {8: "<u1", 16: "<u2", 32: "<u4"}.get(bits)


def _bits(data: Beats, lanes: int, size: int) -> Beats:
    return np.unpackbits(data.reshape(-1, lanes, size), axis=2, bitorder="little")
