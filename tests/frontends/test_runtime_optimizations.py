"""What ONNX Runtime's default optimizations change: they are the difference, not the front end.

A bias that is float32 in a QDQ model is rounded to multiples of (input scale * weight scale), so
that an integer kernel can take it. hwcompile adds the bias that the file has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, grid, runtime

ORACLE = "ONNX Runtime"

STEP_X, STEP_W, STEP_Y = 2.0**-5, 2.0**-4, 2.0**-8
"""Powers of two, so that every float32 sum is exact and its order means nothing."""

SHAPES = {
    "Conv": ((5, 9, 7), (11, 5, 3, 2)),
    "ConvTranspose": ((5, 9, 7), (5, 11, 3, 2)),
    "Gemm": ((35,), (35, 11)),
}


def layer(kind: str, bias: np.ndarray) -> tuple[Model, str]:
    """A layer between quantizers; weights are small, so that no kernel saturates inside."""
    model = Model(seed=3)
    shape, weights = SHAPES[kind]
    x = model.quantize(model.input(1, *shape), STEP_X, 0)
    integers = model.constant(model.rng.integers(-3, 4, weights), np.int8)
    w = model.op("DequantizeLinear", integers, model.constant(STEP_W), model.constant(0, np.int8))
    y = model.op(kind, x, w, model.constant(bias))
    return model, model.quantize(y, STEP_Y, 0)


def optimized(path: Path, x: np.ndarray) -> np.ndarray:
    """ONNX Runtime as it comes, frame by frame."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    return np.concatenate([session.run(None, {"x": frame[None]})[0] for frame in x])


@pytest.mark.parametrize("kind", SHAPES)
def test_float_biases_stay_what_the_file_says(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    bias = (rng.integers(-64, 64, 11) * 2.0**-12).astype(np.float32)
    frames = 200 if kind == "Gemm" else 4
    x = grid(rng, frames, *SHAPES[kind][0], step=2.0**-8)

    model, y = layer(kind, bias)
    path = model.save(tmp_path, y)
    (plain,) = runtime(path, {"x": x})
    assert np.array_equal(load_model(path).run({"x": x})[y], plain)

    fast = optimized(path, x)
    moved = np.abs(fast - plain)
    assert 0.15 < np.count_nonzero(moved) / moved.size < 0.25, "docs/semantics.md says a fifth"
    assert moved.max() == STEP_Y

    # What the optimizations compute is the same layer with rounded biases.
    rounded = np.rint(bias / (STEP_X * STEP_W)) * (STEP_X * STEP_W)
    model, y = layer(kind, rounded)
    assert np.array_equal(load_model(model.save(tmp_path, y)).run({"x": x})[y], fast)
