"""Fixed point by layer (1511.06393): any width of weights and activations, resources by width."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.few_bits import FILTERS, WIDTHS
from hwcompile.compiler import planned_network
from hwcompile.explore.encodings import weight_bits
from hwcompile.options import CompileOptions
from tests.techniques.planned import check_plan
from tests.techniques.rows import network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper gives layers widths of their own, the executor says what is computed"


def test_layers_have_widths_of_their_own(tmp_path: Path) -> None:
    layers = check_plan(network_of(5), tmp_path).of("matmul")
    channels = (3, *FILTERS)
    sizes = [9 * a * b for a, b in pairwise(channels)]
    bits = [bits for bits, _ in WIDTHS]
    assert [weight_bits(one) for one in layers] == [s * b for s, b in zip(sizes, bits, strict=True)]


def planned(folder: Path, weights: int, activations: int) -> tuple[int, float]:
    """Bits of memory, and look-up tables with what stands for products in them, of one layer."""
    net = Grower(4, 3, 5)
    x = net.quant("x", activations, True)
    path = folder / f"{weights}_{activations}.onnx"
    net.save(path, net.conv(x, 6, 3, weights))
    schedule = {"nodes": {net.nodes[-1].name: {"kernel": "folded", "pe": 2, "simd": 4}}}
    plan, *_ = planned_network(path, CompileOptions(schedule=schedule))
    (layer,) = (
        part.built
        for stage in plan.stages
        for part in stage.parts
        if part.built.op.family == "matmul"
    )
    needs = layer.needs
    products = sum(each.count * each.left * each.right for each in needs.products)
    return weight_bits(layer), needs.lut + needs.adders + products


@pytest.mark.parametrize(
    "activations", [4, *(pytest.param(bits, marks=pytest.mark.slow) for bits in (1, 9, 16))]
)
def test_a_bit_more_is_never_cheaper(activations: int, tmp_path: Path) -> None:
    """From 2 to 16 bits of weights; a product counts with the bits of its factors."""
    found = [planned(tmp_path, bits, activations) for bits in range(2, 17)]
    assert [bits for bits, _ in found] == [4 * 6 * 9 * bits for bits in range(2, 17)]
    assert [logic for _, logic in found] == sorted(logic for _, logic in found)
