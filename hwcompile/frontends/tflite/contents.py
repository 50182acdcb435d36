"""What a TensorFlow Lite file says, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.model import Array
from hwcompile.ir.types import IntArray
from hwcompile_runtime.rows import FloatArray

Option = int | float | str | tuple[int, ...]
"""A number in an operator's options, a list of them, or a name."""


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
        variable: It outlives the frame: an operator reads it and writes it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: FloatArray
    zero_point: IntArray
    axis: int
    data: Array | None
    variable: bool = False

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
        inner: Numbers of tensors that say the scales of what is computed inside.
    """

    operator: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Option]
    origin: Origin
    inner: tuple[int, ...] = ()

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
        assert isinstance(found, int | float)
        return float(found)

    def text(self, name: str) -> str:
        """An option that is a name."""
        found = self.options[name]
        assert isinstance(found, str)
        return found


@dataclass(frozen=True, eq=False)
class LiteFile:
    """A file with one network.

    Attributes:
        name: Of the file.
        tensors: By number.
        nodes: In the order in which they run.
        inputs: Numbers of tensors.
        outputs: Numbers of tensors.
        beginnings: What variables hold in front of the first frame, by name.
    """

    name: str
    tensors: tuple[LiteTensor, ...]
    nodes: tuple[LiteNode, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    beginnings: Mapping[str, Array] = field(default_factory=dict)


WITHOUT_RESULT = ("ASSIGN_VARIABLE", "CALL_ONCE")
"""Operators that compute nothing that others read."""


def variable_name(nodes: Sequence[LiteNode], node: LiteNode) -> str:
    """The variable that an operator reads or writes.

    Args:
        nodes: Of the same subgraph.
        node: Its first operand is what a `VAR_HANDLE` gives.

    Raises:
        CompileError: HW0303 for a handle that comes from elsewhere.
    """
    for handle in nodes:
        if handle.operator == "VAR_HANDLE" and handle.outputs == node.inputs[:1]:
            return handle.text("SharedName")
    raise node.refuse(
        "HW0303",
        f"the variable of this {node.operator} is not known",
        "its first operand is not what a VAR_HANDLE gives",
        "convert the model again",
    )


def beginnings_of(tensors: Sequence[LiteTensor], nodes: Sequence[LiteNode]) -> dict[str, Array]:
    """What a subgraph that runs once assigns to variables, by name.

    Raises:
        CompileError: HW0303 for one that does anything else.
    """
    found = {}
    for node in nodes:
        if node.operator == "VAR_HANDLE":
            continue
        data = tensors[node.inputs[1]].data if node.operator == "ASSIGN_VARIABLE" else None
        if data is None:
            raise node.refuse(
                "HW0303",
                f"this {node.operator} runs once, in front of the first frame",
                "variables begin with constants, and nothing is computed for them",
                "give variables their first values as constants",
            )
        found[variable_name(nodes, node)] = data
    return found
