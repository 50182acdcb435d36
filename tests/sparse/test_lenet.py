"""A published network with real pruned weights, end to end: LeNet-300-100 at 8 bits."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import onnx

import hwcompile
from benchmarks.lenet import BUDGET, images, lenet
from hwcompile.design import Design
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse_design import design
from hwcompile.schedule.choose.choice import site_of
from hwcompile.schedule.choose.prices import GENERIC_PRICES
from hwcompile.technology.model import generic
from tests.models import model_path

NONZEROS = {"ip1": 4351, "ip2": 552, "ip3": 49}


@cache
def _build() -> Design:
    """A frame every 560 cycles; the planner chooses kernels and PEs."""
    folder = _saved()
    return hwcompile.compile(folder / "lenet300100.onnx", folder / "build", target_cycles=BUDGET)


def _saved() -> Path:
    """A new folder with the model in it."""
    folder = Path(mkdtemp(prefix="hwcompile-lenet-"))
    onnx.save(lenet(model_path("lenet_sparse/lenet300100.npz")), folder / "lenet300100.onnx")
    return folder


def _site(layer: str) -> Site:
    graph = _build().graph
    return site_of(graph, graph.node(layer))


def test_the_planner_spends_nine_pes_on_the_first_layer() -> None:
    """Dense, nine lanes would need 26,134 cycles. Eight PEs are enough for the 560 cycles of the
    target, but their programs need deeper block RAMs, which cost more than the ninth PE."""
    chosen = tomllib.loads(_build().schedule)["nodes"]["ip1"]
    assert chosen == {"kernel": "sparse", "pes": 9}
    sparse = family("matmul").kernel("sparse")
    needs = {}
    for pes, cycles in ((8, 544), (9, 484)):
        built = sparse.at(_site("ip1"), {"pes": pes})
        assert built.interval == cycles == -(-NONZEROS["ip1"] // pes)
        needs[pes] = generic().need(built.circuit, built.needs)
    assert GENERIC_PRICES.of(needs[9]) < GENERIC_PRICES.of(needs[8])
    assert needs[9].bram < needs[8].bram


def test_no_layer_has_fillers() -> None:
    for layer, nonzeros in NONZEROS.items():
        # One weight of the first layer makes a number that none of the second reads.
        nonzeros -= layer == "ip1"
        op = _site(layer).op
        assert isinstance(op, Matmul)
        plan = design(op, 8, 0, 0, "auto")
        assert plan.fillers == 0
        assert sum(matrix.entries for matrix in plan.matrices) == nonzeros
        assert plan.steps == -(-nonzeros // 8)


def test_a_hundred_images_are_equal_at_rtl_level() -> None:
    outcome = _build().verify(inputs=(images(100) / 255).astype(np.float32))
    assert outcome.passed, outcome.lines()
    assert outcome.cycles_agree
    predicted, measured = outcome.interval
    assert predicted == measured
    assert predicted <= BUDGET


def test_broadcast_skips_zeros_and_is_never_late() -> None:
    """Cycles are predicted for images without zeros; these have many."""
    folder = _saved()
    choice = {"kernel": "broadcast", "pes": 8, "queue": 16}
    design = hwcompile.compile(
        folder / "lenet300100.onnx", folder / "build", schedule={"nodes": {"ip1": choice}}
    )
    outcome = design.verify(inputs=(images(20) / 255).astype(np.float32))
    assert outcome.passed, outcome.lines()
    predicted, measured = outcome.interval
    assert measured is not None
    assert measured < predicted
