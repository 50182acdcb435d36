"""Files that are no quantized ONNX model: each is named, and the way in that is said works."""

from __future__ import annotations

import io
import pickle
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.reading.formats import FORMATS
from tests.frontends.oracle import Model, runtime

ORACLE = ("ONNX Runtime", "this project")
ORACLE_REASON = "the words about a format are this project's own; the way in is run"


def _zip(*members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in members:
            archive.writestr(name, b"0" * 50)
    return data.getvalue()


def _npy() -> bytes:
    data = io.BytesIO()
    np.save(data, np.zeros((4, 3), np.float32))
    return data.getvalue()


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "keras": ("m.keras", lambda: b"\x01" * 99, "no file that Keras saved"),
    "renamed keras": ("m", lambda: _zip("metadata.json", "model.weights.h5"), "a Keras model"),
    "renamed hdf5": ("m.onnx", lambda: b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "an HDF5 file"),
    "renamed tflite": ("m.onnx", lambda: b"\x1c\0\0\0TFL3" + b"\0" * 99, "a TensorFlow Lite"),
    "torch": ("m.pt", lambda: _zip("m/data.pkl", "m/version"), "a PyTorch checkpoint"),
    "renamed torch": ("m.onnx", lambda: _zip("m/data.pkl"), "a PyTorch checkpoint"),
    "old torch": ("m.onnx", lambda: pickle.dumps({"a": 1}, 2), "a pickle"),
    "csv": ("x.csv", lambda: b"1,2,3\n4,5,6\n", "a table of text"),
    "npy": ("x.npy", _npy, "a numpy array"),
    "renamed npy": ("x.onnx", _npy, "a numpy array"),
    "npz": ("x.npz", lambda: _zip("x.npy"), "a numpy array"),
    "safetensors": ("m.safetensors", lambda: b"\x40\0\0\0\0\0\0\0{" + b" " * 99, "a safetensors"),
    "zip": ("m.zip", lambda: _zip("m.onnx"), "a zip archive"),
    "gzip": ("m.onnx.gz", lambda: b"\x1f\x8b" + b"\0" * 99, "a compressed archive"),
    "pointer": ("m.onnx", lambda: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "page": ("m.onnx", lambda: b"<!DOCTYPE html><html></html>", "a web page"),
    "python": ("train.py", lambda: b"import torch\n", "a Python program"),
    "toml": ("schedule.toml", lambda: b"[nodes]\n", "a text of JSON, TOML or YAML"),
}


@pytest.mark.parametrize("name", FILES)
def test_other_formats_are_named_with_the_way_in(name: str, tmp_path: Path) -> None:
    file, data, words = FILES[name]
    path = tmp_path / file
    path.write_bytes(data())
    with pytest.raises(CompileError) as error:
        load_model(path)
    (found,) = error.value.diagnostics
    assert found.code == "HW0120"
    assert found.what.startswith(f"'{file}' is ")
    assert words in found.what
    assert found.fix
    assert "\n" not in str(error.value)


def test_the_whole_paragraph(tmp_path: Path) -> None:
    path = tmp_path / "m.ort"
    path.write_bytes(b"\x1c\0\0\0ORTM")
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert str(error.value) == (
        "error[HW0120]: 'm.ort' is an ONNX Runtime model, because models are read in the formats "
        "ONNX, QONNX, Keras and TFLite. Try: give the .onnx file from which it was made."
    )


def test_a_good_model_may_have_any_suffix(tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.op("MatMul", m.quantize(m.input(1, 8)), m.weights(8, 3)))
    for suffix in {s for f in FORMATS for s in f.suffixes} - {".json", ".pbtxt"}:
        other = tmp_path / f"model{suffix}"
        other.write_bytes(path.read_bytes())
        assert load_model(other).graph.nodes


def test_the_lines_that_quantize_a_float_model_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of the message are run as they are; the oracle is ONNX Runtime."""
    m = Model()
    w, b = m.constant(m.rng.normal(size=(8, 3))), m.constant(m.rng.normal(size=3))
    m.nodes.append(onnx.helper.make_node("Gemm", [m.input("n", 8, name="a b"), w, b], ["y"]))
    path = m.save(tmp_path, "y")
    with pytest.raises(CompileError) as error:
        load_model(path)
    (found,) = error.value.diagnostics
    assert found.code == "HW0284"
    assert found.what == "'small.onnx' computes with real numbers: it has no quantizer"
    lines = [line for line in found.fix.splitlines() if line.startswith("    ")]
    assert len(lines) == 6
    monkeypatch.chdir(tmp_path)
    frames = m.rng.normal(size=(20, 8)).astype(np.float32)
    np.save("frames.npy", frames)
    exec(textwrap.dedent("\n".join(lines)), {})
    result = tmp_path / "small_int8.onnx"
    np.testing.assert_array_equal(load_model(result).run(frames)["y"],
                                  runtime(result, {"a b": frames})[0])  # fmt: skip
