"""What the quantizers of the source formats do, in float32 and in integers.

A quantizer maps real values (float32) to integers q; the integers mean
`(float32(q) - float32(zero_point)) * scale`. Every class follows its source format operation by
operation; what a model says of one is checked in `quantizer_checks`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hwcompile_runtime.fixed_point import assigned
from hwcompile_runtime.integers import BIPOLAR, Encoding, IntArray, IntType
from hwcompile_runtime.rows import (
    AnyArray,
    FloatArray,
    against,
    common_rows,
    from_plain,
    plain,
    take,
)

if TYPE_CHECKING:
    from typing import Self  # boards have a Python without it


class NotANumberError(Exception):
    """A quantizer met NaN: the chain before it is undefined for a reachable value."""


def _away(x: FloatArray) -> FloatArray:
    return np.sign(x) * np.ceil(np.abs(x))


def _half_away(x: FloatArray) -> FloatArray:
    return np.sign(x) * np.floor(np.abs(x) + np.float32(0.5))


def _half_toward(x: FloatArray) -> FloatArray:
    return np.sign(x) * np.ceil(np.abs(x) - np.float32(0.5))


ROUNDINGS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "ROUND": np.round,
    "HALF_EVEN": np.round,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": _away,
    "DOWN": np.trunc,
    "ROUND_TO_ZERO": np.trunc,
    "HALF_UP": _half_away,
    "HALF_DOWN": _half_toward,
}
"""Rounding modes by their QONNX names; all work in float32, as the QONNX executor does."""


@dataclass(frozen=True, eq=False)
class Quantizer(ABC):
    """Real values to integers; see the module text.

    Attributes:
        scale: Real-world step of the result, float32 [1 or rows].
        zero_point: The integer that means 0.0, int64 [1 or rows].
        element: Interval and encoding of the result.
    """

    kind: ClassVar[str]
    doubles: ClassVar[bool] = False
    """It looks at real numbers in double precision; all others do in float32."""

    scale: FloatArray
    zero_point: IntArray
    element: IntType

    @abstractmethod
    def quantize(self, x: AnyArray) -> IntArray:
        """Integers of real values.

        Args:
            x: float32 [1 or rows, ...] (int64 for `IntegerQuantizer`).

        Returns:
            int64 [rows, ...].

        Raises:
            NotANumberError: If a value is NaN.
        """

    def dequantize(self, q: IntArray) -> FloatArray:
        """Real values of integers [1 or rows, ...], in float32 as the source format does."""
        difference = q.astype(np.float32) - against(self.zero_point, q).astype(np.float32)
        return np.asarray(difference * against(self.scale, q), dtype=np.float32)

    def arrays(self) -> dict[str, AnyArray]:
        """All per-row constants by field name."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}

    @property
    def rows(self) -> int:
        """1 or the number of rows."""
        return common_rows(*(a.shape[0] for a in self.arrays().values()))

    def select(self, rows: IntArray) -> Self:
        """The quantizer of the given rows, in that order."""
        chosen: dict[str, Any] = {name: take(a, rows) for name, a in self.arrays().items()}
        return replace(self, **chosen)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the build directory; `quantizer_from_json` reads it back."""
        data: dict[str, Any] = {"kind": self.kind}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                data[f.name] = {"dtype": str(value.dtype), "values": plain(value)}
            elif isinstance(value, IntType):
                data[f.name] = [value.low, value.high, value.encoding.value]
            else:
                data[f.name] = value
        return data


def _clamped(x: AnyArray, element: IntType) -> FloatArray:
    """`x` limited to the interval before rounding, as QONNX and ONNX Runtime do."""
    if np.isnan(x).any():
        raise NotANumberError
    low, high = np.float32(element.low), np.float32(element.high)
    return np.asarray(np.clip(x, low, high), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class ClippedQuantizer(Quantizer):
    """Clips before it rounds, as QONNX's Quant does: `round(clip(x / divisor + offset))`.

    Attributes:
        divisor: float32 [1 or rows]; the quantizer's scale.
        offset: float32 [1 or rows]; the quantizer's zero point.
        rounding: A key of `ROUNDINGS`.
    """

    kind: ClassVar[str] = "qonnx"  # as build directories have called it from the start

    divisor: FloatArray
    offset: FloatArray
    rounding: str = "ROUND"

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`."""
        with np.errstate(all="ignore"):
            scaled = x / against(self.divisor, x) + against(self.offset, x)
        rounded = ROUNDINGS[self.rounding](_clamped(scaled, self.element))
        return rounded.astype(np.int64)


