"""What a TensorFlow Lite file says, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.model import Array
from hwcompile.ir.types import IntArray
from hwcompile_runtime.rows import FloatArray

Option = int | float | tuple[int, ...]
"""A number in an operator's options, or a list of them."""


@dataclass(frozen=True, eq=False)
class LiteTensor:
    """A tensor of the file.

    Attributes:
        name: As the file says.
        dtype: numpy's name of its elements' type, or "int4".
        shape: With the axis of frames in front, where it has one.
        scale: float32, one per tensor or per slice; none when it is not quantized.
        zero_point: int64 likewise.
        axis: Which axis the slices are of.
        data: The elements of a constant, int4 one in a byte; None for what is computed.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: FloatArray
    zero_point: IntArray
    axis: int
    data: Array | None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class LiteNode:
    """An operator of the file.

    Attributes:
        operator: Name in TFLite's schema, for example "CONV_2D".
        inputs: Numbers of tensors; -1 for one that is left out.
        outputs: Numbers of tensors.
        options: By the names of TFLite's schema.
        origin: Place for messages; an operator is called after its first result.
    """

    operator: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Option]
    origin: Origin

    def refuse(self, code: str, what: str, why: str, fix: str) -> CompileError:
        """A finding at this operator."""
        return fail(code, what, why, fix, self.origin)

    def whole(self, name: str) -> int:
        """An option that is a whole number."""
        found = self.options[name]
        assert isinstance(found, int)
        return found

    def real(self, name: str) -> float:
        """An option that is a real number."""
        found = self.options[name]
        assert not isinstance(found, tuple)
        return float(found)


@dataclass(frozen=True, eq=False)
class LiteFile:
    """A file with one subgraph.

    Attributes:
        name: Of the file.
        tensors: By number.
        nodes: In the order in which they run.
        inputs: Numbers of tensors.
        outputs: Numbers of tensors.
    """

    name: str
    tensors: tuple[LiteTensor, ...]
    nodes: tuple[LiteNode, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
