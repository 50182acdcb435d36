"""The functions that may stand behind a network and run on the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile.frontends.numbers.chain import apply_all
from hwcompile.frontends.symbolic.values import HostStep


def _axes(x: Array, attributes: Mapping[str, Any]) -> tuple[Array, int]:
    """[frames, n] in the source shape, and the axis counted with the frames in front."""
    shape = tuple(attributes["shape"])
    return x.reshape(x.shape[0], *shape), int(attributes["axis"]) % len(shape) + 1


def _softmax(x: Array, attributes: Mapping[str, Any]) -> Array:
    wide, axis = _axes(x, attributes)
    shifted = np.exp(wide - wide.max(axis=axis, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=axis, keepdims=True))


def _log_softmax(x: Array, attributes: Mapping[str, Any]) -> Array:
    wide, axis = _axes(x, attributes)
    shifted = wide - wide.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def _arg_max(x: Array, attributes: Mapping[str, Any]) -> Array:
    wide, axis = _axes(x, attributes)
    return np.asarray(np.argmax(wide, axis=axis))


def _top_k(x: Array, attributes: Mapping[str, Any]) -> Array:
    wide, axis = _axes(x, attributes)
    order = np.argsort(-wide, axis=axis, kind="stable")
    order = np.take(order, np.arange(int(attributes["k"])), axis=axis)
    if attributes["result"] == "index":
        return order
    return np.take_along_axis(wide, order, axis=axis)


def _quantized_softmax(x: Array, attributes: Mapping[str, Any]) -> Array:
    """ONNX Runtime's QLinearSoftmax: integers to integers through one table of exponentials."""
    wide, axis = _axes(x, attributes)
    levels = float(attributes["input_scale"]) * np.arange(-255, 1, dtype=np.float64)
    table = np.exp(levels)
    difference = (wide - wide.max(axis=axis, keepdims=True)).astype(np.int64)
    weights = table[difference + 255]
    share = weights / weights.sum(axis=axis, keepdims=True)
    low, high = attributes["low"], attributes["high"]
    q = np.round(share / float(attributes["scale"])) + int(attributes["zero_point"])
    return np.asarray(np.clip(q, low, high), dtype=np.int64)


FUNCTIONS: dict[str, Callable[[Array, Mapping[str, Any]], Array]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "argmax": _arg_max,
    "topk": _top_k,
    "quantized_softmax": _quantized_softmax,
}
"""By the `kind` of a `HostStep`; each takes [frames, n] and returns [frames, ...]."""


def run_step(step: HostStep, x: Array) -> Array:
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
