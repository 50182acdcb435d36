"""Imported networks: the integers of the model, beside QONNX' executor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.deep_compression.convert import UnpackedNetwork, import_deep_compression
from hwcompile.frontends.deep_compression.network import read_network
from hwcompile.frontends.deep_compression.stored import read_stored
from hwcompile.frontends.load import load_model
from tests.frontends.deep_compression.published import SHAPES, SMALL, small_network, squeezenet

onnx_exec = pytest.importorskip("qonnx.core.onnx_exec")
from qonnx.core.modelwrapper import ModelWrapper  # noqa: E402
from qonnx.util.cleanup import cleanup_model  # noqa: E402

ORACLE = "QONNX executor"

Random = np.random.Generator


def executed(path: Path, x: np.ndarray) -> np.ndarray:
    """Of every frame, by QONNX."""
    model = cleanup_model(ModelWrapper(onnx.load(path)))
    source, result = model.graph.input[0].name, model.graph.output[0].name
    return np.concatenate(
        [np.asarray(onnx_exec.execute_onnx(model, {source: f[None]})[result]) for f in x]
    )


WITHOUT_SOFTMAX = SMALL.replace(
    'layer { name: "prob" type: "Softmax" bottom: "pool" top: "prob" }', ""
)
"""Real numbers of two programs differ in the last place, integers do not."""


def imported(
    files: tuple[Path, Path], target: Path, x: np.ndarray, bits: tuple[int, int]
) -> UnpackedNetwork:
    return import_deep_compression(
        *files, target, weight_bits=bits[0], activation_bits=bits[1], calibration=x
    )


@pytest.mark.parametrize("bits", [(8, 8), (4, 5), (12, 8)])
def test_a_small_network_computes_what_qonnx_computes(
    bits: tuple[int, int], tmp_path: Path
) -> None:
    x = np.random.default_rng(3).integers(-90, 120, (6, 3, 9, 8)).astype(np.float32)
    target = tmp_path / "m.onnx"
    imported(small_network(tmp_path, WITHOUT_SOFTMAX), target, x, bits)
    (found,) = load_model(target).run(x).values()
    np.testing.assert_array_equal(found.reshape(6, 7), executed(target, x).reshape(6, 7))


def test_a_softmax_at_the_end_is_the_host_s(tmp_path: Path) -> None:
    x = np.random.default_rng(3).integers(-90, 120, (6, 3, 9, 8)).astype(np.float32)
    imported(small_network(tmp_path), tmp_path / "m.onnx", x, (8, 8))
    (found,) = load_model(tmp_path / "m.onnx").run(x).values()
    expected = executed(tmp_path / "m.onnx", x)
    np.testing.assert_allclose(found.reshape(6, 7), expected.reshape(6, 7), rtol=1e-6)


def test_the_published_squeezenet_computes_what_qonnx_computes(tmp_path: Path) -> None:
    x = np.random.default_rng(3).integers(-123, 152, (2, 3, 40, 40)).astype(np.float32)
    target = tmp_path / "m.onnx"
    said = imported(squeezenet(40, tmp_path), target, x, (8, 8))
    assert len(said.layers) == 26
    assert max(layer.error for layer in said.layers) < 0.003
    (found,) = load_model(target).run(x).values()
    expected = executed(target, x)
    assert np.count_nonzero(expected) > 500
    np.testing.assert_array_equal(found.reshape(2, -1), expected.reshape(2, -1))


def test_with_enough_bits_weights_are_those_of_the_file(tmp_path: Path) -> None:
    """Levels are at most half a step off, and every weight is where it was."""
    files = small_network(tmp_path)
    x = np.ones((1, 3, 9, 8), np.float32)
    said = imported(files, tmp_path / "m.onnx", x, (16, 8))
    stored = read_stored(files[0], list(SHAPES), list(SHAPES.values()))
    constants = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(tmp_path / "m.onnx").graph.initializer
    }
    for layer, unpacked in zip(stored, said.layers, strict=True):
        weights = constants[f"{unpacked.name}/weights"]
        assert np.abs(weights - layer.weights).max() <= unpacked.step / 2
        assert np.abs(weights).max() / unpacked.step < 2**15
        assert unpacked.entries == layer.entries
        assert unpacked.error < 1e-7


def test_activations_have_room_and_joined_ones_one_step(tmp_path: Path) -> None:
    x = np.random.default_rng(3).normal(0, 40, (4, 3, 9, 8)).astype(np.float32)
    said = imported(small_network(tmp_path), tmp_path / "m.onnx", x, (8, 8))
    assert set(said.steps) == {"data", "r1", "e1r", "e3r", "last"}
    assert said.steps["e1r"] == said.steps["e3r"]
    size = np.abs(x).max()
    assert said.steps["data"] * 127 >= size > said.steps["data"] / 2 * 127


def test_steps_of_a_file_make_the_same_model(tmp_path: Path) -> None:
    files = small_network(tmp_path)
    x = np.random.default_rng(3).normal(0, 40, (4, 3, 9, 8))
    said = imported(files, tmp_path / "m.onnx", x, (8, 8))
    steps = tmp_path / "steps.toml"
    steps.write_text("\n".join(f'"{name}" = {step}' for name, step in said.steps.items()))
    import_deep_compression(*files, tmp_path / "n.onnx", steps=steps)
    assert (tmp_path / "n.onnx").read_bytes() == (tmp_path / "m.onnx").read_bytes()


STEPS = {"data": "1", "r1": "0.5", "e1r": "2.0", "e3r": "2.0", "last": "4.0"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"r1": "0.3"}, "the step of 'r1' is 0.3, which is no power of two"),
        ({"r1": "true"}, "the step of 'r1' is True, which is no power of two"),
        ({"r1": "-2"}, "no power of two"),
        ({"r1": "'a'"}, "no power of two"),
        ({"r1": "inf"}, "no power of two"),
        ({"e3r": "4.0"}, "'e1r' and 'e3r' are joined, and have different steps"),
        ({"e3rr": "4.0"}, "'e3rr' in 'steps.toml' is no value with a step; the nearest"),
        ({"r1": ""}, "'steps.toml' is not TOML"),
    ],
)
def test_steps_that_do_not_fit(change: dict[str, str], told: str, tmp_path: Path) -> None:
    files = small_network(tmp_path)
    steps = tmp_path / "steps.toml"
    steps.write_text("\n".join(f"{name} = {step}" for name, step in (STEPS | change).items()))
    with pytest.raises(CompileError, match="HW0133") as refused:
        import_deep_compression(*files, tmp_path / "n.onnx", steps=steps)
    assert told in str(refused.value)
    assert not (tmp_path / "n.onnx").exists()


def test_steps_that_are_not_there(tmp_path: Path) -> None:
    steps = tmp_path / "steps.toml"
    with pytest.raises(CompileError, match="HW0133") as refused:
        import_deep_compression(*small_network(tmp_path), tmp_path / "n.onnx", steps=steps)
    assert "'steps.toml' can not be read: no such file" in str(refused.value)


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        (np.zeros((2, 3, 8, 9)), "2 x 3 x 8 x 9, not frames x 3 x 9 x 8"),
        (np.zeros((0, 3, 9, 8)), "not frames"),
        (np.full((1, 3, 9, 8), np.inf), "not finite"),
    ],
)
def test_calibration_that_does_not_fit(frames: np.ndarray, told: str, tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="HW0133") as refused:
        import_deep_compression(*small_network(tmp_path), tmp_path / "n.onnx", calibration=frames)
    assert told in str(refused.value)


def test_means_between_layers_get_a_quantizer(tmp_path: Path) -> None:
    """A pool of means whose windows fit, in front of a convolution."""
    text = (
        WITHOUT_SOFTMAX.replace(
            'name: "e3r" type: "ReLU" bottom: "e3" top: "e3" }',
            'name: "e3r" type: "Pooling" bottom: "e3" top: "e3m" pooling_param { pool: AVE '
            "kernel_size: 2 stride: 2 } }",
        )
        .replace('bottom: "e3" top: "both"', 'bottom: "e3m" top: "both"')
        .replace(
            'name: "e1r" type: "ReLU" bottom: "e1" top: "e1" }',
            'name: "e1r" type: "Pooling" bottom: "e1" top: "e1m" pooling_param { kernel_size: 2 '
            "stride: 2 } }",
        )
        .replace('bottom: "e1" bottom', 'bottom: "e1m" bottom')
    )
    files = small_network(
        tmp_path, text.replace("input_dim: 9 input_dim: 8", "input_dim: 8 input_dim: 7")
    )
    assert read_network(files[1]).shapes["both"] == (10, 2, 2)
    x = np.random.default_rng(3).integers(-90, 120, (6, 3, 8, 7)).astype(np.float32)
    imported(files, tmp_path / "m.onnx", x, (6, 6))
    (found,) = load_model(tmp_path / "m.onnx").run(x).values()
    expected = executed(tmp_path / "m.onnx", x)
    np.testing.assert_array_equal(found.reshape(6, 7), expected.reshape(6, 7))
