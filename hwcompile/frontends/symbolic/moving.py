"""Applies a move (see `values.Move`) to any abstract value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    HostValue,
    Move,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
    positions,
    shape_of,
)
from hwcompile_runtime.chain import Dequantize


def moved(value: Value, move: Move, fill: float, origin: Origin) -> Value:
    """The value with its elements at other places; new places mean the real number `fill`.

    Raises:
        CompileError: HW0205 when `fill` has no integer in a stream, or a lazy value cannot be
            padded.
        ValueError: If the move does not fit the shape (numpy's message).
    """
    if isinstance(value, Failed):
        return value
    if isinstance(value, Constant):
        filler = np.asarray(fill).astype(value.array.dtype)
        return Constant(np.asarray(move(value.array, filler)))
    found, _ = positions(shape_of(value), move)
    if not found.size:
        raise fail(
            "HW0204",
            "the result has no elements",
            "",
            "check the shapes in the model",
            origin,
        )
    padded = bool(found.size) and int(found.min()) < 0
    if isinstance(value, QuantizedConstant):
        if padded and fill != 0:
            return Constant(np.asarray(move(value.array, np.float32(fill))))
        return value.moved(move)
    if isinstance(value, Stream):
        return _with_fill(value, fill, origin).moved(move) if padded else value.moved(move)
    if padded and isinstance(value, Pair | Bundle | HostValue):
        raise fail(
            "HW0205",
            "padding is not possible here",
            "the padded tensor has no integers yet",
            "insert a quantizer before the padding",
            origin,
        )
    return value.moved(move)


def can_fill(value: Value, fill: float) -> bool:
    """True when a stream has an integer that means the number `fill`."""
    return isinstance(value, Stream) and _integer_for(value, fill) is not None


def _with_fill(stream: Stream, fill: float, origin: Origin) -> Stream:
    """The stream whose new places will mean `fill`."""
    wanted = _integer_for(stream, fill)
    has_other = bool(stream.index.size) and int(stream.index.min()) < 0 and stream.fill != wanted
    if wanted is None or has_other:
        raise fail(
            "HW0205",
            f"padding with {fill:g} is not possible here",
            "no single integer of the stream stands for this number",
            "pad with 0.0 directly behind a quantizer",
            origin,
        )
    return replace(stream, fill=wanted)


def _integer_for(stream: Stream, fill: float) -> int | float | None:
    """The integer (real number, when raw) that the pending chain turns into `fill`, or None."""
    if stream.raw:
        return None if stream.chain.ops else fill
    if stream.chain.ops:
        return None
    start = stream.chain.start
    if not isinstance(start, Dequantize):
        return int(fill) if float(fill).is_integer() else None
    candidates = np.unique(start.zero_point + np.round(fill / start.scale.astype(np.float64)))
    if candidates.size != 1:
        return None
    integer = np.array([[int(candidates[0])]], dtype=np.int64)
    return int(candidates[0]) if np.all(start.apply(integer) == np.float32(fill)) else None
