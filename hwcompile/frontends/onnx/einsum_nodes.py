"""Einsum written as Transpose, Reshape and MatMul, which ONNX Runtime's quantizer knows.

`quantize_static` gives quantizers to layers that it has on a list, and Einsum is not on it: its
weights would stay real numbers. Keras writes the layers of its attention as Einsum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from hwcompile.frontends.model import Array
from hwcompile.frontends.onnx.einsum import Equation, Letters, equation_of

Sizes = Sequence[int | None]


def with_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with a MatMul for each Einsum of two operands that is one.

    An Einsum stays where it adds up or takes diagonals of one operand alone, multiplies without
    adding up, or where more sizes are unknown than a Reshape can find.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    shapes = _shapes(model)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    tensors = list(model.graph.initializer)
    for node in model.graph.node:
        plan = _plan(node, shapes, constants)
        nodes += [node] if plan is None else plan.nodes
        tensors += [] if plan is None else plan.constants
    del result.graph.node[:], result.graph.initializer[:]
    result.graph.node.extend(nodes)
    read = {name for node in nodes for name in node.input}
    result.graph.initializer.extend(t for t in tensors if t.name in read)
    return result


def _shapes(model: onnx.ModelProto) -> dict[str, Sizes]:
    """Sizes of tensors, None where they are not fixed."""
    graph = shape_inference.infer_shapes(model).graph
    found: dict[str, Sizes] = {
        info.name: [d.dim_value or None for d in info.type.tensor_type.shape.dim]
        for info in (*graph.input, *graph.value_info, *graph.output)
        if info.type.tensor_type.HasField("shape")
    }
    return found | {tensor.name: list(tensor.dims) for tensor in graph.initializer}


@dataclass
class _Plan:
    """Nodes and constants that stand for one Einsum."""

    name: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        made = output or f"{self.name}/{kind}_{len(self.nodes)}"
        name = f"{self.name}/{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [made], name=name, **attributes))
        return made

    def constant(self, array: Array) -> str:
        name = f"{self.name}/constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name


def _plan(
    node: onnx.NodeProto, shapes: Mapping[str, Sizes], constants: Mapping[str, onnx.TensorProto]
) -> _Plan | None:
    """What stands for a node; None where it stays."""
    known = all(name in shapes for name in node.input)
    if node.op_type != "Einsum" or node.domain or len(node.input) != 2 or not known:
        return None
    text = helper.get_node_attr_value(node, "equation").decode()
    sizes = [shapes[name] for name in node.input]
    try:
        equation = equation_of(text, [len(each) for each in sizes])
    except ValueError:
        return None
    left, right = equation.operands
    of_letters = dict(zip((*left, *right), (*sizes[0], *sizes[1]), strict=True))
    sums = tuple(n for n in left if n in right and n not in equation.result)
    alone = set(left) ^ set(right)
    once = all(len(set(names)) == len(names) for names in equation.operands)
    if not sums or not once or not alone <= set(equation.result):
        return None
    matrices = _Matrices(equation, sums, of_letters)
    if not all(matrices.findable(part) for part in matrices.parts()):
        return None
    plan = _Plan(node.name or node.output[0])
    factors = [
        _factor(plan, name, constants.get(name), names, wanted)
        for name, names, wanted in zip(
            node.input, equation.operands, (matrices.left, matrices.right), strict=True
        )
    ]
    matrices.finish(plan, plan.op("MatMul", *factors), node.output[0])
    return plan


@dataclass(frozen=True)
class _Wanted:
    """An operand's axes in order, and in groups, each of which becomes one axis."""

    groups: tuple[Letters, ...]
    shape: tuple[int, ...]

    @property
    def order(self) -> Letters:
        return tuple(name for group in self.groups for name in group)


@dataclass(frozen=True)
class _Matrices:
    """The operands as stacks of matrices, and the result."""

    equation: Equation
    sums: Letters
    sizes: Mapping[str, int | None]

    def _of(self, *places: bool) -> Letters:
        """Letters of the result that are in the left and in the right operand, or not."""
        left, right = self.equation.operands
        return tuple(n for n in self.equation.result if (n in left, n in right) == places)

    def _wanted(self, rows: Letters, columns: Letters) -> _Wanted:
        groups = (*((name,) for name in self._of(True, True)), rows, columns)
        return _Wanted(groups, self._shape(groups))

    def _shape(self, groups: Sequence[Letters]) -> tuple[int, ...]:
        """What a Reshape is told: 0 for a stacked axis, which stays, -1 where a size is unknown."""
        stack = len(self._of(True, True))
        return (0,) * stack + tuple(self._size(group) for group in groups[stack:])

    def _size(self, group: Letters) -> int:
        found = [self.sizes[name] for name in group]
        return -1 if None in found else int(np.prod([n or 1 for n in found], dtype=np.int64))

    @property
    def left(self) -> _Wanted:
        return self._wanted(self._of(True, False), self.sums)

    @property
    def right(self) -> _Wanted:
        return self._wanted(self.sums, self._of(False, True))

    @property
    def result(self) -> _Wanted:
        names = (*self._of(True, True), *self._of(True, False), *self._of(False, True))
        groups = tuple((name,) for name in names)
        return _Wanted(groups, self._shape(groups))

    def parts(self) -> Iterator[_Wanted]:
        yield from (self.left, self.right, self.result)

    @staticmethod
    def findable(wanted: _Wanted) -> bool:
        """At most one size is for the Reshape to find."""
        return wanted.shape.count(-1) <= 1

    def finish(self, plan: _Plan, product: str, output: str) -> None:
        """The product's axes apart again, in the order of the result."""
        wanted = self.result
        shape = plan.constant(np.array(wanted.shape, dtype=np.int64))
        apart = plan.op("Reshape", product, shape)
        order = [wanted.order.index(name) for name in self.equation.result]
        plan.op("Transpose", apart, output=output, perm=order)


def _factor(
    plan: _Plan,
    name: str,
    constant: onnx.TensorProto | None,
    names: Letters,
    wanted: _Wanted,
) -> str:
    """An operand as a stack of matrices; a constant is moved at once, so that it stays one."""
    order = [names.index(each) for each in wanted.order]
    if constant is not None:
        array = numpy_helper.to_array(constant).transpose(order)
        kept = array.shape[: len(wanted.groups) - 2]
        sizes = (*kept, *wanted.shape[len(kept) :])
        return plan.constant(np.ascontiguousarray(array.reshape(sizes)))
    turned = name if order == sorted(order) else plan.op("Transpose", name, perm=order)
    if all(len(group) == 1 for group in wanted.groups):
        return turned
    shape = plan.constant(np.array(wanted.shape, dtype=np.int64))
    return plan.op("Reshape", turned, shape)
