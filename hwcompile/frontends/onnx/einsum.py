"""Einsum as what it stands for: sums along axes, a product of matrices, and moves.

Of two operands, every letter is one of five: in both and in the result (the matrices are stacked),
in both alone (added up), in one and in the result (rows, columns), or in one alone (summed before).
That is a MatMul between operands whose axes were put in order; without a letter to add up it is a
Mul. ONNX Runtime computes it the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx import elementwise, linear
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.pooling import add_up
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import (
    Constant,
    Move,
    QuantizedConstant,
    Value,
    shape_of,
)

Inputs = Sequence[Value | None]
Letters = tuple[str, ...]


@dataclass(frozen=True)
class Equation:
    """Names of the axes: letters, and a number in front of the last for each axis of an ellipsis.

    Attributes:
        operands: Of each input.
        result: Of the output.
    """

    operands: tuple[Letters, ...]
    result: Letters


def equation_of(text: str, ranks: Sequence[int]) -> Equation:
    """What an equation says about inputs of so many axes.

    Raises:
        ValueError: If it does not fit, with the reason.
    """
    left, arrow, right = text.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"it names {len(terms)} operands, and there are {len(ranks)}")
    operands = tuple(_letters(term, rank) for term, rank in zip(terms, ranks, strict=True))
    dots = max((sum(len(n) > 1 for n in names) for names in operands), default=0)
    ellipsis = tuple(f"...{place}" for place in range(dots, 0, -1))
    if arrow:
        result = _letters(right, len(right.replace("...", "")) + dots * ("..." in right))
    else:
        every = [name for names in operands for name in names if len(name) == 1]
        result = (*ellipsis, *sorted(n for n in set(every) if every.count(n) == 1))
    missing = [n for n in result if not any(n in names for names in operands)]
    if missing or len(set(result)) < len(result):
        raise ValueError("its result has an axis that no operand has, or one twice")
    return Equation(operands, result)


def _letters(term: str, rank: int) -> Letters:
    """Names of an operand's axes, those of an ellipsis counted from its last one."""
    before, dots, behind = term.partition("...")
    count = rank - len(before) - len(behind)
    if not (before + behind).isalpha() and before + behind:
        raise ValueError(f"'{term}' is no list of letters")
    if count < 0 or (count and not dots):
        raise ValueError(f"'{term}' does not name {rank} axes")
    return (*before, *(f"...{place}" for place in range(count, 0, -1)), *behind)


def _einsum(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    values = [value for value in inputs if value is not None]
    text = str(node.attributes["equation"])
    equation = equation_of(text, [len(shape_of(value)) for value in values])
    if len(values) > 2:
        raise _refused(
            node,
            f"multiplies {len(values)} tensors",
            "a product of two that is multiplied again has no quantizer, so its integers grow "
            "with every factor",
            "write it as several of two operands, with a quantizer behind each",
        )
    _check_sizes(node, equation, values)
    parts = []
    for place, value in enumerate(values):
        others = (names for i, names in enumerate(equation.operands) if i != place)
        kept = {*equation.result, *(name for names in others for name in names)}
        parts.append(_part(ctx, node, value, equation.operands[place], kept))
    if len(parts) == 1:
        order = _ordered(parts[0].names, equation.result)
        return [moved(parts[0].value, order, 0.0, node.origin)]
    return [_product(ctx, node, parts, equation.result)]


def _check_sizes(node: SourceNode, equation: Equation, values: Sequence[Value]) -> None:
    """A letter is one size; only axes of an ellipsis spread.

    Raises:
        CompileError: HW0204 otherwise.
    """
    sizes: dict[str, int] = {}
    for names, value in zip(equation.operands, values, strict=True):
        for name, size in zip(names, shape_of(value), strict=True):
            if len(name) == 1 and sizes.setdefault(name, size) != size:
                raise fail(
                    "HW0204",
                    f"the axes '{name}' of this Einsum have {sizes[name]} and {size} elements",
                    "axes of one letter are one axis",
                    "check the shapes in the model, or write an ellipsis for axes that spread",
                    node.origin,
                )


@dataclass(frozen=True)
class _Part:
    """An operand with every axis once, and only those that somebody else reads."""

    value: Value
    names: Letters

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip(self.names, shape_of(self.value), strict=True))


def _part(
    ctx: Context, node: SourceNode, value: Value, names: Letters, kept: Collection[str]
) -> _Part:
    """Diagonals where a letter comes twice, and sums along the axes that nobody else reads."""
    once = tuple(dict.fromkeys(names))
    if once != names:
        value = moved(value, _ordered(names, once), 0.0, node.origin)
    own = tuple(place for place, name in enumerate(once) if name not in kept)
    if not own:
        return _Part(value, once)
    if isinstance(value, Constant | QuantizedConstant):
        raise _refused(
            node,
            "adds up numbers of a constant",
            "its result depends on the order in which they are added",
            "fold the constants of the model with onnxsim",
        )
    return _Part(add_up(ctx, node, value, own), tuple(n for n in once if n in kept))


def _product(ctx: Context, node: SourceNode, parts: Sequence[_Part], result: Letters) -> Value:
    """Of two operands, as MatMul or Mul."""
    left, right = parts
    sums = tuple(name for name in left.names if name not in result)
    if not sums:
        factors = [_spread(part, result, node) for part in parts]
        (found,) = elementwise.HANDLERS["Mul"].handler(ctx, node, factors)
        return found
    stack = tuple(n for n in result if n in left.names and n in right.names)
    rows = tuple(n for n in result if n not in right.names)
    columns = tuple(n for n in result if n not in left.names)
    sizes = {n: max(part.sizes.get(n, 1) for part in parts) for n in {*sums, *result}}

    def size(names: Letters) -> int:
        return prod(sizes[name] for name in names)

    def matrices(part: _Part, height: Letters, width: Letters) -> Value:
        order = _ordered(part.names, (*stack, *height, *width))
        ahead = tuple(part.sizes[name] for name in stack)
        whole = (*ahead, *(sizes[name] for name in (*height, *width)))

        def move(a: Array, fill: object) -> Array:
            wide = np.broadcast_to(order(a, fill), whole)
            return wide.reshape(*ahead, size(height), size(width))

        return moved(part.value, move, 0.0, node.origin)

    operands = matrices(left, rows, sums), matrices(right, sums, columns)
    (found,) = linear.HANDLERS["MatMul"].handler(ctx, node, operands)
    names = (*stack, *rows, *columns)
    back = _ordered(names, result)
    shape = tuple(sizes[name] for name in names)
    return moved(found, lambda a, fill: back(a.reshape(shape), fill), 0.0, node.origin)


def _spread(part: _Part, result: Letters, node: SourceNode) -> Value:
    """The operand with the axes of the result in order; those it lacks have one element."""
    order = _ordered(part.names, tuple(n for n in result if n in part.names))
    shape = tuple(part.sizes.get(name, 1) for name in result)
    return moved(part.value, lambda a, fill: order(a, fill).reshape(shape), 0.0, node.origin)


def _ordered(names: Letters, order: Letters) -> Move:
    """Axes in another order; the diagonal of those that have one name."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    before, behind = ([numbers[name] for name in part] for part in (names, order))
    return lambda a, fill: np.asarray(np.einsum(a, before, behind))


def _refused(node: SourceNode, what: str, why: str, fix: str) -> CompileError:
    equation = node.attributes["equation"]
    return fail("HW0201", f"this Einsum ('{equation}') {what}", why, fix, node.origin)


HANDLERS = {"Einsum": Operator(_einsum)}
