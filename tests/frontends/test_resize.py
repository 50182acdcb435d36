"""Which element Resize and Upsample copy: ONNX Runtime is the oracle, element by element.

Sizes and scales are random, among them many whose exact coordinates lie halfway between two
elements or on one, where the float32 arithmetic of the kernel decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.coordinates import COORDINATES
from hwcompile.frontends.onnx.resize import ROUNDINGS, sources
from tests.frontends.oracle import Model, check, runtime

ORACLE = "ONNX Runtime"

SIZES = 30
NEW = {"half_pixel_symmetric": 19}
OLD = {"tf_half_pixel_for_nn": 11}


def _kernel(
    length: int, scale: np.float32, opset: int, size: int | None, **modes: str
) -> np.ndarray:
    """The elements that ONNX Runtime's kernel takes from an axis."""
    inputs, constants = ["x", "scales"], {"scales": np.array([1, 1, scale], np.float32)}
    if opset > 10:
        inputs = ["x", "", "scales"]
        if size is not None:
            inputs = ["x", "", "", "sizes"]
            constants = {"sizes": np.array([1, 1, size], np.int64)}
    if opset in (11, 12):
        inputs[1] = "none"
        inputs = [i or "none" for i in inputs]
        constants["none"] = np.zeros(0, np.float32)
    graph = helper.make_graph(
        [helper.make_node("Resize" if opset > 9 else "Upsample", inputs, ["y"], **modes)],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, length])],
        [onnx.ValueInfoProto(name="y")],
        [numpy_helper.from_array(v, k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 5
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = np.arange(length, dtype=np.float32)[None, None]
    return np.asarray(session.run(None, {"x": x})[0][0, 0], np.int64)


def _scales(rng: np.random.Generator) -> Iterator[tuple[int, np.float32, int | None]]:
    """Lengths, scales, and sizes where these give the scale."""
    while True:
        length = int(rng.integers(1, 40))
        if rng.random() < 0.4:
            size = int(rng.integers(1, 60))
            yield length, np.float32(size) / np.float32(length), size
        else:
            ratio = float(rng.integers(1, 12) / rng.integers(1, 12))
            chosen = rng.choice([ratio, rng.integers(1, 60) / length, rng.random() * 3 + 0.05])
            yield length, np.float32(chosen), None


def _agrees(mode: str, rounding: str, opset: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = {"coordinate_transformation_mode": mode, "nearest_mode": rounding}
    done = 0
    for length, scale, size in _scales(rng):
        if opset < 11 and size is not None:
            continue
        scale = max(scale, np.float32(1)) if opset < 10 else scale
        output = size or int(np.floor(np.float32(length) * scale))
        if output < 1 or output == length:
            continue
        expected = _kernel(length, scale, opset, size, **(given if opset > 10 else {}))
        np.testing.assert_array_equal(sources(mode, rounding, length, output, scale), expected)
        done += 1
        if done == SIZES:
            return


@pytest.mark.parametrize("rounding", sorted(set(ROUNDINGS) - {"simple"}))
@pytest.mark.parametrize("mode", sorted(COORDINATES))
def test_every_mode_takes_the_elements_of_the_kernel(mode: str, rounding: str) -> None:
    opset = NEW.get(mode) or OLD.get(mode) or 13
    _agrees(mode, rounding, opset, seed=len(mode) + len(rounding))


@pytest.mark.parametrize("opset", [9, 10])
def test_sets_before_the_modes_take_the_elements_of_the_kernel(opset: int) -> None:
    """Asymmetric; down, or up where the map shrinks."""
    _agrees("asymmetric", "simple", opset, seed=opset)


SCALES = {
    "whole": [1, 1, 2, 3],
    "fractions": [1, 1, 1.5, 0.4],
    "one axis stays": [1, 1, 1.25, 2],
    "size stays": [1, 1, 1.1, 1.05],
    "channels": [1, 2, 1, 1],
}


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("opset", [10, 11, 13, 18, 19])
def test_models_are_resized_as_their_operator_set_says(
    opset: int, name: str, tmp_path: Path
) -> None:
    """One model without any mode: defaults differ between the sets."""
    m = Model(opset=opset)
    x, scales = m.quantize(m.input(1, 3, 4, 7), 1.0, 0), m.constant(SCALES[name])
    none = m.constant(np.zeros(0)) if opset < 13 else ""
    y = m.op("Resize", x, scales) if opset < 11 else m.op("Resize", x, none, scales)
    check(m, tmp_path, y, step=1.0)


def test_named_axes_are_resized_and_the_others_stay(tmp_path: Path) -> None:
    m = Model(opset=19)
    x = m.quantize(m.input(1, 3, 4, 7), 1.0, 0)
    y = m.op("Resize", x, "", m.constant([1.75, 0.5]), axes=[3, -2])
    z = m.op("Resize", x, "", "", m.constant([9], np.int64), axes=[2])
    check(m, tmp_path, y, z, step=1.0)


@pytest.mark.parametrize("policy", ["not_larger", "not_smaller"])
@pytest.mark.parametrize("sizes", [(9, 10), (3, 11), (2, 4)])
def test_sizes_may_keep_the_aspect_ratio(
    sizes: tuple[int, int], policy: str, tmp_path: Path
) -> None:
    m = Model(opset=19)
    x = m.quantize(m.input(1, 3, 4, 7), 1.0, 0)
    given = m.constant(sizes, np.int64)
    y = m.op("Resize", x, "", "", given, axes=[2, 3], keep_aspect_ratio_policy=policy)
    check(m, tmp_path, y, step=1.0)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"mode": "linear"}, "HW0201"),
        ({"coordinate_transformation_mode": "tf_crop_and_resize"}, "HW0201"),
        ({"antialias": 1}, "HW0262"),
        ({"exclude_outside": 1}, "HW0262"),
        ({"nearest_mode": "up"}, "HW0262"),
    ],
)
def test_modes_that_are_not_copies_are_refused(
    attributes: dict[str, Any], code: str, tmp_path: Path
) -> None:
    m = Model(opset=19)
    x = m.quantize(m.input(1, 3, 4, 7), 1.0, 0)
    y = m.op("Resize", x, "", m.constant([1, 1, 2, 1.5]), **attributes)
    with pytest.raises(CompileError, match=code):
        load_model(m.save(tmp_path, y))


def test_a_design_that_gives_its_input_away_is_read_back(tmp_path: Path) -> None:
    """All copies are made on the host, so that the only port of each side is one value."""
    m = Model(opset=13)
    x = m.quantize(m.input(1, 1, 1, 5), 1.0, 0)
    y = m.op("Resize", x, "", m.constant([1, 1, 1, 2]))
    path = m.save(tmp_path, y)
    design = hwcompile.compile(path, tmp_path / "built", fastest=True, allow_host=True)
    frames = m.rng.integers(-9, 9, (3, 1, 1, 5)).astype(np.float32)
    expected = runtime(tmp_path / "small.onnx", {"x": frames})[0]
    found = design.simulate(frames, level="reference").real[y]
    np.testing.assert_array_equal(found, expected)
