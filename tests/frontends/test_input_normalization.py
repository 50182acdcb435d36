"""`(x / 255 - mean) / deviation` in front of the first layer, with the pixels as uint8.

The oracle is ONNX Runtime. It adds products up in float32 in its own order; the frames are such
that no sum lies within the error of that from a threshold.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, runtime

ORACLE = "ONNX Runtime"

MEANS = {"means of ImageNet": [0.485, 0.456, 0.406], "one mean": [0.5, 0.5, 0.5]}


def _normalized(m: Model, mean: list[float], height: int, width: int) -> str:
    y = m.op("Div", m.input(1, 3, height, width), m.constant(255.0))
    y = m.op("Sub", y, m.constant(np.reshape(mean, (1, 3, 1, 1))))
    return m.op("Div", y, m.constant(np.reshape([0.229, 0.224, 0.225], (1, 3, 1, 1))))


def _frames(count: int, height: int, width: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    return {"x": rng.integers(0, 256, (count, 3, height, width)).astype(np.float32)}


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("mean", MEANS)
def test_normalization_in_front_of_the_first_layer(mean: str, pad: int, tmp_path: Path) -> None:
    m = Model()
    x = _normalized(m, MEANS[mean], 8, 7)
    y = m.op("Conv", x, m.weights(5, 3, 3, 2, scale=0.0625), pads=[pad, 0, 2 * pad, pad])
    path = m.save(tmp_path, m.quantize(m.op("Relu", y), 0.25, -128))
    imported = load_model(path, {"x": "uint8:1"})
    feeds = _frames(20, 8, 7)
    (expected,) = runtime(path, feeds)
    (result,) = imported.run(feeds).values()
    assert np.unique(expected).size > 30
    np.testing.assert_array_equal(result, expected)
    assert any("normalization" in note for note in imported.notes)


Order = tuple[str, ...]
ORDERS: dict[str, Order] = {
    "scaled first": ("div 255", "sub mean", "div deviation"),
    "scaled last": ("sub mean 255", "div deviation", "mul 1/255"),
    "deviation first": ("div deviation", "sub mean", "mul 1/255"),
    "between -1 and 1": ("div 127.5", "sub 1"),
    "batch normalization": ("div 255", "batch normalization"),
    "batch normalization alone": ("batch normalization",),
    "channels last": ("div 255", "sub mean", "div deviation", "transpose"),
    "channels last, turned first": ("transpose", "div 255", "sub mean", "div deviation"),
}


def _step(m: Model, x: str, step: str, last: bool) -> str:
    """One operator of a normalization, on maps with the channels last or first."""
    kind, _, what = step.partition(" ")
    shape = (1, 1, 1, 3) if last else (1, 3, 1, 1)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    if kind == "transpose":
        return m.op("Transpose", x, perm=[0, 3, 1, 2])
    if kind == "batch":
        rows = (m.constant(v) for v in (deviation, mean, mean, deviation**2))
        return m.op("BatchNormalization", x, *rows, epsilon=1e-3)
    numbers = {"mean": mean.reshape(shape), "mean 255": (mean * 255).reshape(shape),
               "deviation": deviation.reshape(shape), "1/255": np.float32(1 / 255)}  # fmt: skip
    constant = numbers[what] if what in numbers else float(what)
    return m.op(kind.capitalize(), x, m.constant(constant))


@pytest.mark.parametrize("form", ["real", "uint8"])
@pytest.mark.parametrize("order", ORDERS)
def test_normalizations_in_any_order(order: str, form: str, tmp_path: Path) -> None:
    m = Model()
    last = "transpose" in ORDERS[order]
    shape = (8, 7, 3) if last else (3, 8, 7)
    x = m.input(1, *shape, kind=TensorProto.FLOAT if form == "real" else TensorProto.UINT8)
    if form == "uint8":
        x = m.op("Cast", x, to=TensorProto.FLOAT)
    for step in ORDERS[order]:
        x, last = _step(m, x, step, last), last and step != "transpose"
    y = m.op("Conv", x, m.weights(5, 3, 3, 2, scale=0.0625), pads=[1, 0, 2, 1])
    path = m.save(tmp_path, m.quantize(m.op("Relu", y), 0.25, -128))
    imported = load_model(path, {"x": "uint8:1"} if form == "real" else {})
    frames = np.random.default_rng(4).integers(0, 256, (9, *shape))
    feeds = {"x": frames.astype(np.float32 if form == "real" else np.uint8)}
    (result,) = imported.run(feeds).values()
    expected, sums = runtime(_with_sums(path, tmp_path), feeds)
    # Half a step off an integer by real numbers, a sum of float32 numbers goes either way.
    clear = np.abs(sums / 0.25 % 1 - 0.5) > 1e-5
    np.testing.assert_array_equal(result[clear], expected[clear])
    assert np.mean(clear) > 0.99
    assert np.unique(result).size > 10


def _with_sums(path: Path, folder: Path) -> Path:
    """The same model with what its quantizer takes as another output."""
    model = onnx.load(path)
    (quantizer,) = (node for node in model.graph.node if node.op_type == "QuantizeLinear")
    sums = onnx.helper.make_tensor_value_info(quantizer.input[0], TensorProto.FLOAT, None)
    model.graph.output.append(sums)
    onnx.save(model, folder / "with_sums.onnx")
    return folder / "with_sums.onnx"


def test_normalization_without_a_mean_costs_nothing(tmp_path: Path) -> None:
    m = Model()
    x = m.op("Div", m.input(1, 3, 6, 5), m.constant(256.0))
    path = m.save(tmp_path, m.quantize(m.op("Conv", x, m.weights(4, 3, 2, 2)), 0.5))
    imported = load_model(path, {"x": "uint8:1"})
    assert not imported.notes
    feeds = _frames(3, 6, 5)
    np.testing.assert_array_equal(next(iter(imported.run(feeds).values())), runtime(path, feeds)[0])


def test_other_functions_of_the_input_need_a_quantizer(tmp_path: Path) -> None:
    m = Model()
    x = m.op("Sigmoid", _normalized(m, [0.5, 0.5, 0.5], 6, 5))
    path = m.save(tmp_path, m.quantize(m.op("Conv", x, m.weights(4, 3, 2, 2))))
    with pytest.raises(CompileError, match="HW0209"):
        load_model(path, {"x": "uint8:1"})


@pytest.mark.slow
def test_normalization_in_hardware(tmp_path: Path) -> None:
    m = Model()
    x = _normalized(m, MEANS["means of ImageNet"], 5, 4)
    y = m.op("Conv", x, m.weights(2, 3, 2, 2, scale=0.0625), pads=[1, 0, 0, 1])
    path = m.save(tmp_path, m.quantize(m.op("Relu", y), 0.25, -128))
    design = hwcompile.compile(path, tmp_path / "out", input_types={"x": "uint8:1"}, fastest=True)
    feeds = _frames(2, 5, 4)
    reference = design.simulate(feeds, level="reference").real
    (result,) = design.simulate(feeds, level="rtl").real.values()
    np.testing.assert_array_equal(result, next(iter(reference.values())))
    np.testing.assert_array_equal(result, runtime(path, feeds)[0])
