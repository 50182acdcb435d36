"""ESE (1612.00694): a small cell with peepholes and a projection, few weights left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.others import (
    CELLS,
    INPUTS,
    OUTPUTS,
    STEPS,
    cell_bound,
    cell_graph,
    cell_weights,
)
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("a paper", "this project")
ORACLE_REASON = "the paper has the equations; integers are held to the cell's definition"


def test_steps_take_hardly_more_than_the_products(tmp_path: Path) -> None:
    """What no schedule beats, and a pipeline's latency for each of three phases of a step."""
    found = check_plan(network_of(44), tmp_path)
    assert cell_bound() <= found.interval <= cell_bound() + STEPS * 3 * 12


def test_the_cell_is_the_papers() -> None:
    """Equations 1 to 7 in floating point; signals have 16 bits, weights 12."""
    w = cell_weights()
    x = np.random.default_rng(3).uniform(-2, 2, (STEPS, INPUTS))
    c, y, wanted = np.zeros(CELLS), np.zeros(OUTPUTS), []
    for step in x:
        z = (w["wx"] @ step + w["wr"] @ y).reshape(4, CELLS) + w["bias"]
        i, f = (1 / (1 + np.exp(-z[k] - w["peepholes"][k] * c)) for k in (0, 1))
        c = f * c + i * np.tanh(z[2])
        o = 1 / (1 + np.exp(-z[3] - w["peepholes"][2] * c))
        y = w["projection"] @ (o * np.tanh(c))
        wanted.append(y)
    graph = cell_graph()
    kinds = [graph.types[value] for value in (*graph.inputs, *graph.outputs)]
    codes = np.rint(x / kinds[0].scale[0]).astype(np.int64)[None, None]
    (found,) = graph.evaluate({graph.inputs[0]: codes}).values()
    assert np.abs(found[0, 0] * kinds[1].scale[0] - wanted).max() < 0.02
    assert np.std(wanted) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(44), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
