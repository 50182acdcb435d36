"""When the planner takes parallel windows, and how a matrix takes their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.emit.interface import Interface
from hwcompile.emit.netlist import interface_of
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Blocks, StreamFormat
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.parallel import TapsAbreast
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import plan
from hwcompile.schedule.time.tokens import simulate
from hwcompile.verify.comparing import streams_of
from hwcompile.verify.simulator import compile_simulator
from tests.kernelbench import random_frames

FEW = 5000
"""About how many cycles a simulation here takes at most."""

ALL_ROUND = (1, 1, 1, 1)
ORIGIN = Origin("net.onnx", "layer", "Conv")


def convolution(groups: int = 1) -> Graph:
    """A padded 3x3 convolution of 8 channels, a pool that overlaps, a depthwise one."""
    random = np.random.default_rng(3)
    builder = Builder("net")
    value = builder.input("x", TensorType((6, 7, 8), IntType(-8, 7)))

    def add(name: str, op: Window | Matmul | Depthwise | Reduce) -> str:
        return builder.add(name, op, (value,), ORIGIN)[0]

    value = add("w", Window((3, 3), (1, 1), (1, 1), ALL_ROUND, 0, groups))
    fan_in = 72 // groups
    value = add("m", Matmul(random.integers(-3, 4, size=(groups, 12 // groups, fan_in))))
    value = add("pw", Window((3, 3), (1, 1), (1, 1), ALL_ROUND, -900, 1))
    value = add("pool", Reduce("max", 9))
    value = add("dw", Window((2, 3), (1, 1), (1, 1), (0, 1, 0, 1), 0, 1))
    value = add("d", Depthwise(random.integers(-2, 3, size=(6, 12))))
    return builder.build((value,))


def staircase(rows: int, low: int, high: int) -> Threshold:
    """Three random thresholds for every row."""
    random = np.random.default_rng(rows)
    steps = np.sort(random.integers(low, high, size=(rows, 3)), axis=1)
    ones = np.ones(rows, dtype=np.int64)
    return Threshold(steps, 0 * ones, ones, IntType(0, 3))


def with_activations() -> Graph:
    """A padded convolution, thresholds of channels and of elements, a depthwise convolution."""
    random = np.random.default_rng(4)
    builder = Builder("net")
    value = builder.input("x", TensorType((6, 7, 3), IntType(-8, 7)))
    value = builder.add("w", Window((3, 3), (1, 1), (1, 1), ALL_ROUND, 0, 1), (value,), ORIGIN)[0]
    weights = random.integers(-3, 4, size=(1, 10, 27))
    value = builder.add("m", Matmul(weights), (value,), ORIGIN)[0]
    value = builder.add("t", staircase(10, -50, 50), (value,), ORIGIN)[0]
    value = builder.add("e", staircase(6 * 7 * 10, 0, 4), (value,), ORIGIN)[0]
    value = builder.add("dw", Window((2, 3), (1, 1), (1, 1), (1, 1, 0, 1), 0, 1), (value,), ORIGIN)[
        0
    ]
    depthwise = Depthwise(random.integers(-2, 3, size=(6, 10)))
    return builder.build((builder.add("d", depthwise, (value,), ORIGIN)[0],))


def kernels(planned: Plan) -> dict[str, tuple[str, dict[str, int | str]]]:
    parts = [part for stage in planned.stages for part in stage.parts]
    return {p.node.name: (p.built.kernel.name, dict(p.built.parameters)) for p in parts}


def check(planned: Plan, graph: Graph, folder: Path) -> None:
    """RTL equals the reference, and every word leaves when it is predicted to."""
    frames = random_frames(graph.types["x"], 3, np.random.default_rng(5))
    expected = graph.evaluate({"x": frames})[graph.outputs[0]]
    write_files(folder, rtl_files(planned))
    simulator = compile_simulator(folder, cycles=FEW)
    result, trace = simulator.run({"x": frames}), simulate(planned, 3)
    np.testing.assert_array_equal(result.outputs[graph.outputs[0]], expected)
    start = result.input_cycles["x"][0]
    cycles = result.output_cycles[graph.outputs[0]] - start
    np.testing.assert_array_equal(cycles, trace.delivered[0])
    stalled = simulator.run({"x": frames}, stall=0.4, seed=2)
    np.testing.assert_array_equal(stalled.outputs[graph.outputs[0]], expected)


def test_recorded_blocks_are_compared_in_the_order_of_the_tensor(tmp_path: Path) -> None:
    """The window's stream, and that of the gearbox behind it."""
    graph = convolution()
    nodes = {
        "w": {"kernel": "parallel", "parallel": 4},
        "m": {"kernel": "folded", "pe": 6, "simd": 24, "taps": 9, "lanes": 4},
    }
    planned, _ = plan(graph, schedule={"nodes": nodes})
    streams = {port.name: port.format.order for port in interface_of(planned).streams}
    ordered = [name for name, order in streams.items() if order == Blocks(9, 4)]
    assert len(ordered) == 2
    write_files(tmp_path, rtl_files(planned))
    assert {p.name: p.format.order for p in Interface.read(tmp_path).streams} == streams
    frames = random_frames(graph.types["x"], 3, np.random.default_rng(6))
    run = compile_simulator(tmp_path, taps=True, cycles=FEW).run({"x": frames})
    found = streams_of(Interface.read(tmp_path), run)
    reference = planned.graph.evaluate({"x": frames}, keep=True)
    for name, values in found.items():
        np.testing.assert_array_equal(values, reference[name], name)


