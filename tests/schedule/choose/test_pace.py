"""Registers for a clock: as few as meet it, by the delays of the board's FPGA."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwcompile.boards import load_board
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import REGISTERS, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.report.fit import fit_report
from hwcompile.schedule.choose.pace import LINK_PATHS, SPARE, link_paths, longest, slowest_of
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import plan
from hwcompile.technology.delays import DelayModel, delay_model
from tests.schedule.test_planner import cnn

GRAPH = cnn(10, (8, 12), 10)
BOARD = load_board("ulx3s_25")


def model_of(name: str) -> DelayModel:
    model = delay_model(load_board(name).device)
    assert model is not None
    return model


def registers(planned: Plan) -> dict[str, int]:
    parts = [part for stage in planned.stages for part in stage.parts]
    return {part.node.name: part.built.registers for part in parts}


def test_a_faster_clock_takes_more_registers_and_longer_to_answer() -> None:
    found = [plan(GRAPH, board=BOARD, target_cycles=2000, clock_mhz=mhz) for mhz in (25, 80, 160)]
    counts = [sum(registers(planned).values()) for planned, _ in found]
    assert counts[0] == 0 < counts[1] < counts[2]
    latencies = [prediction.latency for _, prediction in found]
    assert latencies[0] < latencies[1] < latencies[2]
    assert all(prediction.interval <= 2000 for _, prediction in found)


def test_without_a_clock_nothing_is_added() -> None:
    planned, _ = plan(GRAPH, board=BOARD, target_cycles=2000)
    assert not any(registers(planned).values())


def test_one_register_fewer_would_not_meet_the_clock() -> None:
    planned, _ = plan(GRAPH, board=BOARD, target_cycles=2000, clock_mhz=80)
    model, longest = model_of("ulx3s_25"), SPARE * 1000 / 80
    some = 0
    for part in (part for stage in planned.stages for part in stage.parts):
        built = part.built
        if built.registers:
            some += 1
            fewer = {**built.parameters, REGISTERS: built.registers - 1}
            before = built.kernel.at(built.site, fewer)
            assert max(map(model.of, before.paths)) > longest
    assert some


def test_a_kernel_that_no_register_makes_fast_enough_gives_way_to_one_that_is() -> None:
    builder = Builder("thin")
    value = builder.input("x", TensorType((1, 1, 256), IntType(0, 7)))
    rng = np.random.default_rng(3)
    weights = rng.integers(-3, 4, (1, 12, 256)) * (rng.random((1, 12, 256)) < 0.5)
    (result,) = builder.add("fc", Matmul(weights), (value,), Origin("test", "fc", "MatMul"))
    graph = builder.build((result,))

    def kernel(clock_mhz: float | None) -> str:
        planned, _ = plan(graph, board=BOARD, target_cycles=4000, clock_mhz=clock_mhz)
        return planned.stages[0].parts[0].built.kernel.name

    assert [kernel(mhz) for mhz in (None, 40, 125)] == ["sparse", "sparse", "folded"]


def test_a_schedule_that_says_how_many_is_obeyed() -> None:
    name = next(node.name for node in GRAPH.nodes if node.op.family == "matmul")
    schedule = {"nodes": {name: {"kernel": "folded", "pe": 1, "simd": 1, REGISTERS: 1}}}
    planned, _ = plan(GRAPH, board=BOARD, schedule=schedule, clock_mhz=400)
    assert registers(planned)[name] == 1


def test_the_report_names_the_path_that_limits_the_clock() -> None:
    planned, _ = plan(GRAPH, board=BOARD, target_cycles=2000)
    slowest = slowest_of(planned, model_of("ulx3s_25"))
    assert slowest is not None
    clock = fit_report(planned, BOARD)["clock"]
    assert (clock["stage"], clock["path"]) == (slowest.stage, slowest.path)
    assert clock["mhz"] == pytest.approx(1000 / slowest.delay, abs=0.1)
    paths = [path for stage in planned.stages for part in stage.parts for path in part.built.paths]
    paths += [path for link in planned.links for path in link_paths(planned, link)]
    assert slowest.delay == max(map(model_of("ulx3s_25").of, (*paths, *LINK_PATHS)))


@pytest.mark.parametrize("board", ["ulx3s_85", "icebreaker", "hx8k_breakout", "tang_nano_9k"])
def test_delays_grow_with_what_is_on_the_way(board: str) -> None:
    model = model_of(board)
    deep = Memory(2048, 36)
    ways = [
        Path("register"),
        Path("table", 1),
        Path("adder", 1, (8,)),
        Path("wide adder", 1, (24,)),
        Path("two adders", 1, (24, 25)),
        Path("memory and adders", 1, (24, 25), deep),
    ]
    delays = [model.of(way) for way in ways]
    assert delays == sorted(delays)
    assert len(set(delays)) == len(delays)
    one, two = (Path("", product=Multiplications(9, bits)) for bits in (9, 30))
    assert model.of(one) < model.of(two)


def test_a_register_behind_constants_may_be_inside_the_block() -> None:
    """On ECP5; but what a block was read into is no register that is fast."""
    way = Path("operands", memory=Memory(2048, 36))
    assert model_of("ulx3s_85").of(way) == model_of("ulx3s_85").of(Path("register"))
    assert model_of("icebreaker").of(way) > model_of("icebreaker").of(Path("register"))
    words = Memory(2048, 36, MemoryKind.RAM)
    for board in ("ulx3s_85", "icebreaker"):
        of = model_of(board).of
        assert of(Path("FIFO", 1, memory=words, latched=True)) == of(Path("FIFO", 1, memory=words))
        assert of(Path("FIFO", memory=words)) > of(Path("register"))
    few, of = Memory(8, 36, MemoryKind.RAM), model_of("ulx3s_85").of
    assert of(Path("FIFO", 1, memory=few, latched=True)) == of(Path("FIFO", 1))


def test_wires_from_registers_inside_blocks_are_long() -> None:
    """Longer the more blocks hold a word, where a family has them at all and logic follows."""
    of = model_of("ulx3s_85").of
    ways = [Path("count", 2), *(Path("count", 2, held=Memory(2048, n)) for n in (36, 288))]
    delays = [of(way) for way in ways]
    assert delays == sorted(set(delays))
    assert of(Path("count", 2, held=Memory(8, 288))) == of(Path("count", 2))
    block, logic = (Path("", product=Multiplications(bits, bits)) for bits in (9, 2))
    assert of(replace(block, held=Memory(2048, 288))) == of(block)
    assert of(replace(logic, held=Memory(2048, 288))) > of(logic)
    assert model_of("icebreaker").of(ways[2]) == model_of("icebreaker").of(ways[0])


def test_counts_behind_wide_blocks_are_cut() -> None:
    """A register behind the memory alone would have long wires and all of a count behind it."""
    rng = np.random.default_rng(5)
    weights = rng.choice([-1, 1], (1, 64, 2304))
    site = Site.of(Matmul(weights), TensorType((1, 1, 2304), BIPOLAR))
    model = model_of("ulx3s_85")

    def chosen(folds: int) -> int:
        kernel, parameters = family("matmul").kernel("folded"), {"pe": 64 // folds, "simd": 144}
        few = (kernel.at(site, {**parameters, REGISTERS: n}).paths for n in range(4))
        return next(n for n, paths in enumerate(few) if model.slowest(paths)[1] <= longest(115))

    assert chosen(32) == 2
    assert chosen(1) == 0


def test_a_device_without_known_delays_has_no_model() -> None:
    assert delay_model(load_board("arty_a7_35").device) is None
    assert delay_model(load_board("tinyfpga_bx").device) is None


def test_registers_that_stand_for_a_memory_are_chosen_from_one_by_one() -> None:
    memory = Memory(44, 1, MemoryKind.QUEUE)
    delays = {
        board: model_of(board).of(Path("", memory=memory)) - model_of(board).of(Path(""))
        for board in ("ulx3s_85", "hx8k_breakout")
    }
    levels = {board: delay / model_of(board).delays.level for board, delay in delays.items()}
    assert levels == pytest.approx({"ulx3s_85": 2, "hx8k_breakout": 5})


def test_a_memory_of_many_blocks_takes_a_choice_between_them() -> None:
    model = model_of("ulx3s_85")
    kind = MemoryKind.RAM
    one, seven = (model.of(Path("", memory=Memory(depth, 54, kind))) for depth in (1024, 7040))
    assert seven - one == pytest.approx(3 * model.delays.level)
