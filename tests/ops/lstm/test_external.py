"""Weights in external memory: the same integers, later by exactly the cycles without a row."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ops import family
from hwcompile.ops.lstm.examples import examples
from hwcompile.ops.site import Parameters, Site
from hwcompile.schedule.tokens import simulate
from hwcompile.verify.simulator import compile_simulator
from tests.kernelbench import one_node_plan, random_frames
from tests.ops.gru import samples as grus
from tests.ops.lstm.samples import lstms

MEMORIES = ((1, 0.0), (8, 0.0), (60, 0.0), (1, 0.5), (25, 0.9), (150, 0.3))
"""Latency of external memory in cycles, and how often it stalls."""


def check_external(
    site: Site,
    parameters: Parameters,
    memories: tuple[tuple[int, float], ...] = MEMORIES,
    *,
    frames: int = 5,
    seed: int = 0,
) -> list[int]:
    """Compare with `evaluate` and the prediction; returns the starved cycles of each memory."""
    kernel = family(site.op.family).kernel("static")
    assert kernel.check(site, parameters) is None, kernel.check(site, parameters)
    plan, steps = one_node_plan(site, kernel, parameters), site.inputs[0].shape[1]
    rng = np.random.default_rng(seed)
    inputs = tuple(random_frames(kind, frames, rng) for kind in site.inputs)
    (expected,) = site.op.evaluate(site.inputs, inputs)
    named = {f"in{i}": array for i, array in enumerate(inputs)}
    trace = simulate(plan, frames)
    # A step begins as soon as the one before is issued, so nothing hides a late row.
    busy = set(np.diff(trace.frame_ends)) == {kernel.describe(site, parameters).cycles * steps}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        simulator = compile_simulator(Path(folder))
        for latency, stall in memories:
            run = simulator.run(named, memory_latency=latency, memory_stall=stall, seed=seed)
            np.testing.assert_array_equal(run.outputs["dut"], expected)
            first = int(min(cycles[0] for cycles in run.input_cycles.values()))
            late = run.output_cycles["dut"] - first - trace.delivered[0]
            (starved,) = run.starved.values()
            assert late.min() >= 0
            assert late.max() <= starved
            if busy:
                assert late[-1] == starved
            found.append(starved)
        for stall in (0.3, 0.8):
            run = simulator.run(named, stall=stall, seed=seed + 1)
            np.testing.assert_array_equal(run.outputs["dut"], expected)
    return found


@pytest.mark.parametrize("site", examples(), ids=("projection", "plain", "start", "channels"))
def test_examples_with_every_memory(site: Site) -> None:
    starved = check_external(site, {"pes": 4, "lanes": 2, "weights": "external"})
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
    parameters = {"weights": "external", "prefetch": prefetch}
    kernel = family(site.op.family).kernel("static")
    assume(kernel.refuses(site) is None)
    sizes = {"pes": size[0], "lanes": size[1]}
    if kernel.check(site, {**sizes, **parameters}) is not None:
        sizes = {"pes": 1, "lanes": 1}
    check_external(site, {**sizes, **parameters}, seed=seed)
