"""Deep Fried Convnets (1412.7149): a fast Walsh-Hadamard transform is found in its matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.linalg import hadamard

import hwcompile
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.arithmetic.adders.kernel import Adders
from hwcompile.ops.matmul.op import Matmul
from hwcompile.schedule.planner import plan

ORACLE = ("a paper", "numpy")
ORACLE_REASON = "the paper says what a transform takes: n log2 n additions, log2 n bits more"

SIZE, LEVELS = 16, 4


def test_a_transform_takes_its_butterflies(tmp_path: Path) -> None:
    matrix = hadamard(SIZE).astype(np.int64)
    builder = Builder("transform")
    x = builder.input("x", TensorType((1, 1, SIZE), IntType(-128, 127)))
    graph = builder.build(builder.add("h", Matmul(matrix[None]), (x,), Origin("", "h", "MatMul")))
    planned, _ = plan(graph, target_cycles=1)
    built = planned.stages[0].parts[0].built
    assert isinstance(built, Adders)
    assert len(built.graph.adders) == SIZE * LEVELS
    assert built.graph.depth == LEVELS
    assert built.site.outputs[0].element.bits <= 8 + LEVELS + 1
    assert not built.needs.products
    design = hwcompile.compile_graph(graph, tmp_path / "out", target_cycles=1)
    frames = np.random.default_rng(1).integers(-128, 128, (40, 1, 1, SIZE))
    frames[0], frames[1] = -128, 127
    for level in ("reference", "hls", "rtl"):
        (found,) = design.simulate({"x": frames}, level=level).real.values()
        np.testing.assert_array_equal(found.reshape(40, SIZE), frames.reshape(40, SIZE) @ matrix)
