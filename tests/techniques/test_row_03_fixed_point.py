"""Fixed point of 16 bits times 16 bits (1502.02551): binary points move by wires and an adder."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
from onnx import helper

import hwcompile
from tests.techniques.pruned import quant, save

ORACLE = "numpy"

INPUTS, OUTPUTS = 6, 3


def test_a_sum_is_rounded_without_multiplier_and_memory(tmp_path: Path) -> None:
    """One rounding to nearest, ties to even, of the exact sum; a table had 2,494,720 bits."""
    rng = np.random.default_rng(3)
    codes = rng.integers(-(2**15), 2**15, (INPUTS, OUTPUTS))
    # Half a step of the result for every odd input.
    codes[:, 0] = 0
    codes[0, 0] = 2**14
    nodes = [
        *quant("xq", "x", 2**-10, 16, 1),
        *quant("wq", "w", 2**-14, 16, 1),
        helper.make_node("MatMul", ["xq", "wq"], ["sums"], "layer"),
        *quant("y", "sums", 2**-9, 16, 1),
    ]
    weights = {"w": (codes / 2**14).astype(np.float32)}
    model = save(tmp_path / "m" / "net.onnx", nodes, (INPUTS,), (OUTPUTS,), weights)
    design = hwcompile.compile(model, tmp_path / "b", target_cycles=OUTPUTS, rounding="exact")
    chosen = tomllib.loads(design.schedule)["nodes"]
    assert [part["kernel"] for part in chosen.values()] == ["folded", "shift"]
    x = rng.integers(-(2**15), 2**15, (40, INPUTS))
    x[0], x[1] = -(2**15), 2**15 - 1
    x[2:20] >>= 9
    # 2**15 steps of the sum are one of the result; halves go to even.
    expected = np.clip(np.rint((x @ codes) / 2**15), -(2**15), 2**15 - 1)
    assert np.any((x @ codes) % 2**15 == 2**14)
    for level in ("reference", "hls", "rtl"):
        (got,) = design.simulate(x / 2**10, level=level).raw.values()
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)
