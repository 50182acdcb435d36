"""Constant operands of linear operators as integers times a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.numbers.float_sums import whole_steps
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Constant, QuantizedConstant, Value
from hwcompile.ir.types import IntArray, IntType

_LARGEST = 1 << 16
_LARGEST_GUESS = 255
"""Grids with more steps than this per side are not guessed: any numbers lie on a fine grid."""

_LAST_PLACE = 2.0**-22
"""Twice the last binary place of a float32, as a part of it."""


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
            "only matrix products multiply two tensors of the network",
            "give it constant weights, or write it as a MatMul",
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
    found, how = _recovered(array.astype(np.float32), axis)
    if found is None:
        raise fail(
            "HW0230",
            f"the weights of this {node.op_type} are real numbers",
            "hardware multiplies integers, and nothing says how to round the weights",
            "quantize the weights (Quant, BipolarQuant or DequantizeLinear in front of them), or "
            "let each neuron read at most 16 bits of the input, which makes truth tables of them",
            node.origin,
        )
    ctx.note(f"the quantizer of the weights was folded away; {how}", node.origin)
    return found


def on_grid(array: Array, axis: int) -> Weights | None:
    """Finite numbers as integers times a step, as `weights_of` finds them; None for real numbers.

    Args:
        array: float32.
        axis: Output channels.
    """
    if np.all(array == np.round(array)) and np.abs(array).max(initial=0) < _LARGEST:
        return Weights(array.astype(np.int64), np.ones(array.shape, dtype=np.float32))
    return _recovered(array.astype(np.float32), axis)[0]


def are_real(array: Array, axis: int) -> bool:
    """True for finite numbers that no integers times a scale are, as `weights_of` would find them.

    Args:
        array: float32.
        axis: Output channels.
    """
    return bool(np.all(np.isfinite(array))) and on_grid(array, axis) is None


def _recovered(array: Array, axis: int) -> tuple[Weights | None, str]:
    """Weights whose quantizer was folded, and how their integers were found."""
    exact = _on_grid(array, axis, 0.0)
    if exact is not None:
        return exact, "their grid was recovered"
    binary = _on_binary_grid(array)
    if binary is not None:
        return binary, "they are multiples of a power of two"
    # Two numbers nearly are multiples of many steps; all those of a layer are of none by chance.
    near = _on_grid(array.reshape(1, -1), 0, _LAST_PLACE)
    near = None if near is None else near.reshaped(*array.shape)
    return near, "their grid was recovered up to the last binary place of the largest weight"


def _refuse_wide(integers: IntArray, node: SourceNode) -> None:
    if np.abs(integers).max(initial=0) > _LARGEST:
        raise fail(
            "HW0210",
            "the weights have more than 16 bits",
            "",
            "quantize the weights to at most 16 bits",
            node.origin,
        )


def _on_grid(array: Array, axis: int, tolerance: float) -> Weights | None:
    """One step per output channel that divides all its weights.

    Args:
        array: float32.
        axis: Output channels.
        tolerance: How far a weight may lie from its multiple of the step, as a part of the largest
            weight of its channel: quantizers that are spelled out round on their way.
    """
    rows = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    steps = np.ones(rows.shape[0], dtype=np.float32)
    counts = np.zeros(rows.shape, dtype=np.int64)
    for i, row in enumerate(rows):
        step = _step(row, tolerance)
        if step is None:
            return None
        steps[i] = step
        counts[i] = np.round(row.astype(np.float64) / step).astype(np.int64)
        if not _agree(counts[i], step, row, tolerance):
            return None
    steps, counts = _together(steps, counts)
    shape = [-1 if i == axis % array.ndim else 1 for i in range(array.ndim)]
    moved_shape = np.moveaxis(array, axis, 0).shape
    integers = np.moveaxis(counts.reshape(moved_shape), 0, axis)
    return Weights(integers, np.broadcast_to(steps.reshape(shape), array.shape))


def _agree(counts: IntArray, step: np.float32, numbers: Array, tolerance: float) -> bool:
    """True when multiples of a step are the numbers, or as near to them as is tolerated."""
    if tolerance == 0:
        return bool(np.array_equal(counts.astype(np.float32) * step, numbers))
    away = np.abs(counts * float(step) - numbers.astype(np.float64))
    return bool(away.max(initial=0) <= tolerance * np.abs(numbers).max(initial=0))


def _on_binary_grid(array: Array) -> Weights | None:
    """Multiples of a power of two, such as minifloats: up to 16 bits of a float32's 24 say so."""
    integers, exponent = whole_steps(array.reshape(-1))
    if np.abs(integers).max(initial=0) > _LARGEST:
        return None
    step = np.ldexp(np.float32(1), exponent)
    return Weights(integers.reshape(array.shape), np.broadcast_to(step, array.shape))


def _together(steps: Array, counts: IntArray) -> tuple[Array, IntArray]:
    """The same weights in one step for all channels, where no weight gets more bits.

    A channel whose weights happen to be multiples of 3 has no step of its own: sums of one scale
    meet other streams in cheaper ways.
    """
    found = common_step(steps)
    if found is None or np.all(steps == steps[0]):
        return steps, counts
    step, factors = found
    whole = counts * factors[:, None]
    wide, narrow = (IntType(int(part.min()), int(part.max())).bits for part in (whole, counts))
    if wide > narrow:
        return steps, counts
    return np.full_like(steps, step), whole


def _step(row: Array, tolerance: float) -> np.float32 | None:
    """The largest step of which all numbers are whole multiples in float32, if it is not tiny."""
    magnitudes = np.unique(np.abs(row))
    magnitudes = magnitudes[magnitudes > 0]
    if magnitudes.size == 0:
        return np.float32(1)
    wide = magnitudes.astype(np.float64)
    gaps = np.diff(wide, prepend=0)
    # What differs by no more than is tolerated is one multiple.
    gap = float(gaps[gaps > 2 * tolerance * wide[-1]].min())
    for divisor in (1, 2, 3):
        count = round(float(wide[-1]) / (gap / divisor))
        if count > _LARGEST_GUESS:
            return None
        for candidate in _neighbours(float(wide[-1]) / count):
            counts = np.round(wide / float(candidate)).astype(np.int64)
            if _agree(counts, candidate, magnitudes, tolerance):
                return candidate
    return None


def _neighbours(step: float) -> list[np.float32]:
    """The nearest float32 numbers: dividing the largest weight is off by a few roundings."""
    middle = np.float32(step)
    above = np.nextafter(middle, np.float32(np.inf))
    below = np.nextafter(middle, np.float32(0))
    return [middle, above, below]
