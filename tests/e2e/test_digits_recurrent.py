"""The project's own recurrent networks: accuracy, and equality with floating point and RTL."""

from __future__ import annotations

import sys
from functools import cache
from importlib import util
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType

import numpy as np
import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from tests.models import ROOT

ORACLE = ("numpy", "this project")
ORACLE_REASON = "the cells in floating point; accuracies and cycles of its own networks"

DIGITS = ROOT / "examples" / "digits"
# Test images that are classified right, of 450, in floating point and on integers; see README.
RIGHT = {"lstm": (443, 441), "gru": (439, 437)}
MOST_DENSITY = 0.2

each_cell = pytest.mark.parametrize("cell", sorted(RIGHT))


@cache
def example() -> ModuleType:
    spec = util.spec_from_file_location("digits_recurrent_example", DIGITS / "recurrent.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def weights(cell: str) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = example().load_weights(DIGITS / f"digits_{cell}.npz")
    return found


@cache
def build(cell: str) -> Design:
    directory = Path(mkdtemp(prefix="hwcompile-e2e-")) / "build"
    return hwcompile.compile_graph(example().network(weights(cell)), directory, fastest=True)


def split() -> tuple[np.ndarray, np.ndarray]:
    data = np.load(DIGITS / "test_split.npz")
    return (data["images"] / 16).astype(np.float32), data["labels"]


def right(scores: np.ndarray) -> int:
    _, labels = split()
    return int((scores.reshape(450, -1).argmax(1) == labels).sum())


@each_cell
def test_every_test_image_is_equal_at_rtl_level(cell: str) -> None:
    images, _ = split()
    outcome = build(cell).verify(inputs=images)
    assert outcome.passed, outcome.lines()
    for level in ("reference", "rtl"):
        (scores,) = build(cell).simulate(images, level=level).raw.values()
        assert right(scores) == RIGHT[cell][1]


@each_cell
def test_integers_are_near_the_floating_point_network(cell: str) -> None:
    images, _ = split()
    exact = example().float_scores(weights(cell), images)
    assert right(exact) == RIGHT[cell][0]
    (raw,) = build(cell).simulate(images, level="reference").raw.values()
    unit = 2.0 ** -(weights(cell)["format_m"][1] + weights(cell)["format_head"][1])
    error = np.abs(raw.reshape(450, -1) * unit - exact)
    assert error.mean() < 0.02 * np.abs(exact).max()


@each_cell
def test_the_matrices_are_sparse_and_their_program_leaves_zeros_out(cell: str) -> None:
    arrays = [weights(cell)[name] for name in ("wx", "wr")]
    kept = sum(int(np.count_nonzero(a)) for a in arrays)
    assert kept <= MOST_DENSITY * sum(a.size for a in arrays)
    (op,) = (node.op for node in build(cell).graph.nodes if isinstance(node.op, Lstm | Gru))
    assert np.count_nonzero(op.wx) + np.count_nonzero(op.wr) <= kept
