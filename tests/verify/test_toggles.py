"""Changes of nets that a simulation counts.

Who wrote the expectations: Verilator's own VCD file of the same run, read by pywellen; what numpy
counts between words that are sent; and of a counter the closed form: n bits that go round once
change 2^(n+1) - 2 times.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pywellen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify.simulator import Simulator, compile_simulator
from hwcompile.verify.toggles import Net, NetActivity, by_stage, read_nets
from hwcompile.verify.verilator import TOGGLES, VCD
from tests.verify.passthrough import write_passthrough

KIND = IntType(-1024, 1023)
SHAPE = (2, 8, 3)
FORM = StreamFormat(2 * 8, 3, 3, KIND)
WORDS = 16
FRAMES = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fifo")
    write_passthrough(path, SHAPE, FORM)
    return path


@pytest.fixture(scope="module")
def counting(folder: Path) -> Simulator:
    return compile_simulator(folder, waves=TOGGLES, cycles=1000)


def frames(seed: int = 0, low: int = -1024, high: int = 1024) -> IntArray:
    return np.random.default_rng(seed).integers(low, high, (FRAMES, *SHAPE), dtype=np.int64)


def counted(simulator: Simulator, inputs: IntArray, folder: Path, stall: float = 0.0) -> list[Net]:
    file = folder / f"nets.{TOGGLES}"
    simulator.run({"x": inputs}, waves=file, stall=stall, seed=3)
    return read_nets(file.read_text())


def net(nets: list[Net], name: str) -> Net:
    (found,) = [each for each in nets if any(full.endswith(name) for full in each.names)]
    return found


def sent_changes(inputs: IntArray, first: int) -> int:
    """Bits of the input's data that change, from word `first` on."""
    codes = (inputs.reshape(-1, 3) & 0x7FF) << np.array([0, 11, 22])
    words = codes.sum(axis=1)[first:]
    return sum(int(change).bit_count() for change in words[1:] ^ words[:-1])


def test_words_and_counters_change_as_often_as_they_are_sent(
    counting: Simulator, tmp_path: Path
) -> None:
    inputs = frames()
    nets, one = (counted(counting, sent, tmp_path) for sent in (inputs, inputs[:1]))
    data, alone = (net(found, "TOP.s_axis_x_tdata") for found in (nets, one))
    # What is there before the first word is random, and the same in both runs.
    assert data.changes - alone.changes == sent_changes(inputs, WORDS - 1)
    assert 0 <= alone.changes - sent_changes(inputs[:1], 0) <= 33
    assert data.bits == 40
    # Of 16 words in a frame, 4 bits that go round once.
    place = net(nets, "u_check.i_last.count_q")
    assert (place.bits, place.changes) == (4, FRAMES * (2**5 - 2))
    assert net(nets, "TOP.aresetn").changes == 0


def test_a_constant_input_changes_nothing_behind_it(counting: Simulator, tmp_path: Path) -> None:
    nets = counted(counting, np.zeros((FRAMES, *SHAPE), np.int64), tmp_path)
    alone = counted(counting, np.zeros((1, *SHAPE), np.int64), tmp_path)
    for name in ("TOP.s_axis_x_tdata", "TOP.m_axis_y_tdata"):
        # What was there before reset goes once.
        assert net(nets, name).changes == net(alone, name).changes <= 40


def test_the_more_bits_are_random_the_more_change(counting: Simulator, tmp_path: Path) -> None:
    found = [
        sum(each.changes for each in counted(counting, frames(1, 0, 1 << bits), tmp_path))
        for bits in (0, 3, 6, 10)
    ]
    assert found == sorted(set(found))


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_every_net_changes_as_often_as_in_a_vcd_file(
    stall: float, folder: Path, counting: Simulator, tmp_path: Path
) -> None:
    file = tmp_path / f"run.{VCD}"
    inputs = frames(2)
    compile_simulator(folder, waves=VCD, cycles=1000).run(
        {"x": inputs}, waves=file, stall=stall, seed=3
    )
    wave = pywellen.Waveform(str(file))
    values = {var.full_name: list(var.signal) for var in wave.all_vars()}
    released = next(time for time, value in values["TOP.aresetn"] if int(value) == 1)
    expected = {}
    for name, moments in values.items():
        after = pairwise(moments)
        expected[name] = sum(
            (int(old) ^ int(new)).bit_count() for (_, old), (time, new) in after if time > released
        )
    nets = counted(counting, inputs, tmp_path, stall)
    # Words of memories have names of their own there.
    found = {name: n.changes for n in nets for name in n.names if not name.endswith("]")}
    assert len(found) > 40
    assert found == {name: expected[name] for name in found}
    left = [name for name in expected.keys() - found.keys() if expected[name]]
    assert all("mem" in name for name in left)


def test_a_net_belongs_to_the_stage_that_drives_it() -> None:
    nets = [
        Net(("TOP.t.a_b", "TOP.t.u_a.out_o", "TOP.t.u_a.u_fifo.head_q", "TOP.t.u_b.in_i"), 8, 70),
        Net(("TOP.t.u_b.in_ready_o", "TOP.t.b_ready", "TOP.t.u_a.u_fifo.u_deep.ready_i"), 1, 9),
        Net(("TOP.t.u_input.head_q", "TOP.t.u_a.in_i", "TOP.t.u_a.u_core.in_i"), 4, 5),
        Net(("TOP.aclk", "TOP.t.aclk", "TOP.t.u_a.clk_i"), 1, 1000),
        Net(("TOP.t.u_b.only_i",), 2, 3),
    ]
    found = by_stage(nets, 10, 500, {"u_a": "a", "u_b": "b"})
    assert found.stages == {"a": NetActivity(8, 70), "b": NetActivity(3, 12)}
    assert found.around == NetActivity(4, 5)
    assert found.total == NetActivity(15, 87)


names = st.lists(
    st.sampled_from(["TOP.t.u_a.x_q", "TOP.t.u_b.y_q", "TOP.t.u_c.z_i", "TOP.t.w", "TOP.v"]),
    min_size=1,
    unique=True,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(names, st.integers(1, 64), st.integers(0, 10**9))))
def test_nothing_is_lost_between_stages(parts: list[tuple[list[str], int, int]]) -> None:
    nets = [Net(tuple(each), bits, changes) for each, bits, changes in parts]
    text = "".join(f"{n.changes} {n.bits} {' '.join(n.names)}\n" for n in nets)
    assert read_nets(text) == nets
    found = by_stage(nets, 1, 1, {"u_a": "a", "u_b": "b", "u_d": "d"})
    assert found.stages["d"] == NetActivity()
    assert found.total == NetActivity(sum(n.bits for n in nets), sum(n.changes for n in nets))
