"""Constant operands of linear operators as integers times a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Constant, QuantizedConstant, Value
from hwcompile.ir.types import IntArray

_LARGEST = 1 << 16
_LARGEST_GUESS = 255
"""Grids with more steps than this per side are not guessed: any numbers lie on a fine grid."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Real weights `integers * scale`, both of the weights' shape."""

    integers: IntArray
    scale: Array

    def moved(self, *order: int) -> Weights:
        """With the axes in another order."""
        return Weights(self.integers.transpose(order), self.scale.transpose(order))

    def reshaped(self, *shape: int) -> Weights:
        """In another shape, row-major."""
        return Weights(self.integers.reshape(shape), self.scale.reshape(shape))


def weights_of(ctx: Context, value: Value | None, axis: int, node: SourceNode) -> Weights:
    """The operand as integers times a scale.

    Args:
        ctx: For remarks.
        value: The operand.
        axis: Output channels; a lost scale is looked for along it.
        node: The linear operator.

    Raises:
        CompileError: HW0230 when the weights are real numbers, HW0231 when they are no constants.
    """
    if isinstance(value, QuantizedConstant):
        _refuse_wide(value.integers - value.zero_point, node)
        return Weights(value.integers - value.zero_point, value.scale)
    if not isinstance(value, Constant):
        raise fail(
            "HW0231",
            f"both operands of this {node.op_type} are computed while the network runs",
            "only products with constant weights are supported",
            "replace attention-like products by layers with weights",
            node.origin,
        )
    array = value.array
    if array.ndim == 0:
        raise fail(
            "HW0232",
            f"the weights of this {node.op_type} are a single number",
            "",
            "use a Mul for products with one number",
            node.origin,
        )
    one = np.ones((1,) * array.ndim, dtype=np.float32)
    if array.dtype.kind in "iub":
        return Weights(array.astype(np.int64), np.broadcast_to(one, array.shape))
    if not np.all(np.isfinite(array)):
        raise fail(
            "HW0221",
            "a weight is not a finite number",
            "",
            "repair the weights; training may have diverged",
            node.origin,
        )
    if np.all(array == np.round(array)) and np.abs(array).max(initial=0) < _LARGEST:
        return Weights(array.astype(np.int64), np.broadcast_to(one, array.shape))
    found = _on_grid(array.astype(np.float32), axis)
    if found is None:
        raise fail(
            "HW0230",
            f"the weights of this {node.op_type} are real numbers",
            "hardware multiplies integers, and nothing says how to round the weights",
            "quantize the weights (Quant, BipolarQuant or DequantizeLinear in front of them)",
            node.origin,
        )
    ctx.note("the quantizer of the weights was folded away; their grid was recovered", node.origin)
    return found


def _refuse_wide(integers: IntArray, node: SourceNode) -> None:
    if np.abs(integers).max(initial=0) > _LARGEST:
        raise fail(
            "HW0210",
            "the weights have more than 16 bits",
            "",
            "quantize the weights to at most 16 bits",
            node.origin,
        )


def _on_grid(array: Array, axis: int) -> Weights | None:
    """Weights whose quantizer was folded: one step per output channel that divides them all."""
    rows = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    steps = np.ones(rows.shape[0], dtype=np.float32)
    counts = np.zeros(rows.shape, dtype=np.int64)
    for i, row in enumerate(rows):
        step = _step(row)
        if step is None:
            return None
        steps[i] = step
        counts[i] = np.round(row.astype(np.float64) / step).astype(np.int64)
        if not np.array_equal(counts[i].astype(np.float32) * step, row):
            return None
    shape = [-1 if i == axis % array.ndim else 1 for i in range(array.ndim)]
    moved_shape = np.moveaxis(array, axis, 0).shape
    integers = np.moveaxis(counts.reshape(moved_shape), 0, axis)
    return Weights(integers, np.broadcast_to(steps.reshape(shape), array.shape))


def _step(row: Array) -> np.float32 | None:
    """The largest step of which all numbers are whole multiples in float32, if it is not tiny."""
    magnitudes = np.unique(np.abs(row))
    magnitudes = magnitudes[magnitudes > 0].astype(np.float64)
    if magnitudes.size == 0:
        return np.float32(1)
    gap = min(float(magnitudes[0]), float(np.diff(magnitudes).min(initial=np.inf)))
    for divisor in (1, 2, 3):
        count = round(float(magnitudes[-1]) / (gap / divisor))
        if count > _LARGEST_GUESS:
            return None
        for candidate in _neighbours(float(magnitudes[-1]) / count):
            counts = np.round(magnitudes / float(candidate)).astype(np.float32)
            if np.array_equal(counts * candidate, magnitudes.astype(np.float32)):
                return candidate
    return None


def _neighbours(step: float) -> list[np.float32]:
    """The nearest float32 numbers: dividing the largest weight is off by a few roundings."""
    middle = np.float32(step)
    above = np.nextafter(middle, np.float32(np.inf))
    below = np.nextafter(middle, np.float32(0))
    return [middle, above, below]
