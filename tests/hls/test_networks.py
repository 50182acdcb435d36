"""Whole networks as C++: every image of the project's own, and published ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

import hwcompile
from benchmarks.lenet import images
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.verify.hls.compilers import SANITIZE
from tests.e2e import test_digits, test_digits_recurrent
from tests.hls.kernels import Case
from tests.hls.test_kernels import run_all
from tests.models import model_path
from tests.ops.gru.samples import grus
from tests.ops.lstm.samples import lstms
from tests.sparse import test_lenet

ORACLE = "this project"
ORACLE_REASON = "the integer reference, which other tests hold against executors of the models"

pytestmark = pytest.mark.slow

PUBLISHED = {
    "tfc_mnist/TFC_1W1A.onnx": 200,
    "tfc_mnist/TFC_1W2A.onnx": 200,
    "tfc_mnist/TFC_2W2A.onnx": 200,
    "kws_w3a3/kws_w3a3.onnx": 50,
    "kws_int8_onnx/micro_kws_m_static_qdq.onnx": 20,
    "cnv_cifar10/cnv_w1a1.onnx": 8,
}


@pytest.mark.parametrize("name", sorted(test_digits.RIGHT))
def test_every_image_of_the_digits_networks(name: str) -> None:
    digits, _ = test_digits.split()
    outcome = test_digits.build(name).verify(levels=("reference", "hls"), inputs=digits)
    assert outcome.passed, outcome.lines()


@pytest.mark.parametrize("cell", sorted(test_digits_recurrent.RIGHT))
def test_every_image_of_the_recurrent_networks(cell: str) -> None:
    digits, _ = test_digits_recurrent.split()
    design = test_digits_recurrent.build(cell)
    outcome = design.verify(levels=("reference", "hls"), inputs=digits, boundaries=True)
    assert outcome.passed, outcome.lines()


def test_a_published_network_with_pruned_weights() -> None:
    outcome = test_lenet._build().verify(
        levels=("reference", "hls"),
        inputs=images(200),
        inputs_are="codes",
        boundaries=True,
    )
    assert outcome.passed, outcome.lines()


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks(name: str, tmp_path: Path) -> None:
    design = hwcompile.compile(model_path(name), tmp_path / "build", fastest=True)
    outcome = design.verify(levels=("reference", "hls"), frames=PUBLISHED[name], boundaries=True)
    assert outcome.passed, outcome.lines()


@pytest.mark.parametrize(("name", "sites"), [("lstm", lstms()), ("gru", grus())])
def test_recurrent_layers_of_any_kind(
    name: str, sites: SearchStrategy[Site], tmp_path: Path
) -> None:
    kernel = family(name).kernels[0]
    cases: list[Case] = []

    @seed(7)
    @settings(
        max_examples=25,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(sites)
    def collect(site: Site) -> None:
        foldings = list(kernel.space(site))
        folding = foldings[len(cases) % len(foldings)]
        cases.append(Case(f"{name}{len(cases)}", site, kernel, folding))

    collect()
    run_all(tmp_path, cases, [*SANITIZE])
    assert len(cases) >= 20
