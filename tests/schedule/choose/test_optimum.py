"""The planner's choice against the least cost of any, which an integer program proves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.optimum import costs_of
from hwcompile.diagnostics import Origin
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.window.op import Window
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.models import ROOT

ORACLE = "HiGHS, through SciPy"

DIGITS = ROOT / "examples" / "digits"


def lowered(path: Path) -> Graph:
    return run_passes(load_model(path).graph, LOWERING)


def residual(seed: int) -> Graph:
    """A matrix whose result is added to that of a branch of two, which is windowed once."""
    random = np.random.default_rng(seed)
    origin = Origin("net.onnx", "layer", "Conv")
    builder = Builder("net")
    sizes = random.integers(5, 19, size=2)
    value = builder.input("x", TensorType((4, 5, int(random.integers(3, 14))), IntType(-4, 3)))

    def matrix(name: str, source: str, columns: int, rows: int) -> str:
        weights = random.integers(-2, 3, size=(1, rows, columns))
        return builder.add(name, Matmul(weights), (source,), origin)[0]

    channels = builder.types[value].channels
    first = matrix("a", value, channels, int(sizes[0]))
    window = Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1), 0, 1)
    tapped = builder.add("w", window, (first,), origin)[0]
    branch = matrix("b", tapped, 9 * int(sizes[0]), int(sizes[1]))
    branch = matrix("c", branch, int(sizes[1]), int(sizes[0]))
    return builder.build(builder.add("s", Linear((1, 1), 0), (first, branch), origin))


def costs(graph: Graph, target: int) -> tuple[float, float]:
    """Of the planner's choice, and of the cheapest."""
    _, cost, least, proved = costs_of(graph, target, 60)
    assert proved
    return cost, least


@pytest.mark.parametrize(
    ("network", "target"),
    [("digits_mlp_w1a1", 64), ("digits_cnn_w3a3", 576), ("digits_cnn_w3a3", 64)],
)
def test_chains_are_as_cheap_as_can_be(network: str, target: int) -> None:
    cost, least = costs(lowered(DIGITS / f"{network}.onnx"), target)
    assert cost == pytest.approx(least, rel=1e-5)


@pytest.mark.parametrize("seed", [0, 1, 2, 11])
@pytest.mark.parametrize("target", [40, 400])
def test_branches_are_nearly_as_cheap_as_can_be(seed: int, target: int) -> None:
    cost, least = costs(residual(seed), target)
    assert least * (1 - 1e-5) <= cost <= 1.02 * least
