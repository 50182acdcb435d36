"""Abstract values: what the interpreter knows about a tensor of the source model.

    Constant           known numbers
    QuantizedConstant  known numbers that are integers times a scale (weights)
    Stream             elements of one IR value, with element-wise operations still pending
    Pair               two streams that meet in an operator, waiting for the quantizer behind it
    Bundle             several streams side by side, waiting for a common quantizer
    HostValue          computed on the host, behind the network

Shapes are those of the source model, batch axis (1) included. A pending chain or operation has
constants [1 or N] for the N elements of the tensor in row-major order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, FloatOp
from hwcompile_runtime.host_steps import HostStep

Move = Callable[[Array, Any], Array]
"""Maps an array of a tensor's shape to the array of the moved tensor; the second argument fills
places that come from nowhere, None means "like the nearest element"."""


@dataclass(frozen=True, eq=False)
class Constant:
    """Known numbers."""

    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return cast(tuple[int, ...], self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type in the source model."""
        return self.array.dtype


@dataclass(frozen=True, eq=False)
class QuantizedConstant:
    """Known real numbers `(float32(integers) - float32(zero_point)) * scale`.

    Attributes:
        integers: int64.
        scale: float32 of the same shape (often a broadcast view).
        zero_point: int64 of the same shape.
    """

    integers: IntArray
    scale: Array
    zero_point: IntArray

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return cast(tuple[int, ...], self.integers.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type in the source model."""
        return np.dtype(np.float32)

    @property
    def array(self) -> Array:
        """The real numbers, float32."""
        difference = self.integers.astype(np.float32) - self.zero_point.astype(np.float32)
        return np.asarray(difference * self.scale, dtype=np.float32)

    def with_positive_scale(self) -> QuantizedConstant:
        """The same real numbers with scales above 0.

        A negative step counts from the other side, and a step of 0 makes zeros: both are
        constants like any other. `(q - z) * s` is `(-q - -z) * -s` in float32 as well.
        """
        if np.all(self.scale > 0):
            return self
        sign = np.sign(self.scale).astype(np.int64)
        scale = np.where(self.scale == 0, np.float32(1), np.abs(self.scale))
        return QuantizedConstant(self.integers * sign, scale, self.zero_point * sign)

    def moved(self, move: Move, fill: float = 0.0) -> QuantizedConstant:
        """The moved constant; new places hold the zero point."""
        difference = self.integers - self.zero_point
        moved_zero = move(self.zero_point, None)
        return QuantizedConstant(
            move(difference, 0) + moved_zero, move(self.scale, None), moved_zero
        )


def positions(shape: tuple[int, ...], move: Move) -> tuple[IntArray, IntArray]:
    """Where each element of the moved tensor comes from.

    Returns:
        The flat source position, -1 for new places; and the same with the nearest element for new
        places. Both int64 of the moved shape.
    """
    flat = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64).reshape(shape)
    found = np.asarray(move(flat, -1))
    nearest = np.asarray(move(flat, None)) if found.size and found.min() < 0 else found
    return found, nearest


def _select(ops: tuple[FloatOp, ...], rows: IntArray) -> tuple[FloatOp, ...]:
    return tuple(op.select(rows) for op in ops)


@dataclass(frozen=True, eq=False)
class Stream:
    """Elements of one IR value, with element-wise operations still pending.

    Attributes:
        value: Name of the IR value; of the source model's input when `raw`.
        index: For every element the flat position in the IR value, -1 for `fill`.
        chain: From the integers (numbers of the input, when `raw`) to this tensor.
        dtype: Element type in the source model.
        fill: The integer (real number, when `raw`) at places that come from nowhere.
        raw: True for an input of the model that no quantizer has met yet.
    """

    value: str
    index: IntArray
    chain: Chain
    dtype: np.dtype[Any]
    fill: int | float = 0
    raw: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return cast(tuple[int, ...], self.index.shape)

    def moved(self, move: Move) -> Stream:
        """The same elements at other places; new places hold `fill`."""
        found, nearest = positions(self.shape, move)
        index = np.where(found < 0, -1, self.index.reshape(-1)[np.maximum(found, 0)])
        return replace(self, index=index, chain=self.chain.select(nearest.reshape(-1)))

    def then(self, op: FloatOp, dtype: np.dtype[Any] | None = None) -> Stream:
        """The stream with one more pending operation."""
        return replace(self, chain=self.chain.then(op), dtype=dtype or self.dtype)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two streams of equal shape that meet in `kind`, and operations behind the meeting."""

    kind: str
    left: Stream
    right: Stream
    dtype: np.dtype[Any]
    ops: tuple[FloatOp, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.left.shape

    def moved(self, move: Move) -> Pair:
        """The same elements at other places."""
        _, nearest = positions(self.shape, move)
        ops = _select(self.ops, nearest.reshape(-1))
        return replace(self, left=self.left.moved(move), right=self.right.moved(move), ops=ops)

    def then(self, op: FloatOp, dtype: np.dtype[Any] | None = None) -> Pair:
        """The pair with one more pending operation."""
        return replace(self, ops=(*self.ops, op), dtype=dtype or self.dtype)


@dataclass(frozen=True, eq=False)
class Bundle:
    """Elements of several streams.

    Attributes:
        sources: The streams.
        pick: For every element its flat position in the sources' elements, one source after
            the other.
        dtype: Element type in the source model.
        ops: Pending operations on the bundle.
    """

    sources: tuple[Stream, ...]
    pick: IntArray
    dtype: np.dtype[Any]
    ops: tuple[FloatOp, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return cast(tuple[int, ...], self.pick.shape)

    def moved(self, move: Move) -> Bundle:
        """The same elements at other places; the move must not make new places."""
        found, _ = positions(self.shape, move)
        if found.size and found.min() < 0:
            raise ValueError("padding a concatenation that no quantizer has joined")
        pick = self.pick.reshape(-1)[found]
        return replace(self, pick=pick, ops=_select(self.ops, found.reshape(-1)))

    def then(self, op: FloatOp, dtype: np.dtype[Any] | None = None) -> Bundle:
        """The bundle with one more pending operation."""
        return replace(self, ops=(*self.ops, op), dtype=dtype or self.dtype)


Lazy = Stream | Pair | Bundle


@dataclass(frozen=True, eq=False)
class HostValue:
    """What the host computes behind the network: steps after a lazy value.

    Attributes:
        base: What the network gives.
        steps: On the host.
        shape: Of the result.
        dtype: Of the result.
        inside: Makes the stream that has these numbers, or numbers near them, where an operator of
            the network asks for it; None where nothing can.
    """

    base: Lazy
    steps: tuple[HostStep, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    inside: Callable[[], Stream] | None = None

    def moved(self, move: Move) -> HostValue:
        """The same elements at other places."""
        found, _ = positions(self.shape, move)
        step = HostStep("take", index=found)
        inside = self._behind(lambda stream: stream.moved(move))
        return replace(self, steps=(*self.steps, step), shape=found.shape, inside=inside)

    def then(self, op: FloatOp, dtype: np.dtype[Any] | None = None) -> HostValue:
        """The value with one more operation."""
        inside = self._behind(lambda stream: stream.then(op, dtype))
        steps = (*self.steps, HostStep("op", (op,)))
        return replace(self, steps=steps, dtype=dtype or self.dtype, inside=inside)

    def _behind(self, step: Callable[[Stream], Stream]) -> Callable[[], Stream] | None:
        """What makes the stream behind one more step."""
        inside = self.inside
        return None if inside is None else lambda: step(inside())


@dataclass(frozen=True)
class Failed:
    """The result of an operator that was reported; whatever needs it stays silent."""


Value = Constant | QuantizedConstant | Stream | Pair | Bundle | HostValue | Failed


def shape_of(value: Value) -> tuple[int, ...]:
    """The tensor's shape."""
    if isinstance(value, Failed):
        raise TypeError("a failed value has no shape")
    return value.shape


def constant_of(value: Value | None) -> Array | None:
    """The numbers of a constant, else None."""
    return value.array if isinstance(value, Constant | QuantizedConstant) else None
