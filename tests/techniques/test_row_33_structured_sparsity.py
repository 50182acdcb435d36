"""SSL (1608.03665): taps that no filter has cost no cycles, lanes, memory or index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import hwcompile
from hwcompile.design import Design
from hwcompile.explore.encodings import weight_bits
from hwcompile.frontends.load import load_model
from hwcompile.ops.contract.built import Built
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.planner import plan
from tests.e2e.oracles import Array, qonnx_outputs
from tests.techniques.pruned import quant, rtl_texts, save, weights

ORACLE = "QONNX executor"

SHAPE = (3, 7, 6)
FIVE = (1, 3, 4, 6, 8)
"""Taps of 3 x 3 that stay."""


def network(path: Path, kernel: Array, second: Array, **attributes: Any) -> Path:
    """A convolution with a ReLU, and one that reads it; the first pruned or cut by hand."""
    tensors = {"w1": kernel, "w2": second}
    nodes = [
        *quant("xq", "x", 2**-4, 6, 1),
        *(node for i in (1, 2) for node in quant(f"w{i}q", f"w{i}", 2**-4, 4, 1)),
        helper.make_node("Conv", ["xq", "w1q"], ["c1"], "conv1", **attributes),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        *quant("q1", "r1", 2**-2, 4, 0),
        helper.make_node("Conv", ["q1", "w2q"], ["y"], "conv2"),
    ]
    return save(path, nodes, SHAPE, (second.shape[0], *SHAPE[1:]), tensors)


def pruned(kernel: Array, places: tuple[int, ...]) -> Array:
    """The same with zeros everywhere but at some taps."""
    mask = np.zeros(kernel.shape[2] * kernel.shape[3], bool)
    mask[list(places)] = True
    return np.where(mask.reshape(kernel.shape[2:]), kernel, 0).astype(np.float32)


CUT: dict[str, tuple[Any, ...]] = {
    # Kernel and taps that stay; the part cut out by hand; padding before, and attributes after.
    "the ring of 3 x 3": (
        (3, 3), (4,), (slice(1, 2), slice(1, 2)), {"pads": [1] * 4}, {},
    ),
    "the ring of 5 x 5": (
        (5, 5), (6, 7, 8, 11, 12, 13, 16, 17, 18), (slice(1, 4), slice(1, 4)), {"pads": [2] * 4},
        {"pads": [1] * 4},
    ),
    "a row and a column": (
        (3, 3), (1, 2, 4, 5), (slice(0, 2), slice(1, 3)), {"pads": [1] * 4}, {"pads": [1, 0, 0, 1]},
    ),
    "all but the corners": (
        (3, 3), (0, 2, 6, 8), (slice(0, 3, 2), slice(0, 3, 2)), {"pads": [1] * 4},
        {"pads": [1] * 4, "dilations": [2, 2]},
    ),
}  # fmt: skip


DEFAULT = ("the ring of 3 x 3", "all but the corners-depthwise")
CASES = [
    pytest.param(case, depthwise, id=name, marks=[] if name in DEFAULT else [pytest.mark.slow])
    for depthwise in (False, True)
    for key, case in CUT.items()
    for name in [f"{key}-depthwise" if depthwise else key]
]


@pytest.mark.parametrize(("case", "depthwise"), CASES)
def test_hardware_is_that_of_the_kernel_cut_by_hand(
    case: tuple[Any, ...], depthwise: bool, tmp_path: Path
) -> None:
    size, places, part, before, after = case
    rng = np.random.default_rng(33)
    filters, fan = (3, 1) if depthwise else (5, 3)
    kernel = pruned(np.abs(weights(rng, filters, fan, *size)) + np.float32(2**-4), places)
    second = weights(rng, 4, filters, 1, 1)
    group = {"group": 3} if depthwise else {}
    cut = np.ascontiguousarray(kernel[(slice(None), slice(None), *part)])
    models = [
        network(tmp_path / "pruned" / "net.onnx", kernel, second, **before, **group),
        network(tmp_path / "cut" / "net.onnx", cut, second, **after, **group),
    ]
    slim, hand = (
        hwcompile.compile(model, tmp_path / f"{model.parent.name}_out", target_cycles=300)
        for model in models
    )
    assert rtl_texts(slim) == rtl_texts(hand)
    assert not [note for note in hand.notes if note.startswith("taps")]
    (note,) = (note for note in slim.notes if note.startswith("taps"))
    assert f"conv1 {len(places)} of {size[0] * size[1]};" in note


def layer(model: Path, cycles: int) -> tuple[Built[Any], Built[Any]]:
    """The window and the product of the first convolution, as they are planned."""
    graph = run_passes(load_model(model).graph, LOWERING)
    parts = [part for s in plan(graph, target_cycles=cycles)[0].stages for part in s.parts]
    window = next(p.built for p in parts if p.built.site.op.family == "window")
    product = next(p.built for p in parts if p.built.site.op.family in ("matmul", "depthwise"))
    return window, product


@pytest.mark.parametrize(
    ("cycles", "group", "kernel"),
    [
        pytest.param(900, 1, "line_buffer", marks=pytest.mark.slow),
        (60, 1, "parallel"),
        pytest.param(120, 3, "parallel", marks=pytest.mark.slow),
    ],
)
def test_any_taps_cost_what_a_kernel_of_as_many_costs(
    cycles: int, group: int, kernel: str, tmp_path: Path
) -> None:
    """Five of nine taps, beside a kernel of 1 x 5: lanes, cycles and bits; no index anywhere."""
    rng = np.random.default_rng(5)
    filters, fan = (3, 1) if group > 1 else (5, 3)
    dense = np.abs(weights(rng, filters, fan, 3, 3)) + np.float32(2**-4)
    sparse, second = pruned(dense, FIVE), weights(rng, 4, filters, 1, 1)
    row = np.ascontiguousarray(sparse.reshape(filters, fan, 9)[:, :, None, FIVE])
    models = [
        network(tmp_path / "a" / "net.onnx", sparse, second, pads=[1] * 4, group=group),
        network(tmp_path / "b" / "net.onnx", row, second, pads=[0, 2, 0, 2], group=group),
    ]
    (window, product), (_, hand) = (layer(model, cycles) for model in models)
    assert window.kernel.name == kernel
    assert product.lanes == hand.lanes
    assert product.interval == hand.interval
    assert weight_bits(product) == weight_bits(hand)
    assert product.needs == hand.needs
    design = hwcompile.compile(models[0], tmp_path / "out", target_cycles=cycles)
    check(design, models[0])


def check(design: Design, model: Path) -> None:
    images = np.random.default_rng(1).normal(0, 1.5, (9, *SHAPE)).astype(np.float32)
    images[0], images[1] = -9, 9
    expected = qonnx_outputs(model, images)
    for level in ("reference", "hls", "rtl"):
        got = design.simulate(images, level=level).real["y"].reshape(expected.shape)
        np.testing.assert_array_equal(got, expected)