@dataclass(frozen=True, eq=False)
class LinearQuantizer(Quantizer):
    """ONNX QuantizeLinear: `clip(round_half_even(x / divisor) + zero_point)`.

    A requantizer of ONNX Runtime's QLinear operators has divisor 1: there the multiplier
    float32(float32(sx * sw) / sy) already belongs to the chain.

    Attributes:
        divisor: float32 [1 or rows].
    """

    kind: ClassVar[str] = "linear"

    divisor: FloatArray

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`."""
        with np.errstate(all="ignore"):
            rounded = np.round(x / against(self.divisor, x))
        if np.isnan(rounded).any():
            raise NotANumberError
        # 2**40 keeps the sum inside int64 and exact; every element type ends long before.
        steps = np.clip(rounded, -(2.0**40), 2.0**40).astype(np.int64)
        shifted = steps + against(self.zero_point, x)
        return np.clip(shifted, self.element.low, self.element.high)


@dataclass(frozen=True, eq=False)
class BipolarQuantizer(Quantizer):
    """+1 where `x / divisor + offset >= 0`, else -1 (BipolarQuant, and Quant with 1 signed bit).

    Attributes:
        divisor: float32 [1 or rows]; 1 for BipolarQuant, which looks at `x` itself.
        offset: float32 [1 or rows].
    """

    kind: ClassVar[str] = "bipolar"

    divisor: FloatArray
    offset: FloatArray

    def __post_init__(self) -> None:
        if self.element != BIPOLAR:
            raise ValueError("a bipolar quantizer has a bipolar element type")

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`."""
        with np.errstate(all="ignore"):
            scaled = x / against(self.divisor, x) + against(self.offset, x)
        if np.isnan(scaled).any():
            raise NotANumberError
        return np.where(scaled >= 0, 1, -1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class StepQuantizer(Quantizer):
    """MultiThreshold: `base + slope * #{k: x >= steps[k]}`.

    Attributes:
        steps: float32 [1 or rows, n], ascending along n.
        base: Result below all steps.
        slope: Increment per step.
    """

    kind: ClassVar[str] = "steps"

    steps: FloatArray
    base: int = 0
    slope: int = 1

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`."""
        if np.isnan(x).any():
            raise NotANumberError
        rows = common_rows(x.shape[0], self.steps.shape[0])
        wide = np.broadcast_to(x, (rows, *x.shape[1:]))
        if self.steps.shape[0] == 1:
            counts = np.searchsorted(self.steps[0], wide, side="right")
        else:
            pairs = zip(self.steps, wide, strict=True)
            counts = np.stack([np.searchsorted(s, v, side="right") for s, v in pairs])
        return self.base + self.slope * counts.astype(np.int64)


@dataclass(frozen=True, eq=False)
class IntegerQuantizer(Quantizer):
    """The end of a chain that already computes integers; the interval only bounds the result."""

    kind: ClassVar[str] = "integer"

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`; also takes float32 values that are whole numbers."""
        if np.isnan(x).any():
            raise NotANumberError
        q = x.astype(np.int64)
        if not np.array_equal(q, x):
            raise ValueError("the chain does not compute integers")
        return q


@dataclass(frozen=True, eq=False)
class FixedQuantizer(Quantizer):
    """Steps of a power of two, rounded and fitted as `Cast` does.

    Attributes:
        fraction: Digits behind the point.
        rounding: "floor", or one of `rounding_term`'s.
        overflow: One of `fitted`'s.
    """

    kind: ClassVar[str] = "fixed"
    doubles: ClassVar[bool] = True

    fraction: int
    rounding: str
    overflow: str

    def quantize(self, x: AnyArray) -> IntArray:
        """See `Quantizer.quantize`; takes float64 too."""
        if np.isnan(x).any():
            raise NotANumberError
        return assigned(x, self.fraction, self.element, self.rounding, self.overflow)


_CLASSES: tuple[type[Quantizer], ...] = (
    ClippedQuantizer,
    LinearQuantizer,
    BipolarQuantizer,
    StepQuantizer,
    IntegerQuantizer,
    FixedQuantizer,
)


def quantizer_from_json(data: dict[str, Any]) -> Quantizer:
    """Inverse of `Quantizer.to_json`."""
    chosen = next(c for c in _CLASSES if c.kind == data["kind"])
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name == "element":
            values[name] = IntType(value[0], value[1], Encoding(value[2]))
        elif isinstance(value, dict):
            values[name] = from_plain(value["values"], value["dtype"])
        elif name != "kind":
            values[name] = value
    return chosen(**values)
