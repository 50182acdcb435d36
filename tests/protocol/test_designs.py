"""Whole designs of the planner under the independent bus model, resets in mid-frame included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import Origin
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.window.op import Window
from hwcompile.schedule.planner import plan
from hwcompile.verify.protocol import check_protocol
from tests.schedule.test_planner import cnn


def branches() -> Graph:
    """Two inputs, a fork whose ways join again, and two outputs."""
    random = np.random.default_rng(3)
    builder = Builder("branches")
    x = builder.input("x", TensorType((4, 5, 3), IntType(-4, 3)))
    z = builder.input("z", TensorType((4, 5, 2), IntType(0, 6)))

    def add(name: str, op: Op, *values: str) -> str:
        return builder.add(name, op, values, Origin("branches.onnx", name, "Op"))[0]

    window = add("window", Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1), 0, 1), x)
    conv = add("conv", Matmul(random.integers(-2, 3, size=(1, 2, 27))), window)
    point = add("point", Matmul(random.integers(-2, 3, size=(1, 2, 3))), x)
    joined = add("joined", Linear((1, -1), 3), conv, point)
    return builder.build((add("total", Linear((2, 1), 0), joined, z), joined))


@pytest.mark.parametrize(
    ("graph", "target"),
    [(cnn(6, (4,), 3), 400), (cnn(6, (4,), 3), None), (branches(), 400)],
    ids=["cnn-400", "cnn-fast", "branches"],
)
def test_streams_of_a_design(tmp_path: Path, graph: Graph, target: int | None) -> None:
    planned, prediction = plan(graph, target_cycles=target)
    write_files(tmp_path, rtl_files(planned))
    random = np.random.default_rng(1)
    inputs = {
        name: random.choice(kind.element.values(), size=(3, *kind.shape))
        for name, kind in ((name, graph.types[name]) for name in graph.inputs)
    }
    limit = 20 * prediction.latency + 1000
    passed = check_protocol(tmp_path, inputs, graph.evaluate(inputs), timeout_cycles=limit)
    assert len(passed) == 9