def test_a_ring_buffer_where_it_is_fast_enough() -> None:
    chosen = kernels(plan(convolution(), target_cycles=378)[0])
    assert {chosen[name][0] for name in ("w", "pw", "dw")} == {"line_buffer"}
    assert chosen["m"][0] == chosen["pool"][0] == chosen["d"][0] == "folded"


@pytest.mark.parametrize(("target", "orders"), [(42, False), (84, True)])
def test_faster_targets_take_all_taps_at_once(target: int, orders: bool, tmp_path: Path) -> None:
    graph = convolution()
    planned, prediction = plan(graph, target_cycles=target)
    assert prediction.interval == prediction.bound <= target
    chosen = kernels(planned)
    assert chosen["w"][0] == chosen["pool"][0] == chosen["d"][0] == "parallel"
    assert ("taps" in chosen["m"][1]) == orders
    check(planned, graph, tmp_path)


@pytest.mark.parametrize("op", [LimitedSum(4, -9, 8), RoundedSum(4, 3)])
def test_pools_whose_order_counts_keep_pace(op: LimitedSum | RoundedSum, tmp_path: Path) -> None:
    builder = Builder("net")
    value = builder.input("x", TensorType((6, 7, 4), IntType(-8, 7)))
    value = builder.add("w", Window((2, 2), (1, 1), (1, 1), (0, 0, 1, 1), 0, 1), (value,), ORIGIN)[
        0
    ]
    graph = builder.build(builder.add("p", op, (value,), ORIGIN))
    planned, prediction = plan(graph, target_cycles=42)
    assert prediction.interval == 42
    assert kernels(planned)["p"][0].startswith("parallel_")
    check(planned, graph, tmp_path)


