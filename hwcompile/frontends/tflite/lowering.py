"""Tensors of a TFLite file as values of the graph, and what every operator is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.budget import Budget
from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.model import Array
from hwcompile.frontends.names import identifier
from hwcompile.frontends.numbers.integer_functions import IntegerFunction, close_integers
from hwcompile.frontends.tflite.contents import LiteFile, LiteNode, LiteTensor
from hwcompile.ir.graph import Builder
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.reshape.op import Reshape
from hwcompile_runtime.chain import Dequantize, Integers
from hwcompile_runtime.host_steps import HostStep

INTERVALS = {
    "int4": IntType(-8, 7),
    "int8": IntType(-128, 127),
    "uint8": IntType(0, 255),
    "int16": IntType(-(2**15), 2**15 - 1),
}
"""Types of elements that streams may have."""


@dataclass(frozen=True)
class HostTensor:
    """A tensor that the host computes, behind the network.

    Attributes:
        value: The value of the graph that it comes from.
        start: From integers to the numbers that the steps take.
        steps: What is computed of them.
    """

    value: str
    start: Integers | Dequantize
    steps: tuple[HostStep, ...]


@dataclass
class State:
    """What outlives a frame, while the network is built.

    Attributes:
        tensor: What the file says of it.
        given: The input of the graph that it comes in by.
        left: What it is behind the operators so far.
    """

    tensor: LiteTensor
    given: str
    left: str


@dataclass
class LiteGraph:
    """The graph as far as it is built.

    Attributes:
        file: The model.
        builder: The graph.
        streams: Value of the graph by number of the tensor.
        hosts: What the host computes, by number of the tensor.
        later: What makes streams of such tensors where an operator of the network takes them.
        states: By the names of variables.
        budget: What the operators so far compute.
    """

    file: LiteFile
    builder: Builder
    streams: dict[int, str] = field(default_factory=dict)
    hosts: dict[int, HostTensor] = field(default_factory=dict)
    later: dict[int, Callable[[], None]] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    # Tensors of the file

    def tensor(self, number: int) -> LiteTensor:
        """A tensor by its number."""
        return self.file.tensors[number]

    def operand(self, node: LiteNode, place: int) -> LiteTensor:
        """An operand that the operator can not do without.

        Raises:
            CompileError: HW0303 when it is missing.
        """
        if place >= len(node.inputs) or node.inputs[place] < 0:
            raise node.refuse(
                "HW0303",
                f"operand {place} of this {node.operator} is missing",
                "TFLite's schema demands it",
                "convert the model again",
            )
        return self.tensor(node.inputs[place])

    def result(self, node: LiteNode) -> LiteTensor:
        """The tensor that the operator computes."""
        return self.tensor(node.outputs[0])

    def constant(self, node: LiteNode, place: int) -> Array | None:
        """The elements of a constant operand; None for what is computed, or left out."""
        if place >= len(node.inputs) or node.inputs[place] < 0:
            return None
        return self.tensor(node.inputs[place]).data

    def given(self, node: LiteNode, place: int, what: str) -> Array:
        """The same for an operand that must be constant.

        Raises:
            CompileError: HW0303.
        """
        tensor = self.operand(node, place)
        if tensor.data is None:
            raise node.refuse(
                "HW0303",
                f"the {what} of this {node.operator} are computed while the network runs",
                "hardware is wired for constants",
                "make them constants of the model",
            )
        return tensor.data

    def stream(self, node: LiteNode, place: int) -> str:
        """The value of the graph that an operand is.

        Raises:
            CompileError: HW0303 for a constant, HW0304 for what only the host knows.
        """
        tensor, number = self.operand(node, place), node.inputs[place]
        if number not in self.streams and number in self.later:
            self.later[number]()
        if number in self.streams:
            return self.streams[number]
        if number in self.hosts:
            raise node.refuse(
                "HW0304",
                f"this {node.operator} stands behind an operator that runs on the host",
                f"'{tensor.name}' is computed there, from what the network gives",
                "leave operators of real numbers to the end of the model",
            )
        if tensor.data is None:
            raise node.refuse(
                "HW0303",
                f"operand {place} of this {node.operator} is not computed before it",
                f"'{tensor.name}' is neither an input nor the result of an operator in front",
                "convert the model again",
            )
        raise node.refuse(
            "HW0303",
            f"operand {place} of this {node.operator} is a constant",
            "it computes nothing while the network runs",
            "fold the constants of the model before it is converted",
        )

    def interval(self, node: LiteNode, tensor: LiteTensor) -> IntType:
        """The integers of a quantized tensor.

        Raises:
            CompileError: HW0302 for one that is not quantized, or by slices.
        """
        check_elements(node, tensor)
        if tensor.dtype not in INTERVALS:
            raise node.refuse(
                "HW0302",
                f"the tensor '{tensor.name}' of this {node.operator} is of type {tensor.dtype}",
                "hardware computes on the integers int8 and int16",
                "quantize the whole model: converter.representative_dataset, and "
                "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]",
            )
        if tensor.scale.size != 1:
            raise node.refuse(
                "HW0302",
                f"the tensor '{tensor.name}' of this {node.operator} has {tensor.scale.size} "
                "scales",
                "what is computed has one scale for all its elements",
                "convert the model again with its activations quantized",
            )
        element = INTERVALS[tensor.dtype]
        if not element.contains(tensor.zero_point):
            raise node.refuse(
                "HW0302",
                f"the zero point of '{tensor.name}', {int(tensor.zero_point[0])}, "
                f"is no {tensor.dtype}",
                "0.0 is one of the integers of a tensor",
                "convert the model again",
            )
        return element

    # Values of the graph

    def kind(self, value: str) -> TensorType:
        """Type of a value."""
        return self.builder.types[value]

    def emit(self, node: LiteNode, op: Op, *values: str) -> str:
        """Append an operation named after the operator.

        Raises:
            CompileError: HW0305 when the operation can not hold its numbers, HW0121.
        """
        kinds = tuple(self.kind(v) for v in values)
        problems = op.problems(kinds)
        if problems:
            raise node.refuse(
                "HW0305",
                f"this {node.operator} can not be built: {problems[0]}",
                "its numbers or sizes do not fit what hardware is made of",
                "check the operator in the model",
            )
        (found,) = self.builder.add(
            identifier(node.origin.node, node.operator), op, values, node.origin
        )
        self.budget.spend(self.kind(found).shape, node.origin)
        return found

    def shaped(self, node: LiteNode, value: str, shape: tuple[int, int, int]) -> str:
        """The same elements as another feature map."""
        return value if self.kind(value).shape == shape else self.emit(node, Reshape(shape), value)

    def picked(self, node: LiteNode, value: str, index: IntArray, fill: int = 0) -> str:
        """Elements by flat position, -1 for `fill`, as a tensor of the index' shape."""
        shape = map_shape(index.shape)
        if index.size == self.kind(value).size and np.array_equal(
            index.reshape(-1), np.arange(index.size)
        ):
            return self.shaped(node, value, shape)
        return self.emit(node, Gather(index.reshape(shape).astype(np.int64), fill), value)

    def closed(self, node: LiteNode, value: str, function: IntegerFunction) -> str:
        """Rows of integer functions; their rows are the channels, or all elements of the map."""
        kind = self.kind(value)
        flat = function.rows not in (1, kind.shape[2])
        shaped = self.shaped(node, value, (1, 1, kind.size)) if flat else value
        for op in close_integers(function, kind.element, node.origin):
            shaped = self.emit(node, op, shaped)
        return self.shaped(node, shaped, kind.shape)

    def finish(self, node: LiteNode, value: str, number: int = 0) -> None:
        """The value is a result of the operator.

        Raises:
            CompileError: HW0303 when the file says another shape.
        """
        tensor = self.tensor(node.outputs[number])
        if self.kind(value).size != tensor.size:
            raise node.refuse(
                "HW0303",
                f"the result of this {node.operator} has {self.kind(value).size} elements",
                f"the file says shape {list(tensor.shape)}",
                "convert the model again",
            )
        found = self.shaped(node, value, map_shape(tensor.shape))
        kind = self.kind(found)
        scale = tuple(float(s) for s in tensor.scale[:1]) or (1.0,)
        zero = tuple(int(z) for z in tensor.zero_point[:1]) or (0,)
        self.builder.types[found] = TensorType(kind.shape, kind.element, scale, zero)
        self.streams[node.outputs[number]] = found


