"""Weights in external memory: the same integers, later by exactly the cycles without a row."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from benchmarks.recurrent import layer
from hwcompile.ops import family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.lstm.examples import examples
from hwcompile.ops.recurrent.static import Static
from tests.externalbench import check_external
from tests.ops.gru import samples as grus
from tests.ops.lstm.samples import lstms
from tests.ops.recurrent.describing import described

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

STATIC: AnyKernel = family("lstm").kernel("static")


def _rows(site: Site, parameters: Parameters) -> int:
    """Rows of the program that a frame takes."""
    kernel = family(site.op.family).kernel("static")
    assert isinstance(kernel, Static)
    return described(kernel, site, parameters).cycles * site.inputs[0].shape[1]


def _check(site: Site, parameters: Parameters, seed: int = 0) -> list[int]:
    kernel = family(site.op.family).kernel("static")
    return check_external(site, kernel, parameters, _rows(site, parameters), seed=seed)


EXAMPLES = ("projection", "plain", "start", "channels", "powers", "signs", "state", "two-states")


@pytest.mark.parametrize("site", examples(), ids=EXAMPLES)
def test_examples_with_every_memory(site: Site) -> None:
    starved = _check(site, {"pes": 4, "lanes": 2, "weights": "external"})
    assert starved[0] == 0
    assert starved[-2] > 100


@settings(
    deadline=None,
    max_examples=3,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(
    st.one_of(lstms(), grus.grus()),
    st.sampled_from(((1, 1), (3, 1), (4, 2), (8, 4))),
    st.sampled_from((4, 16, 128)),
    st.integers(0, 99),
)
def test_random_engines(site: Site, size: tuple[int, int], prefetch: int, seed: int) -> None:
    parameters: dict[str, int | str] = {"weights": "external", "prefetch": prefetch}
    kernel = family(site.op.family).kernel("static")
    assume(kernel.refuses(site) is None)
    sizes = {"pes": size[0], "lanes": size[1]}
    if kernel.check(site, {**sizes, **parameters}) is not None:
        sizes = {"pes": 1, "lanes": 1}
    _check(site, {**sizes, **parameters}, seed)


@pytest.mark.slow
def test_ese_lstm() -> None:
    """The published layer: 1.3 MB per step, 128 bytes per cycle, of a memory that needs 60 cycles.

    That latency is hidden; with a memory that holds back one cycle in twenty, a frame is late by
    the cycles in which there was nothing.
    """
    graph = layer(153, 0.1, 1)
    site = Site.of(graph.nodes[0].op, graph.types["x"])
    parameters: dict[str, int | str] = {"pes": 32, "lanes": 1, "weights": "external"}
    memories = ((1, 0.0), (60, 0.0), (60, 0.05))
    starved = check_external(site, STATIC, parameters, _rows(site, parameters), memories)
    assert starved[:2] == [0, 0]
    assert starved[2] > 1000