def test_long_rows_in_a_network(tmp_path: Path) -> None:
    """Windows that keep a row less wait for each other as predicted: strides, tails, a join."""
    random = np.random.default_rng(8)
    builder = Builder("net")
    value = builder.input("x", TensorType((6, 66, 2), IntType(-4, 3)))
    taken = Window((3, 3), (1, 1), (1, 1), ALL_ROUND, 0, 1)
    value = builder.add("w", taken, (value,), ORIGIN)[0]
    value = builder.add("m", Matmul(random.integers(-2, 3, (1, 3, 18))), (value,), ORIGIN)[0]
    halved = Window((3, 3), (2, 2), (1, 1), ALL_ROUND, 0, 1)
    value = builder.add("s", halved, (value,), ORIGIN)[0]
    value = builder.add("n", Matmul(random.integers(-1, 2, (1, 2, 27))), (value,), ORIGIN)[0]
    branch = builder.add("b", taken, (value,), ORIGIN)[0]
    branch = builder.add("o", Matmul(random.integers(-1, 2, (1, 2, 18))), (branch,), ORIGIN)[0]
    value = builder.add("a", Linear((1, 1), 0), (value, branch), ORIGIN)[0]
    graph = builder.build((value,))
    planned, prediction = plan(graph, target_cycles=396)
    assert prediction.interval == 396
    parts = [part.built for stage in planned.stages for part in stage.parts]
    waiting = [built for built in parts if isinstance(built, TapsAbreast) and built.recent]
    assert len(waiting) >= 2
    check(planned, graph, tmp_path)


@pytest.mark.parametrize("target", [24, 12])
def test_targets_below_the_pixels_take_several_of_them(target: int, tmp_path: Path) -> None:
    """Two pixels of seven and four: rows are ragged; with constants for channels and places."""
    graph = with_activations()
    planned, prediction = plan(graph, target_cycles=target)
    assert prediction.interval == prediction.bound <= target
    chosen = kernels(planned)
    assert chosen["m"][0] == chosen["d"][0] == "parallel"
    pixels = {chosen[name][1]["pixels"] for name in ("w", "m", "dw", "d")}
    assert len(pixels) == 1
    (number,) = pixels
    assert chosen["t"][1] == chosen["e"][1] == {"parallel": 10 * int(number)}
    check(planned, graph, tmp_path)


def test_a_schedule_names_the_order_of_the_columns(tmp_path: Path) -> None:
    """Two channels of a group at a time: the matrix of a grouped convolution follows."""
    graph = convolution(groups=2)
    nodes = {
        "w": {"kernel": "parallel", "parallel": 2},
        "m": {"kernel": "folded", "pe": 5, "simd": 9, "taps": 9, "lanes": 2},
    }
    check(plan(graph, schedule={"nodes": nodes})[0], graph, tmp_path)


def test_a_schedule_whose_orders_do_not_meet_is_refused() -> None:
    nodes = {
        "w": {"kernel": "parallel", "parallel": 2},
        "m": {"kernel": "folded", "pe": 4, "simd": 9},
    }
    with pytest.raises(CompileError) as caught:
        plan(convolution(), schedule={"nodes": nodes})
    assert "HW0402" in str(caught.value)
    assert "node 'w' can not give its channels in blocks" in str(caught.value)
    nodes["m"] |= {"taps": 5, "lanes": 2}
    with pytest.raises(CompileError, match="taps times lanes divides the 72 columns"):
        plan(convolution(), schedule={"nodes": nodes})


def test_a_schedule_without_the_kernels_name_means_the_ring_buffer() -> None:
    nodes = {"w": {"parallel": 2}}
    planned, _ = plan(convolution(), target_cycles=2000, schedule={"nodes": nodes})
    assert kernels(planned)["w"] == ("line_buffer", {"parallel": 2})


def test_blocks() -> None:
    order = Blocks(taps=3, lanes=2)
    # Taps of four channels: 0-3, 4-7, 8-11.
    assert order.positions(12).tolist() == [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]
    assert Blocks.of(1, 2, 4) is None
    assert Blocks.of(3, 4, 4) is None
    element = IntType(0, 1)
    plain, ordered = StreamFormat(5, 12, 6, element), StreamFormat(5, 12, 6, element, order)
    assert not plain.same_words(ordered)
    assert ordered.same_words(StreamFormat(5, 12, 6, element, Blocks(3, 2)))
    assert not ordered.same_order(StreamFormat(10, 6, 6, element, order))
