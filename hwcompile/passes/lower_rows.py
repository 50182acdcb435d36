"""Turns softmax and normalizations of rows into reductions and element-wise operations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.attention.fine import FineSoftmax
from hwcompile.ops.attention.rows import Normalize, Softmax
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.elementwise.op import Linear, Product
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table
from hwcompile.passes.expand import new_name, taken_names


def lower_rows(graph: Graph) -> Graph:
    """Replace every `Softmax` and `Normalize`; afterwards there is none.

    Before: `y = softmax(x)`. After, on a pixel per row: `largest = reduce(x)` for each element,
    `e = table(largest - x)`, `y = e / reduce(e)`; fine exponentials are products of two.

    Before: `y = normalize(x)`. After: `c = n * x - reduce(x)` or a difference to a constant,
    `root = square_root(reduce(c * c) + floor)`, `y = c / root`. Where rows go across pixels, sums
    are over the whole map, a channel each and then channels of a row, and
    `sum(c * c) = n * n * sum(x * x) - n * sum(x) * sum(x)`, so that x alone is kept for a frame.
    """
    taken = taken_names(graph)

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if not isinstance(node.op, Softmax | FineSoftmax | Normalize):
            return None
        row = _Row(builder, node, taken)
        kind, size = builder.types[inputs[0]], node.op.size
        across = isinstance(node.op, Normalize) and node.op.across
        value, whole = inputs[0], across or kind.channels == size
        if not whole:
            rows = (1, kind.size // size, size)
            value = row.add("rows", Reshape(rows), value)
        if isinstance(node.op, Softmax | FineSoftmax):
            *operands, last = _softmax(row, node.op, value)
        else:
            normal = _normalize_map if across else _normalize
            *operands, last = normal(row, node.op, value)
        op, values = last, tuple(operands)
        if not whole:
            op, values = Reshape(kind.shape), (row.add("ratio", last, *operands),)
        (result,) = builder.add(node.outputs[0], op, values, node.origin)
        old = graph.types[node.outputs[0]]
        builder.types[result] = old.with_element(builder.types[result].element)
        return (result,)

    return rewrite(graph, rule)


@dataclass(frozen=True)
class _Row:
    """Adds what a node becomes."""

    builder: Builder
    node: Node
    taken: Collection[str]

    def add(self, word: str, op: Op, *inputs: str) -> str:
        """A step, called after the node's value."""
        name = new_name(f"{self.node.outputs[0]}_{word}", self.taken, self.builder.types)
        (value,) = self.builder.add(name, op, inputs, self.node.origin)
        return value

    def spread(self, word: str, value: str, size: int) -> str:
        """The only channel of every pixel, `size` times."""
        height, width, _ = self.builder.types[value].shape
        places = np.arange(height * width, dtype=np.int64).reshape(height, width, 1)
        return self.add(word, Gather(np.repeat(places, size, axis=2), 0), value)

    def total(self, word: str, value: str, size: int) -> str:
        """Sums over a map of `size` channels each, [1, sums, 1]."""
        kind = self.builder.types[value]
        if kind.pixels > 1:
            whole = self.add(f"{word}_map", Reshape((1, 1, kind.size)), value)
            value = self.add(f"{word}_of_channels", Reduce("sum", kind.pixels), whole)
        value = self.add(f"{word}_rows", Reshape((1, kind.channels // size, size)), value)
        return self.add(word, Reduce("sum", size), value) if size > 1 else value

    def over(self, word: str, value: str, kind: TensorType) -> str:
        """Each of the numbers at its channels of every pixel of a map like `kind`."""
        numbers = self.builder.types[value].size
        each = np.repeat(np.arange(numbers, dtype=np.int64), kind.channels // numbers)
        return self.add(word, Gather(np.tile(each, (*kind.shape[:2], 1)), 0), value)


_Ratio = tuple[str, str, Op]
"""Two values, and the op on them that ends a row."""


def _softmax(row: _Row, op: Softmax | FineSoftmax, value: str) -> _Ratio:
    largest = row.add("largest", Reduce("max", op.size), value)
    spread = row.spread("largest_of_row", largest, op.size)
    distance = row.add("distance", Linear((1, -1), 0), spread, value)
    last = op.last if isinstance(op, FineSoftmax) else op.exponentials.size - 1
    zero = np.zeros(1, dtype=np.int64)
    near = row.add("near", Cast(0, 0, zero, zero, zero, zero + last, "floor", "saturate"), distance)
    if isinstance(op, FineSoftmax):
        numbers = _fine_exponentials(row, op, near)
    else:
        numbers = _looked_up(row, "exponentials", op.exponentials, near)
    total = row.add("sum", Reduce("sum", op.size), numbers)
    return numbers, row.spread("sum_of_row", total, op.size), Fraction(op.digits)


def _looked_up(row: _Row, word: str, table: IntArray, place: str) -> str:
    # Not all distances need occur.
    table = table[: row.builder.types[place].element.high + 1]
    element = IntType(int(table.min()), int(table.max()))
    return row.add(word, Table(table[None], element), place)


def _fine_exponentials(row: _Row, op: FineSoftmax, near: str) -> str:
    """Products of a look-up of a distance's first digits and one of its last digits."""
    zero, k = np.zeros(1, dtype=np.int64), op.places
    high = zero + (row.builder.types[near].element.high >> k)
    whole = row.add("whole", Cast(0, k, zero, zero + k, zero, high, "floor", "saturate"), near)
    apart = row.add("apart", Linear((1, -(1 << k)), 0), near, whole)
    most = zero + ((1 << k) - 1)
    rest = row.add("rest", Cast(0, 0, zero, zero, zero, most, "floor", "saturate"), apart)
    coarse = _looked_up(row, "coarse", op.coarse, whole)
    both = row.add("both", Product(), coarse, _looked_up(row, "fine", op.fine, rest))
    digits, one = op.exponential_digits, zero + (1 << op.exponential_digits)
    cast = Cast(0, digits, zero, zero + digits, zero, one, "half_up", "saturate")
    return row.add("exponentials", cast, both)


def _normalize(row: _Row, op: Normalize, value: str) -> _Ratio:
    digits = op.root_digits
    if op.centered:
        total = row.add("sum", Reduce("sum", op.size), value)
        mean = row.spread("mean", total, op.size)
        apart = row.add("apart", Linear((op.size, -1), 0), value, mean)
    else:
        apart = row.add("apart", Linear((op.size,), -op.size * op.zero), value)
    squares = row.add("squares", Product(), apart, apart)
    power = row.add("power", Reduce("sum", op.size), squares)
    # A product's type does not know that it is a square: the sum is brought above 0 with the floor.
    least = np.full(1, op.floor, dtype=np.int64)
    most = least + row.builder.types[power].element.high
    zero = np.zeros(1, dtype=np.int64)
    lifted = row.add("lifted", Cast(0, 0, least, zero, least, most, "floor", "saturate"), power)
    root = row.add("root", SquareRoot(digits), lifted)
    finer = row.add("finer", Linear((1 << digits,), 0), apart) if digits else apart
    return finer, row.spread("root_of_row", root, op.size), Fraction(op.digits)


def _normalize_map(row: _Row, op: Normalize, value: str) -> _Ratio:
    kind, digits = row.builder.types[value], op.root_digits
    count, element = op.numbers(kind), kind.element
    if not op.centered and op.zero:
        value = row.add("from_zero", Linear((1,), -op.zero), value)
    squares = row.add("squares", Product(), value, value)
    power = row.total("power", squares, op.size)
    apart, reach = value, max(abs(element.low - op.zero), abs(element.high - op.zero))
    if op.centered:
        total = row.total("sum", value, op.size)
        apart = row.add("apart", Linear((count, -1), 0), value, row.over("mean", total, kind))
        both = row.add("square_of_sum", Product(), total, total)
        power = row.add("spread", Linear((count * count, -count), 0), power, both)
        # No variance is above that of both ends alone.
        most = count**3 * (element.levels - 1) ** 2 // 4
    else:
        apart = row.add("wide", Linear((count,), 0), value)
        power = row.add("wide_power", Linear((count * count,), 0), power)
        most = count**3 * reach**2
    floor, zero = np.full(1, op.floor, dtype=np.int64), np.zeros(1, dtype=np.int64)
    lift = Cast(0, 0, floor, zero, floor, floor + most, "floor", "saturate")
    root = row.add("root", SquareRoot(digits), row.add("lifted", lift, power))
    finer = row.add("finer", Linear((1 << digits,), 0), apart) if digits else apart
    return finer, row.over("root_of_row", root, kind), Fraction(op.digits)
