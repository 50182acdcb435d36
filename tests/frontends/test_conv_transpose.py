"""ConvTranspose without zeros between pixels, in every arrangement, against ONNX Runtime."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import hwcompile
from benchmarks.planning_models import Grower
from hwcompile.compiler import planned_network
from hwcompile.diagnostics import CompileError
from hwcompile.options import CompileOptions

ORACLE = "ONNX Runtime"


def model(
    path: Path, size: tuple[int, ...], filters: int, group: int = 1, **attributes: Any
) -> tuple[int, ...]:
    """One layer with a bias behind a quantizer with a zero point; returns the input's shape."""
    random = np.random.default_rng(sum(size))
    channels = 2 * group
    net = Grower(channels, *size)
    meaning = (net.constant(np.float32(1)), net.constant(np.int8(3)))
    x = net.op("DequantizeLinear", net.op("QuantizeLinear", "x", *meaning), *meaning)
    kernel = attributes["kernel_shape"]
    w = net.constant(random.integers(-7, 8, (channels, filters, *kernel)).astype(np.float32))
    b = net.constant(random.integers(-7, 8, filters * group).astype(np.float32))
    net.save(path, net.op("ConvTranspose", x, w, b, group=group, **attributes))
    return (channels, *size)


CASES: dict[str, dict[str, Any]] = {
    "fewer taps than stride": {"kernel_shape": [2, 1], "strides": [3, 2]},
    "as many": {"kernel_shape": [2, 3], "strides": [2, 3], "pads": [1, 0, 0, 2]},
    "more": {"kernel_shape": [3, 5], "strides": [2, 3], "pads": [1, 2, 0, 1]},
    "cut at both ends": {"kernel_shape": [4, 2], "strides": [2, 1], "pads": [3, 1, 4, 0]},
    "dilated": {"kernel_shape": [3, 2], "strides": [2, 3], "dilations": [3, 2]},
    "dilated at stride 1": {"kernel_shape": [2, 3], "strides": [1, 2], "dilations": [2, 1]},
    "longer": {"kernel_shape": [3, 3], "strides": [3, 2], "output_padding": [2, 1]},
    "of a size": {"kernel_shape": [3, 3], "strides": [2, 2], "output_shape": [9, 7]},
    "same, upper": {"kernel_shape": [3, 2], "strides": [2, 3], "auto_pad": "SAME_UPPER"},
    "same, lower": {"kernel_shape": [4, 3], "strides": [3, 2], "auto_pad": "SAME_LOWER"},
}


@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_pictures(case: str, group: int, tmp_path: Path) -> None:
    shape = model(tmp_path / "m.onnx", (4, 3), 2, group, **CASES[case])
    check(tmp_path, shape)


@pytest.mark.parametrize("taps", [1, 2, 3, 5])
def test_signals(taps: int, tmp_path: Path) -> None:
    check(tmp_path, model(tmp_path / "m.onnx", (5,), 3, kernel_shape=[taps], strides=[2]))


@pytest.mark.slow
@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_any_arrangement(tmp_path: Path, data: st.DataObject) -> None:
    rank, group = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 3))

    def each(low: int, high: int, count: int = rank) -> list[int]:
        return data.draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    size, kernel, strides, dilations = each(1, 5), each(1, 4), each(1, 3), each(1, 3)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = each(0, 2, 2 * rank)
    outputs = [
        s * (n - 1) + r - a - b
        for s, n, r, a, b in zip(strides, size, reach, pads[:rank], pads[rank:], strict=True)
    ]
    assume(min(outputs) > 0)
    shape = model(
        tmp_path / "m.onnx", tuple(size), 2, group, kernel_shape=kernel, strides=strides,
        dilations=dilations, pads=pads,
    )  # fmt: skip
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    try:
        check(tmp_path, shape)
    except CompileError as error:
        # As of a convolution: results that are the bias alone.
        if "every window lies in the padding alone" not in str(error):
            raise


def check(folder: Path, shape: tuple[int, ...]) -> None:
    session = onnxruntime.InferenceSession(folder / "m.onnx")
    x = np.random.default_rng(1).integers(-100, 100, (3, *shape)).astype(np.float32)
    wanted = np.concatenate([session.run(None, {"x": one[None]})[0] for one in x])
    design = hwcompile.compile(folder / "m.onnx", folder / "out")
    (found,) = design.simulate(x, level="reference").real.values()
    np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 2), (3, 3), (3, 1)])
def test_every_product_is_one_of_a_pixel_and_a_weight(
    size: int, stride: int, tmp_path: Path
) -> None:
    """Where strides divide the kernel: as many as the operand has pixels times weights.

    With zeros between its pixels there would be `stride` squared times as many.
    """
    cut = size - stride
    pads = [cut // 2, cut // 2, cut - cut // 2, cut - cut // 2]
    kernel: dict[str, Any] = {"kernel_shape": [size] * 2, "strides": [stride] * 2, "pads": pads}
    channels, height, width = model(tmp_path / "m.onnx", (6, 5), 3, **kernel)
    planned, *_ = planned_network(tmp_path / "m.onnx", CompileOptions(fastest=True))
    parts: list[Any] = [part.built for stage in planned.stages for part in stage.parts]
    (product,) = (one for one in parts if one.op.family == "matmul")
    weights = channels * 3 * size**2
    windows = product.site.inputs[0].pixels
    assert product.op.weights.size == weights
    edge = -(-size // stride) - 1 if stride > 1 else 0
    assert windows <= (height + edge) * (width + edge)
