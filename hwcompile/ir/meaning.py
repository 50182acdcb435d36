"""Carries scale and zero point along when elements move from place to place."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType


def moved_type(kind: TensorType, index: IntArray, element: IntType) -> TensorType:
    """The type of a tensor made of elements of `kind`.

    Args:
        kind: The tensor that the elements come from.
        index: int64 [height, width, channels]: which element of `kind`, in flat order, stands at
            each place; -1 where a constant stands.
        element: Element type of the new tensor.

    Returns:
        A type of shape `index.shape`. A new channel that mixes elements of different scales has no
        scale of its own; then the default stands in for all channels.
    """
    height, width, channels = index.shape
    scale = _follow(np.array(kind.scale, dtype=np.float64), kind.channels, index)
    zero = _follow(np.array(kind.zero_point, dtype=np.int64), kind.channels, index)
    return TensorType(
        (height, width, channels),
        element,
        (1.0,) if scale is None else tuple(float(s) for s in scale),
        (0,) if zero is None else tuple(int(z) for z in zero),
    )


def joined_type(kinds: tuple[TensorType, ...], element: IntType) -> TensorType:
    """The type of the channels of `kinds` side by side; all have the same height and width."""
    scale = np.concatenate([_per_channel(k.scale, k.channels) for k in kinds])
    zero = np.concatenate([_per_channel(k.zero_point, k.channels) for k in kinds])
    height, width, _ = kinds[0].shape
    return TensorType(
        (height, width, scale.size),
        element,
        tuple(float(s) for s in _collapse(scale)),
        tuple(int(z) for z in _collapse(zero)),
    )


def _per_channel(values: tuple[float, ...] | tuple[int, ...], channels: int) -> np.ndarray:
    return np.broadcast_to(np.array(values), (channels,))


def _collapse(values: np.ndarray) -> np.ndarray:
    """One number when all are equal."""
    return values[:1] if np.all(values == values[0]) else values


def _follow(values: np.ndarray, channels: int, index: IntArray) -> np.ndarray | None:
    """`values` per old channel [1 or channels] as values per new channel; None when mixed."""
    if values.size == 1:
        return values
    sources = index.reshape(-1, index.shape[2])
    present = sources >= 0
    first = np.argmax(present, axis=0)
    result = values[sources[first, np.arange(sources.shape[1])] % channels]
    if np.any(present & (values[sources % channels] != result)):
        return None
    return _collapse(result)
