"""The planner as a whole, on fakes and on real families."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.window.op import Window
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import plan, plan_enough
from hwcompile.schedule.time.depths import with_depths
from hwcompile.schedule.time.network import build_network
from hwcompile.schedule.time.prediction import predict
from hwcompile.schedule.time.tokens import simulate
from tests.schedule.choose.test_schedule_file import network
from tests.schedule.fakes import BuiltGather, Copy, Net, Whole
from tests.schedule.naive import simulate_naively


def cnn(size: int, channels: tuple[int, ...], classes: int) -> Graph:
    """Convolutions of 3 x 3 with bipolar activations, pooled once, then a classifier."""
    random = np.random.default_rng(7)
    builder = Builder("cnn")
    value = builder.input("x", TensorType((size, size, 3), IntType(-8, 7)))

    def add(name: str, op: Op) -> str:
        return builder.add(name, op, (value,), Origin("cnn.onnx", name, "Conv"))[0]

    for index, count in enumerate(channels):
        value = add(f"w{index}", Window((3, 3), (1, 1), (1, 1), (0, 0, 0, 0), 0, 1))
        fan_in = builder.types[value].channels
        weights = random.choice(np.array([-1, 1]), size=(1, count, fan_in))
        value = add(f"m{index}", Matmul(weights))
        rows = np.zeros((count, 1), dtype=np.int64)
        ones = np.ones(count, dtype=np.int64)
        value = add(f"t{index}", Threshold(rows, -ones, ones, BIPOLAR))
    value = add("pw", Window((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), 0, 1))
    value = add("pool", Reduce("max", 4))
    count = builder.types[value].size
    value = add("flat", Reshape((1, 1, count)))
    value = add("fc", Matmul(random.integers(-1, 2, size=(1, classes, count))))
    return builder.build((value,))


def test_a_small_cnn_meets_its_targets() -> None:
    graph = cnn(10, (8, 12), 10)
    for target in (600, 1000, 8000):
        planned, prediction = plan(graph, target_cycles=target)
        assert prediction.interval == prediction.bound <= target
        heads = [stage.parts[0].node.name for stage in planned.stages]
        assert [name for name in heads if "width" not in name] == [
            "w0", "m0", "w1", "m1", "pw", "pool", "fc",
        ]  # fmt: skip
        assert max(link.depth * link.format.bits for link in planned.links) < 4096


def test_the_cnn_cycle_by_cycle() -> None:
    """Real kernels' timings, the planner's depths, and the naive simulator."""
    planned, _ = plan(cnn(6, (4,), 3), target_cycles=500)
    queues, finished = simulate_naively(build_network(planned), 2)
    assert finished
    trace = simulate(planned, 2)
    assert trace.delivered[0].tolist() == queues["fc__out:0"].freed


def test_smaller_depths_are_never_faster() -> None:
    planned, prediction = plan(cnn(8, (4, 4), 3), target_cycles=800)
    tight = with_depths(planned, {link.name: 2 for link in planned.links})
    slower = predict(build_network(tight))
    assert slower.interval > prediction.interval
    assert slower.bound == prediction.bound


def test_the_default_reaches_what_the_lanes_allow() -> None:
    planned, prediction = plan(cnn(8, (4, 4), 3))
    lanes = sum(p.built.lanes for s in planned.stages for p in s.parts)
    assert lanes <= 4096
    assert prediction.interval <= 400


def lanes_of(planned: Plan) -> int:
    return sum(part.built.lanes for stage in planned.stages for part in stage.parts)


def test_enough_is_the_smallest_design_for_a_target_that_can_be_reached() -> None:
    graph = cnn(8, (4, 5), 3)
    fastest, best = plan(graph)
    for enough in (best.interval, 900, 5_000):
        planned, prediction = plan_enough(graph, enough)
        wanted, _ = plan(graph, target_cycles=enough)
        assert prediction.interval <= enough
        assert lanes_of(planned) == lanes_of(wanted) <= lanes_of(fastest)


def test_what_can_not_be_reached_is_as_fast_as_can_be() -> None:
    graph = cnn(8, (4, 5), 3)
    fastest, best = plan(graph)
    planned, prediction = plan_enough(graph, best.interval - 1)
    assert prediction.interval == best.interval
    assert lanes_of(planned) == lanes_of(fastest)


def test_stages_that_delay_each_other_are_chosen_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A buffer for one frame is written and read in turns, which takes twice the cycles of both."""

    def tight(built: BuiltGather) -> Timing:
        words = built.ports.output.words
        ones = np.ones(words, dtype=np.int64)
        whole, last = words * ones, words * (np.arange(words) == words - 1)
        write = Actor(ones, {"in0": Access.stream(ones)}, {"frame": np.cumsum(ones)})
        read = Actor(ones, {"frame": Access(whole, last)}, {"out": np.cumsum(ones)})
        return Timing({"write": write, "read": read}, 1, {"frame": Buffer(words, 1)})

    monkeypatch.setattr(BuiltGather, "timing", property(tight))
    net = Net((4, 4, 8))
    graph = net.build(net.add(Whole, "b", net.add(Copy, "a", "x")))
    planned, prediction = plan_enough(graph, 200)
    assert 64 < prediction.interval <= 200
    assert {p.built.parameters["parallel"] for s in planned.stages for p in s.parts} == {2}
    with pytest.raises(CompileError, match="the buffers inside the kernels are too small"):
        plan(graph, target_cycles=200)


def test_equal_input_gives_an_equal_plan() -> None:
    first, _ = plan(cnn(8, (4, 4), 3), target_cycles=500)
    second, _ = plan(cnn(8, (4, 4), 3), target_cycles=500)
    assert first.links == second.links
    assert [s.name for s in first.stages] == [s.name for s in second.stages]
    for one, two in zip(first.stages, second.stages, strict=True):
        assert [p.built.parameters for p in one.parts] == [p.built.parameters for p in two.parts]


def test_depths_of_the_user_are_honoured_even_when_they_are_too_small() -> None:
    links = {"conv.relu__sum:1": {"depth": 4}}
    with pytest.raises(CompileError) as caught:
        plan(network(), target_cycles=64, schedule={"links": links})
    (finding,) = caught.value.diagnostics
    assert finding.code == "HW0403"
    assert "'conv.relu__sum:1'" in finding.fix
    links = {"conv.relu__gather": {"depth": 1}}
    with pytest.raises(
        CompileError, match="the FIFO depths in the schedule are too small"
    ) as error:
        plan(network(), target_cycles=16, schedule={"links": links})
    assert error.value.diagnostics[0].code == "HW0401"
    _, slow = plan(network(), schedule={"links": links})
    assert slow.interval > slow.bound == 16
