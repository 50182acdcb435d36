"""Models in memory compile as their files do, and `quantize` makes what ONNX Runtime computes.

ONNX Runtime is the oracle of what `quantize` gives and of protocol buffers; of programs with PT2E's
quantizers and of modules of Brevitas it is PyTorch, which runs the very object that is compiled.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, grid, runtime
from tests.sources import demand

ORACLE = ("ONNX Runtime", "PyTorch")

SHAPE = (3, 6, 5)


def computed(model: object, folder: Path, frames: np.ndarray, **options: Any) -> np.ndarray:
    """What the compiled design computes."""
    design = hwcompile.compile(model, folder, fastest=True, **options)
    (result,) = design.simulate(frames, level="reference").real.values()
    return result


def floats(batch: int = 1) -> Model:
    """A convolution, a pool and a layer of real numbers, without a quantizer."""
    m = Model()
    w, b = m.constant(m.rng.normal(size=(4, 3, 3, 2))), m.constant(m.rng.normal(size=4))
    x = m.op("Relu", m.op("Conv", m.input(batch, *SHAPE), w, b, pads=[1, 0, 0, 1]))
    x = m.op("Flatten", m.op("MaxPool", x, kernel_shape=[2, 2]))
    b = m.constant(m.rng.normal(size=7))
    m.nodes.append(
        onnx.helper.make_node("Gemm", [x, m.constant(m.rng.normal(size=(64, 7))), b], ["y"])
    )
    return m


def test_a_protocol_buffer_is_what_its_file_is(tmp_path: Path) -> None:
    m = Model()
    y = m.quantize(m.op("Conv", m.quantize(m.input(1, *SHAPE)), m.weights(4, 3, 3, 2)), 2.0)
    path = m.save(tmp_path, y)
    frames = grid(m.rng, 5, *SHAPE)
    found = computed(onnx.load(path), tmp_path / "out", frames)
    np.testing.assert_array_equal(found, runtime(path, {"x": frames})[0])
    assert len(np.unique(found)) > 20
    hwcompile.compile(path, tmp_path / "file", fastest=True)
    texts = [(tmp_path / name / "graph.txt").read_text() for name in ("file", "out")]
    assert texts[0] == texts[1]


CHOICES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "one scale": {"per_channel": False, "activations": "int8"},
    "operators": {"form": "qoperator"},
    "operators, one scale": {"form": "qoperator", "per_channel": False},
    "16 bits": {"activations": "int16"},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_what_quantize_makes_is_what_onnx_runtime_computes(choice: str, tmp_path: Path) -> None:
    m = floats()
    frames = m.rng.normal(size=(12, *SHAPE)).astype(np.float32)
    integers = hwcompile.quantize(m.proto(["y"]), frames, **CHOICES[choice])
    onnx.save(integers, tmp_path / "integers.onnx")
    (expected,) = runtime(tmp_path / "integers.onnx", {"x": frames})
    (found,) = load_model(tmp_path / "integers.onnx").run(frames).values()
    np.testing.assert_array_equal(found, expected)
    assert len(np.unique(found)) > 20


def test_a_softmax_of_operators_stands_inside(tmp_path: Path) -> None:
    """QLinearSoftmax in front of QLinearMatMul is near, as Softmax between quantizers is."""
    m = Model()
    x = m.op("MatMul", m.input(1, 5, 8), m.constant(m.rng.normal(size=(8, 6))))
    scores = m.op("MatMul", x, m.op("Transpose", x, perm=[0, 2, 1]))
    y = m.op("MatMul", m.op("Softmax", scores, axis=-1), x)
    frames = m.rng.normal(size=(32, 5, 8)).astype(np.float32) * np.float32(0.5)
    integers = hwcompile.quantize(m.proto([y]), frames, form="qoperator", per_channel=False)
    assert {"QLinearSoftmax", "QLinearMatMul"} <= {node.op_type for node in integers.graph.node}
    onnx.save(integers, tmp_path / "integers.onnx")
    (expected,) = runtime(tmp_path / "integers.onnx", {"x": frames})
    imported = load_model(tmp_path / "integers.onnx")
    (found,) = imported.run(frames).values()
    step = np.diff(np.unique(expected)).min()
    assert np.abs(found - expected).max() < 1.5 * step
    assert np.count_nonzero(found != expected) < 0.05 * found.size
    assert any("near the model's" in note for note in imported.notes)


def test_ranges_are_those_of_the_frames(tmp_path: Path) -> None:
    """A batch that the file fixes is filled, whether frames are an array, a mapping or a file."""
    m = floats(batch=5)
    frames = m.rng.normal(size=(12, *SHAPE)).astype(np.float32)
    np.save(tmp_path / "frames.npy", frames)
    path = m.save(tmp_path, "y")
    for given in (frames, {"x": frames}, str(tmp_path / "frames.npy")):
        integers = hwcompile.quantize(path, given, activations="int8")
        scales = [onnx.numpy_helper.to_array(t) for t in integers.graph.initializer
                  if t.name == "x_scale"]  # fmt: skip
        np.testing.assert_allclose(scales, np.ptp(frames) / 255, rtol=1e-5)


def test_a_float_model_in_memory_is_shown_how_and_that_works(tmp_path: Path) -> None:
    m = floats()
    model, frames = m.proto(["y"]), m.rng.normal(size=(8, *SHAPE)).astype(np.float32)
    with pytest.raises(CompileError) as error:
        hwcompile.compile(model, tmp_path / "none")
    (found,) = error.value.diagnostics
    assert found.code == "HW0284"
    assert found.what.startswith("this ModelProto computes with real numbers")
    lines = [line.strip() for line in found.fix.splitlines() if line.startswith("    ")]
    names: dict[str, Any] = {"hwcompile": hwcompile, "model": model, "frames": frames}
    exec("\n".join(lines).replace('"out"', f'r"{tmp_path / "out"}"'), names)
    assert names["design"].simulate(frames, level="reference").real


@pytest.mark.slow
@pytest.mark.parametrize("name", ["any scale", "residual", "one bit", "LSTM"])
def test_modules_of_brevitas(name: str, tmp_path: Path) -> None:
    demand("brevitas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch

        from tests.frontends import brevitas_networks

        module = brevitas_networks.prepared(name)
        frames = torch.randn(9, *brevitas_networks.NETWORKS[name].shape)
        expected = module(frames)
    found = computed(module, tmp_path / "out", frames.numpy(), example=frames[:1])
    expected = getattr(expected, "value", expected).detach().numpy()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
def test_modules_of_pytorch_are_quantized(tmp_path: Path) -> None:
    demand("exported")
    import torch

    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (3, 2)), torch.nn.BatchNorm2d(4)).eval()
    frames = np.random.default_rng(2).normal(size=(9, *SHAPE)).astype(np.float32)
    program = torch.export.export(module, (torch.tensor(frames[:1]),))
    for model in (module, program):
        with pytest.raises(CompileError, match="HW0284"):
            hwcompile.compile(model, tmp_path / "none", example=frames[:1])
        integers = hwcompile.quantize(model, frames.astype(np.float64))
        onnx.save(integers, tmp_path / "integers.onnx")
        name = integers.graph.input[0].name
        (expected,) = runtime(tmp_path / "integers.onnx", {name: frames})
        np.testing.assert_array_equal(computed(integers, tmp_path / "out", frames), expected)
        (tmp_path / "out").rename(tmp_path / f"out_{name}_{type(model).__name__}")


@pytest.mark.slow
def test_models_of_keras_are_what_their_files_are(tmp_path: Path) -> None:
    """Files are held against hls4ml's C simulation elsewhere."""
    demand("keras3")
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((6, 5, 3)), layers.Conv2D(4, (3, 2)), layers.Flatten(), layers.Dense(2)]
    )
    model.save(tmp_path / "model.keras")
    designs = [
        hwcompile.compile(source, tmp_path / f"out{number}", fastest=True)
        for number, source in enumerate((model, tmp_path / "model.keras"))
    ]
    frames = np.random.default_rng(2).normal(size=(9, 6, 5, 3)).astype(np.float32)
    first, second = (d.simulate(frames, level="reference").real for d in designs)
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["batch normalization", "global average pool", "residual"])
def test_programs_with_the_quantizers_of_pt2e(kind: str, tmp_path: Path) -> None:
    demand("pt2e")
    from benchmarks.exporters_torch import quantized_program

    program, frames, expected = quantized_program(kind)
    found = computed(program, tmp_path / "out", frames)
    np.testing.assert_array_equal(found, expected)