def unsupported(node: LiteNode, what: str, why: str, fix: str) -> CompileError:
    """HW0303: an option or a use of an operator that is not built."""
    return node.refuse("HW0303", f"this {node.operator} {what}", why, fix)


def padding_of(
    node: LiteNode, size: Sequence[int], extent: Sequence[int], strides: Sequence[int]
) -> tuple[int, int, int, int]:
    """Pixels at (top, left, bottom, right) that SAME or VALID adds.

    Args:
        node: With the option `Padding`, or `Pads`, which says it (see `dilated`).
        size: Of the map (vertical, horizontal).
        extent: Of the window, dilated.
        strides: Of the windows.
    """
    given = node.options.get("Pads")
    if isinstance(given, tuple):
        top, left, bottom, right = given
        return (top, left, bottom, right)
    if node.whole("Padding") == 1:
        return (0, 0, 0, 0)
    total = [
        max((-(-n // s) - 1) * s + e - n, 0) for n, e, s in zip(size, extent, strides, strict=True)
    ]
    top, left = (t // 2 for t in total)
    return (top, left, total[0] - top, total[1] - left)


def check_elements(node: LiteNode, tensor: LiteTensor) -> None:
    """Raise `CompileError` HW0302 for a tensor without elements."""
    if not tensor.size:
        raise node.refuse(
            "HW0302",
            f"the tensor '{tensor.name}' of this {node.operator} has no elements",
            f"its shape is {list(tensor.shape)}",
            "convert the model for the sizes that it will get",
        )


def wrong_shape(node: LiteNode, tensor: LiteTensor, wanted: str) -> CompileError:
    """HW0303: a tensor whose shape an operator can not take."""
    return fail(
        "HW0303",
        f"the tensor '{tensor.name}' of this {node.operator} has shape {list(tensor.shape)}",
        f"the operator takes {wanted}",
        "convert the model again",
        node.origin,
    )
