"""Pruned networks become the networks that somebody cut by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.prune import prune
from hwcompile.passes.prune.known import Known
from hwcompile.passes.prune.operands import drop_constant_operands
from tests.kernelbench import random_frames

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ORIGIN = Origin("net.onnx", "node", "Op")
NIBBLE = IntType(0, 15)


@dataclass
class Net:
    """Builds graphs with random numbers; with `twins` some filters and quantizers are equal."""

    builder: Builder
    rng: np.random.Generator
    twins: bool = False

    @staticmethod
    def of(seed: int) -> Net:
        return Net(Builder("net"), np.random.default_rng(seed))

    def kind(self, value: str) -> TensorType:
        return self.builder.types[value]

    def conv(self, x: str, filters: int, size: int, pad: int, zeros: tuple[int, ...] = ()) -> str:
        weights = self.rng.integers(-3, 4, (filters, size, size, self.kind(x).channels))
        weights[list(zeros)] = 0
        if self.twins and self.rng.random() < 0.5:  # filters that equal others
            weights = weights[self.rng.integers(0, filters, filters)]
        pads = (pad, pad, pad, pad)
        op = Conv(weights, 1, (1, 1), (1, 1), pads, max(0, self.kind(x).element.low))
        return self.builder.add("conv", op, (x,), ORIGIN)[0]

    def depthwise(self, x: str, multiplier: int) -> str:
        channels = self.kind(x).channels
        weights = self.rng.integers(-2, 3, (channels * multiplier, 2, 2, 1))
        weights[self.rng.random(channels * multiplier) < 0.3] = 0
        op = Conv(weights, channels, (1, 1), (1, 1), (0, 1, 1, 0), 0)
        return self.builder.add("depthwise", op, (x,), ORIGIN)[0]

    def quantize(self, x: str, by: str = "channel") -> str:
        kind = self.kind(x)
        rows = {"tensor": 1, "channel": kind.channels, "element": kind.size}[by]
        low, high = kind.element.low - 9, kind.element.high + 9
        thresholds = np.sort(self.rng.integers(low, high, (rows, 5)), axis=1)
        # Some rows give one number whatever comes.
        thresholds[self.rng.random(rows) < 0.25] = self.rng.choice([low, high])
        slope = self.rng.choice([-1, 1], rows)
        if self.twins and self.rng.random() < 0.5:
            thresholds[:], slope[:] = thresholds[:1], slope[:1]
        base = np.where(slope > 0, 0, 5).astype(np.int64)
        op = Threshold(thresholds, base, slope.astype(np.int64), IntType(0, 5))
        return self.builder.add("quant", op, (x,), ORIGIN)[0]

    def add(self, name: str, op: object, *values: str) -> str:
        return self.builder.add(name, op, values, ORIGIN)[0]  # type: ignore[arg-type]

    def table(self, x: str) -> str:
        kind = self.kind(x)
        values = self.rng.integers(-4, 5, (kind.channels, kind.element.levels))
        values[0] = 3
        return self.add("table", Table(values, IntType(-4, 4)), x)


def equal(before: Graph, after: Graph, frames: int = 4) -> None:
    verify(after, "prune")
    assert after.outputs == before.outputs
    assert [after.types[v].shape for v in after.outputs] == [
        before.types[v].shape for v in before.outputs
    ]
    rng = np.random.default_rng(0)
    x = {name: random_frames(before.types[name], frames, rng) for name in before.inputs}
    want, got = before.evaluate(x), after.evaluate(x)
    for name in before.outputs:
        np.testing.assert_array_equal(got[name], want[name])


def channels(graph: Graph) -> dict[str, int]:
    """Of every value that a convolution, a matrix or a quantizer makes."""
    return {name: kind.channels for name, kind in graph.types.items()}


STEPS = (
    *("conv", "conv3", "depthwise", "quant", "tensor", "element", "pool", "sum", "table"),
    *("concat", "residual", "max", "product", "pair", "upsample", "shuffle", "slice"),
    *("groups", "blocks"),
)


def grow(net: Net, x: str, step: str) -> str:
    """One more layer, with zeros and constants here and there."""
    kind, rng = net.kind(x), net.rng
    if step in ("conv", "conv3"):
        filters = int(rng.integers(1, 6))
        zeros = tuple(np.nonzero(rng.random(filters) < 0.4)[0].tolist())
        size = 3 if step == "conv3" and min(kind.shape[:2]) > 1 else 1
        return net.conv(x, filters, size, size // 2, zeros)
    if step == "depthwise":
        return net.depthwise(x, int(rng.integers(1, 3)))
    if step in ("groups", "blocks"):
        # Kept whole, however many channels go elsewhere.
        groups = 2 if kind.channels % 2 == 0 else kind.channels
        x = net.quantize(net.conv(x, 2 * groups, 1, 0, (1,)))
        if step == "groups":
            weights = rng.integers(-2, 3, (3 * groups, 1, 1, 2))
            return net.add(step, Conv(weights, groups, (1, 1), (1, 1), (0, 0, 0, 0), 0), x)
        return net.add(step, Matmul(rng.integers(-2, 3, (groups, 3, 2))), x)
    if step in ("quant", "tensor", "element"):
        return net.quantize(x, {"quant": "channel"}.get(step, step))
    if step in ("pool", "sum"):
        name = "max" if step == "pool" else "sum"
        pads = tuple(rng.integers(0, 2, 4).tolist())
        low = kind.element.low if name == "max" else 0
        taps = (min(2, kind.shape[0]), min(2, kind.shape[1]))
        return net.add("pool", Pool(name, taps, (1, 1), (1, 1), pads, low), x)
    if step == "table":
        return net.table(x) if kind.element.levels < 300 else net.quantize(x)
    if step == "concat":
        return net.add("concat", Concat(), x, net.quantize(net.conv(x, 3, 1, 0, (1,))))
    if step == "residual":
        branch = net.quantize(net.conv(x, kind.channels, 1, 0, (0,)))
        return net.add("add", Linear((1, int(rng.choice([-1, 1, 2]))), 3), x, branch)
    if step in ("max", "product"):
        branch = net.quantize(net.conv(x, kind.channels, 1, 0, (0, kind.channels - 1)))
        op = Extremum("max") if step == "max" else Product()
        return net.add(step, op, net.quantize(x), branch)
    if step == "pair":
        left = net.quantize(x)
        everything = tuple(range(kind.channels))
        branch = net.quantize(net.conv(x, kind.channels, 1, 0, everything[rng.integers(0, 2) :]))
        levels = (net.kind(left).element.levels, net.kind(branch).element.levels)
        return net.add("pair", PairTable(rng.integers(-3, 4, levels), IntType(-3, 3)), left, branch)
    count = kind.channels
    index = np.arange(kind.size).reshape(kind.shape)
    if step == "upsample":
        index = np.pad(index.repeat(2, axis=1), ((0, 1), (0, 0), (0, 0)), constant_values=-1)
    if step == "shuffle":
        index = index[:, :, rng.permutation(count)]
    if step == "slice":
        index = index[:, :, : max(1, count - 1)]
    return net.add(step, Gather(np.ascontiguousarray(index), 0), x)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.lists(st.sampled_from(STEPS), min_size=1, max_size=6))
def test_meaning_is_kept(seed: int, steps: list[str]) -> None:
    """Everything may be zero or constant, and branches meet again."""
    net = replace(Net.of(seed), twins=True)
    x = net.builder.input("x", TensorType((3, 4, 3), IntType(-8, 7)))
    for step in steps:
        x = grow(net, x, step)
        if net.kind(x).element.bits > 12:
            x = net.quantize(x)
    outputs = [net.quantize(x)]
    flat = net.add("flat", Reshape((1, 1, net.kind(x).size)), x)
    rows = net.rng.integers(-1, 2, (1, 4, net.kind(flat).channels))
    rows[0, 1] = 0
    outputs.append(net.add("matmul", Matmul(rows), flat))
    before = net.builder.build(tuple(outputs))
    equal(before, prune(before))


def test_filters_of_zeros_go_with_the_consumers_channels() -> None:
    """Rows 34 to 36: filters, their rows of thresholds, and the columns behind a pool."""
    net = Net.of(3)
    x = net.builder.input("x", TensorType((5, 6, 3), NIBBLE))
    first = net.conv(x, 7, 3, 1, (0, 2, 5))
    pooled = net.add("pool", Pool("max", (2, 2), (2, 2), (1, 1), (0, 0, 0, 0), 0), first)
    second = net.conv(pooled, 4, 3, 1)
    before = net.builder.build((second,))
    after = prune(before)
    equal(before, after)
    assert channels(after)["conv"] == channels(after)["pool"] == 4
    kept = [1, 3, 4, 6]
    weights = after.node(second).op.weights  # type: ignore[attr-defined]
    np.testing.assert_array_equal(weights, before.node(second).op.weights[..., kept])  # type: ignore[attr-defined]


def test_constants_move_into_thresholds() -> None:
    """A filter of zeros whose quantizer makes a 4 of it, in front of a layer without padding."""
    net = Net.of(4)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    first = net.conv(x, 5, 1, 0, (1, 2))
    thresholds = np.sort(net.rng.integers(-20, 20, (5, 5)), axis=1)
    thresholds[1] = [-9, -8, -7, -6, 1]
    up, zero = np.ones(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    quant = net.add("quant", Threshold(thresholds, zero, up, IntType(0, 5)), first)
    second = net.conv(quant, 4, 3, 0)
    last = net.quantize(second, "tensor")
    before = net.builder.build((last,))
    after = prune(before)
    equal(before, after)
    assert channels(after)[quant] == 3
    moved = after.node(last).op.thresholds - before.node(last).op.thresholds  # type: ignore[attr-defined]
    weights = before.node(second).op.weights  # type: ignore[attr-defined]
    x_zero: IntArray = (thresholds <= 0).sum(axis=1)
    left_out = weights[..., [1, 2]].sum(axis=(1, 2)) @ x_zero[[1, 2]]
    np.testing.assert_array_equal(moved, np.broadcast_to(-left_out[:, None], moved.shape))


def test_a_constant_that_padding_differs_from_stays() -> None:
    net = Net.of(4)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    first = net.conv(x, 3, 1, 0, (1,))
    thresholds = np.array([[-9], [0], [5]])
    up, zero = np.ones(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    quant = net.add("quant", Threshold(thresholds, zero, up, IntType(0, 1)), first)
    last = net.quantize(net.conv(quant, 4, 3, 1))
    before = net.builder.build((last,))
    assert channels(prune(before))[quant] == 3
    equal(before, prune(before))


def test_residual_channels_go_when_all_branches_are_without_them() -> None:
    """Row 36: blocks keep their outer width, unless every branch has the same zeros."""
    for zeros, width in (((2,), 5), ((1, 2), 4)):
        net = Net.of(5)
        x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
        left = net.conv(x, 5, 1, 0, (1,) if width == 4 else ())
        right = net.conv(x, 5, 3, 1, zeros)
        total = net.add("add", Linear((1, 1), 0), left, right)
        last = net.conv(total, 3, 1, 0)
        before = net.builder.build((last,))
        after = prune(before)
        equal(before, after)
        assert channels(after)[total] == width


def test_a_branch_that_is_scaled_by_zero_is_not_built() -> None:
    """Row 37: what is left is the graph without the block."""
    net = Net.of(6)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    trunk = net.conv(x, 4, 1, 0)
    branch = net.conv(net.conv(trunk, 6, 3, 1), 4, 1, 0, (0, 1, 2, 3))
    total = net.add("add", Linear((1, 1), 0), trunk, branch)
    last = net.conv(total, 3, 3, 1)
    before = net.builder.build((last,))
    after = prune(before)
    equal(before, after)
    assert [node.name for node in after.nodes] == [trunk, last]


@pytest.mark.parametrize(
    ("factor", "left"), [(1, ["trunk", "last"]), (2, ["trunk", "join", "last"])]
)
def test_a_branch_of_zeros_that_a_table_joins_is_not_built(factor: int, left: list[str]) -> None:
    """Row 37, where trunk and block meet in a quantizer: a table of the trunk, or the trunk."""
    net = Net.of(8)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    conv = net.conv(x, 4, 1, 0)
    up, zero = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    trunk = net.add("trunk", Threshold(np.array([[-9, 0, 7]]), zero, up, IntType(0, 3)), conv)
    nothing = net.conv(net.quantize(net.conv(trunk, 6, 3, 1)), 4, 1, 0, (0, 1, 2, 3))
    pairs = factor * np.arange(4)[:, None] + np.arange(1)
    join = net.add("join", PairTable(pairs, IntType(0, 6)), trunk, nothing)
    weights = np.arange(1, 13).reshape(3, 1, 1, 4)
    last = net.add("last", Conv(weights, 1, (1, 1), (1, 1), (0,) * 4, 0), join)
    before = net.builder.build((last,))
    after = prune(before)
    equal(before, after)
    assert [node.name for node in after.nodes] == [conv, *left]


def test_a_product_with_a_constant_is_a_sum_of_one() -> None:
    net = Net.of(9)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    branch = net.conv(x, 3, 1, 0, (0, 1, 2))
    up = np.ones(1, dtype=np.int64)
    three = net.add("three", Threshold(np.array([[0]]), 2 * up, up, IntType(2, 3)), branch)
    last = net.add("product", Product(), three, x)
    before = net.builder.build((last,))
    after = prune(before)
    equal(before, after)
    (node,) = after.nodes
    assert isinstance(node.op, Linear)
    assert (node.op.coefficients, node.op.offset) == ((3,), 0)


@pytest.mark.parametrize("place", [0, 1])
def test_a_constant_within_a_wider_type_is_the_right_row_or_column(place: int) -> None:
    """Of a table with six rows or columns, the one of a number that is not the least."""
    net = Net.of(10)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    wide = net.quantize(x)
    levels = [16, 16]
    levels[place] = net.kind(wide).element.levels
    pairs = np.add.outer(np.arange(levels[0]), np.arange(levels[1])) % 5
    both = [x, x]
    both[place] = wide
    join = net.add("join", PairTable(pairs, IntType(0, 4)), *both)
    before = net.builder.build((join,))
    shape = before.types[wide].shape
    known = {wide: Known(np.ones(shape, bool), np.full(shape, 4))}
    after = drop_constant_operands(before, known)
    op = after.node(join).op
    assert isinstance(op, Table)
    at = 4 - before.types[wide].element.low
    np.testing.assert_array_equal(op.values[0], np.take(pairs, at, axis=place))


def test_what_has_nothing_to_remove_is_left_alone() -> None:
    net = Net.of(7)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    first = net.builder.add(
        "conv", Conv(net.rng.integers(1, 4, (4, 3, 3, 3)), 1, (1, 1), (1, 1), (1,) * 4, 0), (x,),
        ORIGIN,
    )[0]  # fmt: skip
    before = net.builder.build((first,))
    assert prune(before) is before


@pytest.mark.parametrize("zeros", [(0, 1, 2), (0, 1)])
def test_outputs_keep_their_channels(zeros: tuple[int, ...]) -> None:
    net = Net.of(8)
    x = net.builder.input("x", TensorType((4, 4, 2), NIBBLE))
    out = net.conv(net.conv(x, 3, 3, 1, zeros), 3, 1, 0, (1,))
    before = net.builder.build((out,))
    after = prune(before)
    equal(before, after)
    assert channels(after)[out] == 3


@pytest.mark.parametrize(("filters", "stay"), [(16, 15), (17, 17)])
def test_one_channel_of_very_many_stays(filters: int, stay: int) -> None:
    net = Net.of(9)
    x = net.builder.input("x", TensorType((4, 4, 3), NIBBLE))
    first = net.conv(x, filters, 1, 0, (3,))
    before = net.builder.build((net.conv(first, 2, 3, 1),))
    after = prune(before)
    equal(before, after)
    assert channels(after)[first] == stay


@pytest.mark.parametrize("pair", [False, True])
def test_tables_follow_sums_that_have_become_tighter(pair: bool) -> None:
    """Two equal filters: their weights are summed, 1 - 1, and the table behind loses columns."""
    net = Net.of(0)
    x = net.builder.input("x", TensorType((1, 2, 2), IntType(0, 3)))
    twins = net.add(
        "twins", Conv(np.ones((2, 1, 1, 2), np.int64), 1, (1, 1), (1, 1), (0,) * 4, 0), x
    )
    weights = np.array([[3, -2], [1, -1]]).reshape(2, 1, 1, 2)
    less = net.add("less", Conv(weights, 1, (1, 1), (1, 1), (0,) * 4, 0), twins)
    low, high = net.kind(less).element.low, net.kind(less).element.high
    assert (low, high) == (-12, 18)
    numbers = net.rng.permutation(high - low + 1)
    element = IntType(0, int(numbers.max()))
    if pair:
        values = np.add.outer(numbers, np.arange(4)) % (element.high + 1)
        out = net.add("out", PairTable(values, element), less, x)
    else:
        out = net.add("out", Table(numbers[None], element), less)
    before = net.builder.build((out,))
    after = prune(before)
    equal(before, after, 16)
    shape = after.node("out").op.values.shape  # type: ignore[attr-defined]
    assert shape == ((7, 4) if pair else (1, 7))


def test_a_table_keeps_its_columns_where_an_interval_is_not_tighter() -> None:
    table = Table(np.arange(4)[None], IntType(0, 3))
    kinds = [TensorType((1, 1, 1), IntType(low, low + 3)) for low in (0, -1)]
    assert table.narrowed((kinds[0],), (kinds[1],)) is table
    assert table.narrowed((kinds[0],), (kinds[0],)) is table
    inner = TensorType((1, 1, 1), IntType(1, 2))
    assert table.narrowed((kinds[0],), (inner,)).values.tolist() == [[1, 2]]
