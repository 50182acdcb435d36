"""Model graphs as hls4ml makes them, as far as the front end looks, without hls4ml."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np


@dataclass
class FixedPrecisionType:
    """hls4ml's, by name and attributes."""

    width: int = 16
    integer: int = 6
    signed: bool = True
    rounding_mode: str = "TRN"
    saturation_mode: str = "WRAP"
    saturation_bits: int = 0

    def __str__(self) -> str:
        return f"fixed<{self.width},{self.integer},{self.rounding_mode},{self.saturation_mode}>"


class FloatPrecisionType:
    """No fixed-point format."""

    def __str__(self) -> str:
        return "float"


@dataclass
class ExponentPrecisionType:
    """hls4ml's, of weights that are powers of two."""

    width: int


@dataclass
class XnorPrecisionType:
    """hls4ml's, of bits that mean -1 and +1."""

    width: int = 1


def named(precision: object) -> SimpleNamespace:
    """hls4ml's `NamedType`."""
    return SimpleNamespace(name="t", precision=precision)


class WeightVariable:
    """hls4ml's, printed with as many decimals as the format has binary digits."""

    def __init__(
        self,
        data: object,
        precision: FixedPrecisionType | ExponentPrecisionType | XnorPrecisionType,
    ) -> None:
        self.name, self.type = "w", named(precision)
        self.data = np.asarray(data, dtype=np.float64)
        self.shape = list(self.data.shape)
        digits = 0
        if isinstance(precision, FixedPrecisionType):
            digits = precision.width - precision.integer
        self.precision_fmt = f"{{:.{digits}f}}"


class CompressedWeightVariable(WeightVariable):
    """hls4ml's, (column, row, number) of what is not zero."""

    def __init__(self, data: list[tuple[int, int, float]], shape: tuple[int, int]) -> None:
        super().__init__(np.zeros(shape), FixedPrecisionType(8, 4))
        self.data = np.asarray(data, dtype=np.float64)


@dataclass
class StubLayer:
    """A layer with one input and one output."""

    name: str
    class_name: str
    shape: list[int]
    precision: object = field(default_factory=FixedPrecisionType)
    inputs: list[str] = field(default_factory=list)
    weights: dict[str, WeightVariable] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    index: int = 1

    @property
    def outputs(self) -> list[str]:
        return [self.name]

    def get_attr(self, key: str, default: Any = None) -> Any:
        return self.attributes.get(key, default)

    def get_output_variable(self, output_name: str | None = None) -> SimpleNamespace:
        return SimpleNamespace(name=self.name, type=named(self.precision), shape=self.shape)


@dataclass
class StubGraph:
    """A chain of layers behind an input."""

    layers: list[StubLayer]
    backend: str = "Vitis"
    io_type: str = "io_parallel"

    def __post_init__(self) -> None:
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            layer.inputs = layer.inputs or [before.name]

    @property
    def config(self) -> SimpleNamespace:
        return SimpleNamespace(
            backend=SimpleNamespace(name=self.backend),
            get_config_value=lambda key: self.io_type,
            get_project_name=lambda: "myproject",
        )

    @property
    def outputs(self) -> list[str]:
        return [self.layers[-1].name]

    def get_layers(self) -> list[StubLayer]:
        return self.layers


def vector(size: int = 4, precision: object | None = None) -> StubLayer:
    """An input."""
    return StubLayer("x", "Input", [size], precision or FixedPrecisionType(8, 4))


def dense(accumulator: FixedPrecisionType, **attributes: object) -> StubLayer:
    """4 inputs, 3 outputs, weights of 1.5."""
    weights = {
        "weight": WeightVariable(np.full((4, 3), 1.5), FixedPrecisionType(8, 4)),
        "bias": WeightVariable(np.zeros(3), FixedPrecisionType(8, 4)),
    }
    more = {"n_in": 4, "n_out": 3, "accum_t": named(accumulator), **attributes}
    return StubLayer("d", "Dense", [3], weights=weights, attributes=more)
