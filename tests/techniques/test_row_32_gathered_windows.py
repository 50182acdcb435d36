"""Sparsified local layers (1512.01891): weights of each place alone, of which a quarter is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.techniques_networks.local import LANES, local_weights
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.join_local import join_local
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "numpy")
ORACLE_REASON = "the executor says what is computed; the graph before a pass what is to stay"


def test_a_layer_takes_the_cycles_of_its_weights(tmp_path: Path) -> None:
    found = check_network(network_of(32, "gathered windows"), tmp_path)
    (matrix,) = (one for one in found.parts if isinstance(one.op, Matmul))
    assert not any(isinstance(one.op, Gather) for one in found.parts)
    kept = np.count_nonzero(local_weights())
    assert matrix.kernel.name == "sparse"
    assert matrix.lanes <= LANES
    assert matrix.interval <= 1.1 * -(-kept // matrix.lanes)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(0, 999)
)
def test_one_matrix_has_the_numbers_of_the_blocks(
    groups: int, rows: int, fan: int, width: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    kind = TensorType((2, width, 3), IntType(-8, 7))
    index = rng.integers(-1, kind.size, (1, 1, groups * fan))
    index[0, 0, 0] = 0
    shape = (groups, rows, fan)
    weights = np.where(rng.random(shape) < 0.4, rng.integers(-7, 8, shape), 0)
    fill = int(rng.choice([0, 0, 3]))
    builder, origin = Builder("local"), Origin("", "n", "Conv")
    x = builder.input("x", kind)
    (rows_of,) = builder.add("g", Gather(index, fill), (x,), origin)
    graph = builder.build(builder.add("y", Matmul(weights), (rows_of,), origin))
    joined = join_local(graph)
    values = {"x": rng.integers(-8, 8, (3, *kind.shape))}
    expected, found = (list(g.evaluate(values).values())[-1] for g in (graph, joined))
    np.testing.assert_array_equal(found, expected)
    whole = groups == 1 or 2 * np.count_nonzero(weights) > weights.size
    stays = whole or (fill != 0 and bool(np.any(index < 0)))
    assert (joined.nodes[-1].inputs[0] == rows_of) == stays
