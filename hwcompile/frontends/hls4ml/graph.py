"""What is read of hls4ml's `ModelGraph`, `Layer` and `TensorVariable`, as protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from hwcompile.frontends.hls4ml.weights import Named, Variable


class Tensor(Protocol):
    """hls4ml's `TensorVariable`."""

    name: str
    type: Named
    shape: list[int]


class Config(Protocol):
    """hls4ml's `HLSConfig`."""

    backend: Any

    def get_config_value(self, key: str) -> Any:
        """An entry of the configuration."""

    def get_project_name(self) -> str:
        """What the user called the project."""


class Layer(Protocol):
    """hls4ml's `Layer`."""

    name: str
    class_name: str
    inputs: list[str]
    outputs: list[str]
    index: int
    weights: Mapping[str, Variable]

    def get_attr(self, key: str, default: Any = None) -> Any:
        """An attribute."""

    def get_input_variable(self, input_name: str | None = None) -> Tensor:
        """The tensor of an input."""

    def get_output_variable(self, output_name: str | None = None) -> Tensor:
        """The tensor of an output."""


class ModelGraph(Protocol):
    """hls4ml's `ModelGraph`."""

    config: Config
    inputs: list[str]
    outputs: list[str]

    def get_layers(self) -> Iterable[Layer]:
        """The layers in topological order."""

    def get_input_variables(self) -> list[Tensor]:
        """The tensors of the inputs."""

    def get_output_variables(self) -> list[Tensor]:
        """The tensors of the outputs."""
