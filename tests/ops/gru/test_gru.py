from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.examples import examples, small
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.gru.static import GruStatic
from tests.kernelbench import check_kernel, random_frames
from tests.ops.gru.samples import grus, naive
from tests.ops.recurrent.describing import described

ORACLE = ("numpy", "this project")
ORACLE_REASON = "the equations of the paper with Python integers; its kernel is held to `evaluate`"

STATIC: AnyKernel = family("gru").kernel("static")


@settings(deadline=None, max_examples=150)
@given(grus(), st.integers(0, 99))
def test_op_against_plain_loops(site: Site[Gru], seed: int) -> None:
    op = site.op
    assert isinstance(op, Gru)
    assert op.problems(site.inputs) == []
    rng = np.random.default_rng(seed)
    values = tuple(random_frames(kind, 3, rng) for kind in site.inputs)
    (found,) = op.evaluate(site.inputs, values)
    for channel in range(op.channels):
        x, y = (part[:, 0, :, channel :: op.channels].tolist() for part in (values[0], found))
        starts = states = None
        if op.takes_state:
            states = values[1][:, 0, 0, channel :: op.channels].tolist()
        elif len(values) > 1:
            starts = values[1][:, 0, :, channel].tolist()
        assert y == naive(op, x, starts, states)


@pytest.mark.parametrize(
    "site", examples(), ids=("frames", "start", "before", "two", "state", "states")
)
@pytest.mark.parametrize("parameters", [{"pes": 1, "lanes": 1}, {"pes": 6, "lanes": 2}])
def test_examples_in_hardware(site: Site[Gru], parameters: dict[str, int]) -> None:
    check_kernel(site, STATIC, parameters, frames=5)


@settings(
    deadline=None,
    max_examples=3,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(grus(), st.sampled_from(((1, 1), (3, 1), (4, 2))), st.integers(0, 99))
def test_random_engines(site: Site[Gru], size: tuple[int, int], seed: int) -> None:
    parameters = {"pes": size[0], "lanes": size[1]}
    if STATIC.check(site, parameters) is not None:
        parameters = {"pes": 1, "lanes": 1}
    check_kernel(site, STATIC, parameters, frames=4, seed=seed)


@pytest.mark.parametrize("after", [False, True])
def test_sequences_of_any_length_with_stalls(after: bool) -> None:
    kinds = (TensorType((1, 1, 12), IntType(-128, 127)), TensorType((1, 1, 2), IntType(0, 1)))
    site = Site.of(replace(small(6, 16, after, True), channels=2), *kinds)
    rng = np.random.default_rng(1)
    x = random_frames(kinds[0], 14, rng)
    starts = (rng.random((14, 1, 1, 2)) < 0.2).astype(np.int64)
    for stall in (0.0, 0.7):
        check_kernel(site, STATIC, {"pes": 8, "lanes": 4}, inputs=(x, starts), stall=stall)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("pes", [4, 16])
def test_a_step_takes_little_more_than_its_share_of_entries(after: bool, pes: int) -> None:
    site = Site.of(small(64, 128, after, False), TensorType((1, 1, 64), IntType(-128, 127)))
    op = site.op
    assert isinstance(op, Gru)
    kernel = STATIC
    assert isinstance(kernel, GruStatic)
    parameters = next(p for p in kernel.space(site) if p["pes"] == pes)
    found = described(kernel, site, parameters)
    second = 0 if after else np.count_nonzero(op.wx[2]) + np.count_nonzero(op.wr[2])
    entries = np.count_nonzero(op.wx) + np.count_nonzero(op.wr)
    assert found.gates_entries == entries - second
    assert found.projection_entries == second
    assert found.utilisation == entries / (pes * found.cycles)
    assert (entries + found.fillers) / pes <= found.cycles <= (entries + found.fillers) / pes + 45


def test_resetting_after_and_before_differ_only_by_the_gate() -> None:
    """With r fixed at one, both conventions are the same."""
    ones = np.full(64, 128, dtype=np.int64)
    x = TensorType((1, 4, 4), IntType(-128, 127))
    after = replace(small(4, 6, True, False), sigma=ones, one=256, n_shift=7)
    before = replace(after, reset_after=False, reset_shift=7, n_shift=0, table_shifts=(8, 8))
    after = replace(after, table_shifts=(8, 15))
    values = (random_frames(x, 4, np.random.default_rng(0)),)
    assert np.array_equal(after.evaluate((x,), values)[0], before.evaluate((x,), values)[0])


X = TensorType((1, 3, 4), IntType(-128, 127))
GOOD = small(4, 5, True, True)
LONG = np.arange(64, dtype=np.int64) * 40


@pytest.mark.parametrize(
    ("op", "inputs", "message"),
    [
        (GOOD, (TensorType((1, 3, 5), IntType(0, 1)),), "vectors of 4, its input has 5"),
        (replace(GOOD, keep=False), (X, TensorType((1, 3, 1), IntType(0, 1))), "state is kept"),
        (replace(GOOD, wx=np.zeros((4, 5, 4), int)), (X,), "instead of [3, C, X]"),
        (replace(GOOD, wr=np.zeros((3, 5, 4), int)), (X,), "recurrent weights have the shape"),
        (replace(GOOD, bias=np.zeros((3, 5), int)), (X,), "biases have the shape"),
        (replace(GOOD, candidate=np.zeros(5, int)), (X,), "table candidate has 5 elements"),
        (replace(GOOD, rounding="up"), (X,), "'floor' or 'half_up'"),
        (replace(GOOD, h_shifts=(0, 0)), (X,), "h_shifts three"),
        (replace(GOOD, n_shift=41), (X,), "shifts are from 0"),
        (replace(GOOD, h_type=IntType(0, 1 << 30)), (X,), "h has at most 24 bits"),
        (replace(GOOD, one=1 << 30), (X,), "at most 24 bits"),
        (replace(GOOD, bias=GOOD.bias << 58), (X,), "biases have at most"),
        (replace(GOOD, n_shift=40, wx=GOOD.wx << 15), (X,), "more than the 62"),
        (replace(GOOD, sigma=LONG), (X,), "table sigma covers"),
        (replace(GOOD, candidate=LONG, table_shifts=(8, 3)), (X,), "table candidate covers"),
    ],
)
def test_refuses_in_words(op: Gru, inputs: tuple[TensorType, ...], message: str) -> None:
    assert message in "; ".join(op.problems(inputs))
