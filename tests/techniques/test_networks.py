"""The frame of the rows: what is wrong with a network is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.planning_models import Grower
from benchmarks.techniques import complaints, row_numbers, run
from benchmarks.techniques_networks import all_networks
from benchmarks.techniques_networks.network import Network, executed, extremes_first

ORACLE = "numpy"


def doubled(path: Path) -> None:
    """A network of one matrix."""
    net = Grower(2, 1, 3)
    x = net.op("Flatten", net.quant("x", 4, True))
    net.save(path, net.op("MatMul", x, net.constant(np.arange(-6.0, 6).reshape(6, 2))))


def test_one_wrong_output_of_any_level_is_a_mismatch(tmp_path: Path) -> None:
    """Three levels have it, so three are counted."""
    network = Network(0, "doubled", doubled, codes=(-8, 7))

    def wrong(path, inputs):  # type: ignore[no-untyped-def]
        found = executed(path, inputs)
        (y,) = found.values()
        y[4, 1] += 1
        return found

    found = run(replace(network, expected=wrong), tmp_path)
    assert found.mismatches == 3
    assert found.agree
    assert found.measured == found.predicted


def test_what_is_said_and_not_held_is_named() -> None:
    network = Network(
        0, "n", doubled, multipliers=1, ideal_bits=100, bound=200, gains=("lut",)
    )  # fmt: skip
    row = {"multipliers": 1, "dsp": 1, "weight_bits": 105, "interval_cycles": 210, "lut": 5}
    row["baseline_lut"] = 6
    assert complaints(network, row) == []
    for name in row:
        if name != "baseline_lut":
            (said,) = complaints(network, row | {name: row[name] + 1})
            assert said.startswith(name)
    assert complaints(replace(network, multipliers=0, ideal_bits=0, bound=0), row | {"lut": 4}) == [
        "multipliers: 1, and 0 at most",
        "dsp: 1, and 0 at most",
        "weight_bits: 105, and 0 at most",
        "interval_cycles: 210, and 0 at most",
    ]


def test_frames_begin_with_extremes() -> None:
    x = extremes_first(np.random.default_rng(1), (2, 3), -4, 3)
    assert np.unique(x[0]) == -4
    assert np.unique(x[1]) == 3
    np.testing.assert_array_equal(x[2], [[3, -4, 3], [-4, 3, -4]])


def test_rows_are_named_one_by_one_or_from_to() -> None:
    assert [*row_numbers("7"), *row_numbers("30-32")] == [7, 30, 31, 32]
    with pytest.raises(ValueError, match="x"):
        row_numbers("x")


def test_names_are_different() -> None:
    names = [(network.row, network.name) for network in all_networks()]
    assert len(set(names)) == len(names)
