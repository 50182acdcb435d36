from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.recurrent import layer
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.contract.timing import Timing
from hwcompile.ops.lstm.examples import examples, small
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.static import LstmEngine, LstmStatic
from tests.kernelbench import check_kernel, random_frames
from tests.ops.lstm.samples import lstms
from tests.ops.recurrent.describing import described

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

STATIC: AnyKernel = LstmStatic()


EXAMPLES = ("projection", "plain", "start", "channels", "powers", "signs", "state", "two-states")


@pytest.mark.parametrize("site", examples(), ids=EXAMPLES)
@pytest.mark.parametrize("parameters", [{"pes": 1, "lanes": 1}, {"pes": 6, "lanes": 2}])
def test_examples_in_hardware(site: Site[Lstm], parameters: Parameters) -> None:
    check_kernel(site, STATIC, parameters, frames=5)


@settings(
    deadline=None,
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(lstms(), st.sampled_from(((1, 1), (2, 1), (3, 1), (4, 2), (8, 4))), st.integers(0, 99))
def test_random_engines(site: Site[Lstm], size: tuple[int, int], seed: int) -> None:
    parameters = {"pes": size[0], "lanes": size[1]}
    if STATIC.check(site, parameters) is not None:
        parameters = {"pes": 1, "lanes": 1}
    check_kernel(site, STATIC, parameters, frames=4, seed=seed)


def test_sequences_of_any_length_with_stalls() -> None:
    kinds = (TensorType((1, 1, 6), IntType(-128, 127)), TensorType((1, 1, 1), IntType(0, 1)))
    op = small(6, 16, 7, True, True, True)
    site = Site.of(op, *kinds)
    x = random_frames(kinds[0], 14, np.random.default_rng(1))
    starts = np.zeros((14, 1, 1, 1), dtype=np.int64)
    starts[[3, 4, 9]] = 1
    for stall in (0.0, 0.7):
        check_kernel(site, STATIC, {"pes": 8, "lanes": 4}, inputs=(x, starts), stall=stall)


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_a_state_comes_in_with_every_frame_while_others_are_computed(stall: float) -> None:
    for number in (6, 7):
        check_kernel(examples()[number], STATIC, {"pes": 4, "lanes": 1}, frames=9, stall=stall)


def test_a_slow_sink_holds_the_steps_back() -> None:
    site = examples()[0]
    check_kernel(site, STATIC, {"pes": 4, "lanes": 1}, frames=6, stall=0.95, depth=4)


def _ese_like(
    cells: int, steps: int, density: float = 0.2, channels: int = 1
) -> tuple[Site, IntArray]:
    graph = layer(20, density, 3, cells=cells, outputs=cells // 2, channels=channels)
    (node,) = graph.nodes
    kind = graph.types["x"]
    rng = np.random.default_rng(5)
    x = np.rint(rng.normal(size=(steps, *kind.shape)) / kind.scale[0]).astype(np.int64)
    return Site.of(node.op, kind), x


def _close_to_bound(site: Site, parameters: Parameters, slack: int) -> None:
    found = described(STATIC, site, parameters)
    entries = found.gates_entries + found.projection_entries
    bound = -(-(entries + found.fillers) // found.pes)
    assert bound <= found.cycles <= bound + slack


def test_a_small_sparse_layer_with_16_bits() -> None:
    site, x = _ese_like(64, 12)
    parameters = {"pes": 8, "lanes": 1}
    _close_to_bound(site, parameters, 45)
    check_kernel(site, STATIC, parameters, inputs=(x,))


def test_eight_channels_take_the_cycles_of_one() -> None:
    parameters = {"pes": 8, "lanes": 2}
    one, _ = _ese_like(64, 1)
    many, x = _ese_like(64, 5, channels=8)
    assert STATIC.at(many, parameters).interval == STATIC.at(one, parameters).interval
    check_kernel(many, STATIC, parameters, inputs=(x,))


def test_channels_share_programs_and_have_their_own_multipliers() -> None:
    parameters = {"pes": 8, "lanes": 2}
    one, many = (_ese_like(64, 1, channels=count)[0] for count in (1, 8))
    single, wide = (STATIC.at(site, parameters).instance.memories for site in (one, many))
    for name, image in single.items():
        assert np.array_equal(image.rows, wide[name].rows), name
    found = [described(STATIC, site, parameters) for site in (one, many)]
    assert found[1].read_bits == found[0].read_bits == found[1].weight_bits
    assert [d.multipliers for d in found] == [8, 64]
    assert [STATIC.at(site, parameters).lanes for site in (one, many)] == [8, 64]
    need = [STATIC.at(site, parameters).needs for site in (one, many)]
    assert need[1].multipliers == 8 * need[0].multipliers
    programs = [m for m in need[0].memories if m.depth == found[0].cycles]
    assert sum(m.bits for m in programs) == found[0].weight_bits + found[0].control_bits
    assert programs == [m for m in need[1].memories if m.depth == found[1].cycles]
    assert need[1].memory_bits < 8 * need[0].memory_bits


@pytest.mark.parametrize("density", [0.02, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("pes", [4, 16])
def test_a_step_takes_little_more_than_its_share_of_entries(density: float, pes: int) -> None:
    site, _ = _ese_like(128, 1, density)
    parameters = next(p for p in STATIC.space(site) if p["pes"] == pes)
    found = described(STATIC, site, parameters)
    entries = found.gates_entries + found.projection_entries
    assert found.cycles <= entries / pes / 0.95 + 80


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pes": 3, "lanes": 2}, "not a multiple"),
        ({"pes": 0, "lanes": 1}, "not a multiple"),
        ({"pes": 6, "lanes": 3}, "not a power of two"),
        ({"pes": 8, "lanes": 8}, "8 lanes for 3 cell units or outputs"),
        ({"pes": 24, "lanes": 1}, "24 PEs for 23 rows"),
    ],
)
def test_bad_parameters(parameters: Parameters, message: str) -> None:
    assert message in (STATIC.check(examples()[0], parameters) or "")


class _LateEngine(LstmEngine):
    """Predicts one cycle too many per step."""

    @property
    def timing(self) -> Timing:
        timing = super().timing
        step = timing.actors["step"]
        slower = replace(step, duration=step.duration + (np.arange(step.duration.size) % 2))
        return replace(timing, actors={**timing.actors, "step": slower})

    @property
    def interval(self) -> int:
        return self.timing.interval


class _Late(LstmStatic):
    built = _LateEngine


def test_a_wrong_prediction_is_seen() -> None:
    with pytest.raises(AssertionError):
        check_kernel(examples()[0], _Late(), {"pes": 1, "lanes": 1}, frames=3)


class _OtherEngine(LstmEngine):
    """Builds another LSTM."""

    @property
    def instance(self) -> Instance:
        other = replace(self.op, bias=-self.op.bias)
        site = Site.of(other, *self.site.inputs)
        return STATIC.at(site, self.parameters).instance


class _Other(LstmStatic):
    built = _OtherEngine


def test_a_wrong_constant_is_seen() -> None:
    with pytest.raises(AssertionError):
        check_kernel(examples()[0], _Other(), {"pes": 1, "lanes": 1}, frames=3)


@pytest.mark.slow
def test_ese_lstm() -> None:
    """20 steps of the published layer, at most 10,190 cycles each, from at most 860 KB."""
    graph = layer(153, 0.1, 1)
    site = Site.of(graph.nodes[0].op, graph.types["x"])
    parameters = {"pes": 32, "lanes": 1}
    found = described(STATIC, site, parameters)
    assert abs(found.gates_entries + found.projection_entries - 324_813) < 8
    assert found.cycles <= 10_190
    assert found.weight_bits <= 860_000 * 8
    rng = np.random.default_rng(0)
    x = np.rint(rng.normal(size=(20, 1, 1, 153)) * 4096).astype(np.int64)
    check_kernel(site, STATIC, parameters, inputs=(x,))


@pytest.mark.slow
def test_ese_lstm_with_32_channels() -> None:
    """Six steps of 32 sequences, in the cycles of one and with every weight read once."""
    one, many = (layer(153, 0.1, 1, channels=count) for count in (1, 32))
    single, site = (Site.of(g.nodes[0].op, g.types["x"]) for g in (one, many))
    parameters = {"pes": 32, "lanes": 1}
    assert STATIC.at(site, parameters).interval == STATIC.at(single, parameters).interval
    found = [described(STATIC, s, parameters) for s in (single, site)]
    assert found[1].read_bits == found[0].read_bits
    assert found[1].multipliers == 1024
    rng = np.random.default_rng(0)
    x = np.rint(rng.normal(size=(6, 1, 1, 153 * 32)) * 4096).astype(np.int64)
    check_kernel(site, STATIC, parameters, inputs=(x,))


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "pes"), [(153, 208), (512, 304)])
def test_layers_of_sr1(inputs: int, pes: int) -> None:
    """The two layers share 512 multipliers; each takes at most 1,215 cycles."""
    graph = layer(inputs, 1 / 13, inputs)
    site = Site.of(graph.nodes[0].op, graph.types["x"])
    parameters = {"pes": pes, "lanes": 8}
    assert described(STATIC, site, parameters).cycles <= 1_215
    rng = np.random.default_rng(0)
    x = np.rint(rng.normal(size=(20, 1, 1, inputs)) * 4096).astype(np.int64)
    check_kernel(site, STATIC, parameters, inputs=(x,))
