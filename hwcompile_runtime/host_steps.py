"""The functions that may stand behind a network and run on the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwcompile_runtime import gemmlowp
from hwcompile_runtime.chain import FloatOp, apply_all
from hwcompile_runtime.integers import IntArray
from hwcompile_runtime.rows import AnyArray


@dataclass(frozen=True, eq=False)
class HostStep:
    """One operation on the host behind the network.

    Attributes:
        kind: "op" (a `FloatOp` in `ops`), "take" (elements by `index`, -1 is 0.0), or the name of
            a function of `hwcompile_runtime.host`.
        ops: Of an "op".
        index: Of a "take", int64 of the new shape.
        attributes: Numbers and strings.
    """

    kind: str
    ops: tuple[FloatOp, ...] = ()
    index: IntArray | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def _axes(x: AnyArray, attributes: Mapping[str, Any]) -> tuple[AnyArray, int]:
    """[frames, n] in the source shape, and the axis counted with the frames in front."""
    shape = tuple(attributes["shape"])
    return x.reshape(x.shape[0], *shape), int(attributes["axis"]) % len(shape) + 1


def _softmax(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    """In float64, added up in the axis' order and rounded once: the same on every machine."""
    _, weights, total = _weights(x, attributes)
    return _rounded(weights / total, x)


def _log_softmax(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    """See `_softmax`."""
    shifted, _, total = _weights(x, attributes)
    return _rounded(shifted - np.log(total), x)


def _weights(x: AnyArray, attributes: Mapping[str, Any]) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Distances from the largest along the axis, their exponentials, and the sums of these."""
    wide, axis = _axes(x.astype(np.float64), attributes)
    shifted = wide - wide.max(axis=axis, keepdims=True)
    weights = np.exp(shifted)
    return shifted, weights, np.add.accumulate(weights, axis=axis).take([-1], axis=axis)


def _rounded(values: AnyArray, x: AnyArray) -> AnyArray:
    """In the type of the operand, where that has fractions."""
    return values.astype(x.dtype) if x.dtype.kind == "f" else values


def _arg_max(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    wide, axis = _axes(x, attributes)
    return np.asarray(np.argmax(wide, axis=axis))


def _top_k(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    wide, axis = _axes(x, attributes)
    order = np.argsort(-wide, axis=axis, kind="stable")
    order = np.take(order, np.arange(int(attributes["k"])), axis=axis)
    if attributes["result"] == "index":
        return order
    return np.take_along_axis(wide, order, axis=axis)


def _lp_normalized(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    """ONNX Runtime's LpNormalization: over the 1- or 2-norm along the axis; 0 over 0 is 0.

    The sum adds float32 numbers in the order of the axis.
    """
    wide, axis = _axes(x.astype(np.float32), attributes)
    powers = np.abs(wide) if attributes["p"] == 1 else wide * wide
    total = np.add.accumulate(powers, axis=axis, dtype=np.float32).take([-1], axis=axis)
    norm = total if attributes["p"] == 1 else np.sqrt(total)
    return np.asarray(np.where(norm == 0, wide, wide / norm))


def _quantized_softmax(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    """ONNX Runtime's QLinearSoftmax: integers to integers through one table of exponentials.

    The table is float32 and lifted so far that its largest entry times the axis' length stays
    below the largest float32; the sum adds float32 numbers in the order of the axis.
    """
    wide, axis = _axes(x, attributes)
    table = lifted_exponentials(float(attributes["input_scale"]), wide.shape[axis])
    difference = (wide - wide.max(axis=axis, keepdims=True)).astype(np.int64)
    weights = table[difference + 255]
    total = np.add.accumulate(weights, axis=axis, dtype=np.float32).take([-1], axis=axis)
    steps = np.floor(np.float32(1) / np.float32(attributes["scale"]))
    share = np.rint(weights * steps / total).astype(np.int64)
    q = share + int(attributes["zero_point"])
    return np.asarray(np.clip(q, attributes["low"], attributes["high"]), dtype=np.int64)


def _fixed_softmax(x: AnyArray, attributes: Mapping[str, Any]) -> AnyArray:
    """TFLite's softmax of int8, in fixed point; see `gemmlowp.fixed_softmax`."""
    wide, axis = _axes(x, attributes)
    scale, low, high = (attributes[name] for name in ("input_scale", "low", "high"))
    return gemmlowp.fixed_softmax(wide.astype(np.int64), axis, float(scale), int(low), int(high))


def lifted_exponentials(scale: float, length: int) -> AnyArray:
    """`exp(scale * d + lift)` for d = -255 ... 0 as float32; see `_quantized_softmax`.

    Args:
        scale: Of the operand.
        length: Of the axis that the sum runs over.
    """
    room = np.log(np.finfo(np.float32).max / np.float32(length))
    lift = max(0.0, float(room) - 5.0) / scale
    levels = np.exp((np.arange(256) - 255.0 + lift) * scale)
    return np.asarray(levels, dtype=np.float32)


FUNCTIONS: dict[str, Callable[[AnyArray, Mapping[str, Any]], AnyArray]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "argmax": _arg_max,
    "topk": _top_k,
    "lp_normalization": _lp_normalized,
    "quantized_softmax": _quantized_softmax,
    "fixed_softmax": _fixed_softmax,
}
"""By the `kind` of a `HostStep`; each takes [frames, n] and returns [frames, ...]."""


def run_step(step: HostStep, x: AnyArray) -> AnyArray:
    """Apply one step to [frames, n]; the result is [frames, m]."""
    if step.kind == "op":
        rows = max(op.rows for op in step.ops)
        wide = x.T if rows > 1 else x.reshape(1, -1)
        y = apply_all(step.ops, wide)
        return y.T.reshape(x.shape)
    if step.kind == "take":
        assert step.index is not None
        index = step.index.reshape(-1)
        return np.where(index < 0, 0, x[:, np.maximum(index, 0)])
    y = FUNCTIONS[step.kind](x, step.attributes)
    return np.asarray(y).reshape(x.shape[0], -1)
