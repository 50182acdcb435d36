"""How products are made where DSP blocks or logic are short."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hwcompile.boards import Board, load_board
from hwcompile.diagnostics import Origin
from hwcompile.families import fpga_family
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.report.fit import fit_report
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.schedule.planner import plan
from tests.schedule.test_parallel_windows import check


def mlp(weight: IntType, element: IntType) -> Graph:
    """Three layers with three steps or all between them."""
    random = np.random.default_rng(2)
    builder = Builder("mlp")
    sizes = (40, 24, 18, 10)
    value = builder.input("x", TensorType((1, 1, sizes[0]), element))
    for index, (columns, rows) in enumerate(pairwise(sizes)):
        weights = random.integers(weight.low, weight.high + 1, (1, rows, columns))
        weights[0, 0, :2] = weight.low, weight.high
        origin = Origin("mlp.onnx", f"layer{index}", "MatMul")
        value = builder.add(f"m{index}", Matmul(weights), (value,), origin)[0]
        if rows != sizes[-1]:
            steps = np.linspace(-3000, 3000, element.levels - 1).astype(np.int64)[None]
            quantizer = Threshold(steps, np.array([element.low]), np.array([1]), element)
            value = builder.add(f"q{index}", quantizer, (value,), origin)[0]
    return builder.build((value,))


INT8 = mlp(IntType(-128, 127), IntType(-128, 127))
INT5 = mlp(IntType(-16, 15), IntType(0, 15))
INT4 = mlp(IntType(-8, 7), IntType(0, 15))


def board_with(name: str, **capacities: int) -> Board:
    board = load_board(name)
    changed = msgspec.structs.replace(board.capacities, **capacities)
    return msgspec.structs.replace(board, capacities=changed)


def parts(planned: Plan) -> list[Placed]:
    return [part for stage in planned.stages for part in stage.parts]


def ways(choices: Mapping[str, Choice]) -> set[str]:
    """What makes the products, of all layers."""
    names = ("style", "pack")
    sets = [choice.parameters for choice in choices.values()]
    return {f"{n} {found[n]}" for found in sets for n in names if n in found}


def test_there_is_one_way_without_a_board() -> None:
    planned, _ = plan(INT8, target_cycles=40)
    assert not [p for p in parts(planned) if {"style", "pack"} & set(p.built.parameters)]


def test_products_are_made_as_ever_where_there_is_room() -> None:
    fitter = Fitter(INT8, {}, load_board("ulx3s_85"))
    assert ways(fitter.attempt(40).choices) == set()


@pytest.mark.parametrize(("graph", "way"), [(INT5, "pack 2"), (INT8, "style lut")])
def test_blocks_that_are_short_are_shared_or_left(graph: Graph, way: str) -> None:
    """Two products of eight bits are too wide for a block of 18 x 18."""
    fitter = Fitter(graph, {}, board_with("ulx3s_85", dsp=33))
    found = fitter.attempt(40)
    assert way in ways(found.choices)
    assert not found.moved
    usual = {name: choices[0] for name, choices in found.ways.items()}
    plain = fitter._tried(40, {**found.choices, **usual}, {})
    assert plain.moved
    assert found.shares["lut"] < plain.shares["lut"]


def test_products_go_to_blocks_where_logic_is_short() -> None:
    fitter = Fitter(INT4, {}, board_with("ulx3s_85", lut=2400, ff=9000))
    assert {"pack 2", "pack 3"} & ways(fitter.fastest().choices)


def test_no_layer_saves_logic_in_another_way() -> None:
    fitter = Fitter(INT8, {}, load_board("tang_nano_9k"))
    best = fitter.fastest()
    assert best.ways
    for name, way in ((name, way) for name, found in best.ways.items() for way in found):
        tried = fitter._tried(best.target, {**best.choices, name: way}, {})
        assert tried.excess > 1 or tried.shares["lut"] >= best.shares["lut"]


def test_layers_in_a_schedule_keep_their_way() -> None:
    schedule = {"nodes": {"m0": {"kernel": "folded", "pe": 4, "simd": 10}}}
    board = board_with("ulx3s_85", dsp=4)
    planned, _ = plan(INT8, schedule=schedule, board=board, target_cycles=40)
    (found,) = (part for part in parts(planned) if part.node.name == "m0")
    assert dict(found.built.parameters) == {"pe": 4, "simd": 10}


def test_a_plan_with_shared_blocks_computes_and_takes_the_cycles_it_says(tmp_path: Path) -> None:
    board = board_with("ulx3s_85", dsp=33)
    planned, _ = plan(INT5, board=board, target_cycles=40)
    packed = [part for part in parts(planned) if "pack" in part.built.parameters]
    assert packed
    check(planned, INT5, tmp_path)
    assert "2 rows per multiplier" in packed[0].built.comment
    assert fit_report(planned, board)["predicted"]["dsp"] <= 33


@pytest.mark.parametrize("name", ["matmul", "depthwise"])
def test_ways_differ_in_products_alone(name: str) -> None:
    """Of every example: each way is legal, with the same streams, interval and lanes."""
    for site in family(name).examples():
        for kernel in family(name).kernels:
            if kernel.refuses(site) is not None:
                continue
            for parameters in kernel.space(site):
                usual = kernel.at(site, parameters)
                for way in kernel.ways(site, parameters):
                    assert kernel.check(site, way) is None
                    other = kernel.at(site, way)
                    assert other.ports == usual.ports
                    assert (other.interval, other.lanes) == (usual.interval, usual.lanes)
                    assert other.needs.products != usual.needs.products


@pytest.mark.parametrize(
    ("name", "left", "right", "whole"),
    [("ice40", 16, 16, True), ("ice40", 17, 8, False), ("ecp5", 8, 18, True),
     ("ecp5", 19, 8, False), ("ecp5", 4, 4, False), ("gowin", 18, 9, True)],
)  # fmt: skip
def test_products_that_one_multiplier_takes(name: str, left: int, right: int, whole: bool) -> None:
    assert fpga_family(name).products.whole(left, right) == whole


def test_packing_needs_a_factor_that_is_wide_enough() -> None:
    assert Dot.choose(IntType(-128, 127), IntType(-128, 127), pack=2) is not None
    assert Dot.choose(IntType(-128, 127), IntType(-128, 127), pack=3) is None
