"""Tensors of hls4ml as values of the graph, and the arithmetic that every layer is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.hls4ml.formats import Format, format_of
from hwcompile.frontends.hls4ml.graph import Layer
from hwcompile.frontends.hls4ml.weights import Constants, constants_of
from hwcompile.frontends.names import identifier
from hwcompile.ir.graph import Builder
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table

FACTORS = ("weight", "scale")
"""How constants end that inputs are multiplied by."""

MOST_ENTRIES = 1 << 16
"""Of a table of all values of an element."""


@dataclass(frozen=True)
class Fixed:
    """A tensor: a value of the graph in hls4ml's flat order.

    Attributes:
        value: Name in the graph.
        shape: hls4ml's shape, without frames.
        fraction: Digits behind the point of the integers.
        format: The declared format; the integers may need less of it.
    """

    value: str
    shape: tuple[int, ...]
    fraction: int
    format: Format


@dataclass
class Lowering:
    """The graph as far as it is built, and the layer that is being lowered.

    Attributes:
        builder: The graph.
        file: What messages call the model.
        stream: hls4ml's `io_stream`, whose C++ differs here and there.
        tensors: By hls4ml's name.
        notes: Remarks for the user.
        layer: The one that is being lowered.
        repeats: Axes in front of those that layers know, of loops that they stand in.
    """

    builder: Builder
    file: str
    stream: bool
    tensors: dict[str, Fixed] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    layer: Layer | None = None
    repeats: list[int] = field(default_factory=list)

    @property
    def node(self) -> Layer:
        """The layer that is being lowered."""
        assert self.layer is not None
        return self.layer

    @property
    def origin(self) -> Origin:
        """Its place in the model."""
        return origin_of(self.node, self.file)

    def refuse(self, code: str, what: str, why: str, fix: str) -> CompileError:
        """A finding at the layer that is being lowered."""
        return fail(code, what, why, fix, self.origin)

    def source(self, number: int = 0) -> Fixed:
        """An operand of the layer."""
        return self.tensors[self.node.inputs[number]]

    def result_format(self) -> Format:
        """The declared format of the layer's result."""
        return format_of(self.node.get_output_variable().type.precision, self.origin)

    def result_shape(self) -> tuple[int, ...]:
        """hls4ml's shape of the layer's result, behind the axes of loops."""
        return (*self.repeats, *(int(n) for n in self.node.get_output_variable().shape))

    def format(self, attribute: str) -> Format:
        """The format that an attribute of the layer names, for example `accum_t`."""
        return format_of(self.node.get_attr(attribute).precision, self.origin)

    def constants(self, name: str) -> Constants:
        """Weights of the layer.

        Raises:
            CompileError: HW0291 for exponents that are no factors of products.
        """
        found = constants_of(self.node.weights[name], self.origin)
        if found.format.exponent and not name.endswith(FACTORS):
            raise self.refuse(
                "HW0291",
                f"the layer's {name} is kept as powers of two",
                "hls4ml's C++ multiplies by such numbers and does nothing else with them",
                f"a quantizer for the {name} other than quantized_po2",
            )
        return found

    def finish(self, value: str, form: Format) -> None:
        """The value, with the digits of the format, is the layer's result."""
        fixed = Fixed(value, self.result_shape(), form.fraction, form)
        for name in self.node.outputs:
            self.tensors[name] = fixed

    # Values of the graph

    def kind(self, value: str) -> TensorType:
        """Type of a value."""
        return self.builder.types[value]

    def element(self, value: str) -> IntType:
        """Integers of a value."""
        return self.kind(value).element

    def emit(self, op: Op, *values: str) -> str:
        """Append an operation named after the layer.

        Raises:
            CompileError: HW0295 when the operation can not hold its numbers.
        """
        problems = op.problems(tuple(self.kind(v) for v in values))
        if any("bits" in problem for problem in problems):
            raise self.refuse(
                "HW0295",
                f"the layer's numbers are too wide: {problems[0]}",
                "sums are computed exactly",
                "narrower weights or inputs in hls4ml's configuration",
            )
        name = identifier(self.node.name, self.node.class_name)
        return self.builder.add(name, op, values, self.origin)[0]

    def shaped(self, value: str, shape: tuple[int, int, int]) -> str:
        """The same elements as another feature map."""
        return value if self.kind(value).shape == shape else self.emit(Reshape(shape), value)

    def picked(self, value: str, index: IntArray, fill: int = 0) -> str:
        """Elements by flat position, -1 for `fill`; nothing where that changes nothing."""
        if index.size == self.kind(value).size and np.array_equal(
            index.reshape(-1), np.arange(index.size)
        ):
            return self.shaped(value, (index.shape[0], index.shape[1], index.shape[2]))
        return self.emit(Gather(index.astype(np.int64), fill), value)

    def assigned(
        self, value: str, fraction: int, form: Format, offset: IntArray | None = None
    ) -> str:
        """An assignment in C++: the value (plus an offset) in another format."""
        return self.adjusted(value, form.cast(fraction, offset))

    def adjusted(self, value: str, cast: Cast) -> str:
        """A cast; nothing where it changes no integer."""
        element, cast = self.element(value), cast.merged()
        changes = cast.left or np.any(cast.grain) or np.any(cast.offset)
        if not changes and not cast.overflows(element):
            return value
        return self.emit(cast, value)

    def scaled(self, value: str, factor: int, offset: int = 0) -> str:
        """`factor * x + offset`."""
        if (factor, offset) == (1, 0):
            return value
        return self.emit(Linear((factor,), offset), value)

    def limited(self, value: str, low: int | None = None, high: int | None = None) -> str:
        """The value, not below `low` and not above `high`."""
        element = self.element(value)
        least = element.low if low is None else low
        most = element.high if high is None else high
        row = np.zeros(1, dtype=np.int64)
        return self.adjusted(
            value, Cast(0, 0, row, row, row + least, row + most, "floor", "saturate")
        )

    def looked_up(self, value: str, function: Callable[[IntArray], IntArray]) -> str:
        """A function of the integers, by a table of all of them."""
        element = self.element(value)
        if element.levels > MOST_ENTRIES:
            raise self.refuse(
                "HW0295",
                f"a table would have {element.levels} entries",
                f"tables have at most {MOST_ENTRIES}",
                "a narrower format in front of the layer",
            )
        entries = function(element.values())
        kind = IntType(int(entries.min()), int(entries.max()))
        return self.emit(Table(entries.reshape(1, -1), kind), value)


def origin_of(layer: Layer, file: str) -> Origin:
    """A layer's place for messages."""
    return Origin(file, layer.name, layer.class_name)
