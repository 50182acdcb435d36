"""What the user says about an input is read by one grammar, and every example of it works.

The oracle is arithmetic: an integer q means (q - zero point) * scale.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

import hwcompile
from hwcompile.cli.app import app
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.input_types import EXAMPLES, named_input_types, parse_input_type
from hwcompile.frontends.load import load_model
from hwcompile.ir.types import BIPOLAR
from tests.frontends.oracle import Model

ORACLE = "numpy"
ORACLE_REASON = "an integer q means (q - zero point) * scale, as ONNX says"


def _raw(folder: Path, kind: int = onnx.TensorProto.FLOAT, name: str = "img") -> Path:
    """A matrix product of a real input, or a wide integer one, that no quantizer meets."""
    m = Model()
    x = m.input(1, 6, name=name, kind=kind)
    if kind != onnx.TensorProto.FLOAT:
        x = m.op("Cast", x, to=onnx.TensorProto.FLOAT)
    return m.save(folder, m.op("MatMul", x, m.weights(6, 3)))


def _examples(text: str) -> list[str]:
    """Types in a message, with and without the option's name in front."""
    found = re.findall(r"\b(?:bipolar|u?int\d+)(?::[-\d./]+)*", text.split("Try:")[1])
    return [example.rstrip(".") for example in found]


@pytest.mark.parametrize("kind", [onnx.TensorProto.FLOAT, onnx.TensorProto.INT64])
def test_every_example_of_a_refusal_compiles(kind: int, tmp_path: Path) -> None:
    path = _raw(tmp_path, kind)
    texts = []
    for types in ({}, {"img": "float"}):
        with pytest.raises(CompileError) as error:
            load_model(path, types)
        texts.append(str(error.value))
    found = {example for text in texts for example in _examples(text)}
    assert found >= {"uint8", "uint8:1/255", "int8:0.05:-3", "bipolar:1"}
    for number, example in enumerate(sorted(found)):
        for spelling in (example, f"img:{example}"):
            out = tmp_path / f"out{number}{len(spelling)}"
            done = CliRunner().invoke(
                app, ["compile", str(path), "-o", str(out), "--input-type", spelling]
            )
            assert done.exit_code == 0, (spelling, done.output)


def test_the_refusal_of_a_wide_input_is_one_paragraph(tmp_path: Path) -> None:
    path = _raw(tmp_path, onnx.TensorProto.INT64)
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert str(error.value) == (
        "error[HW0206] 'img' (graph input in small.onnx): the input has int64 elements, because a "
        "stream of that width would waste most of its wires. Try: say what really arrives, for "
        "example --input-type img:uint8."
    )


@pytest.mark.parametrize(
    ("text", "name", "spelling"),
    [
        ("uint8", "", "uint8"),
        ("int8:0.05:-3", "", "int8:0.05:-3"),
        ("img:uint8", "img", "uint8"),
        ("scope/img:0:uint8:1/255", "scope/img:0", "uint8:1/255"),
        ("int8:uint4:0.5:1", "int8", "uint4:0.5:1"),
        ("a:b:bipolar:2", "a:b", "bipolar:2"),
    ],
)
def test_names_may_contain_colons(text: str, name: str, spelling: str) -> None:
    assert named_input_types([text]) == {name: spelling}


@pytest.mark.parametrize(
    "text",
    ["", "float", "img:float", "uint8:0", "uint8:-1", "uint8:nan", "uint8:1/0", "int40", "uint0",
     "uint8:1:2:3", "uint8:1:x", "uint8:1:-1", "int4:1:9", "bipolar:1:1", "uint8:", "uint8:1e999"],
)  # fmt: skip
def test_what_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(CompileError) as error:
        named_input_types([text])
    assert [d.code for d in error.value.diagnostics] == ["HW0111"]
    assert "write it like uint8, uint8:1/255, int8:0.05:-3 or bipolar:1." in str(error.value)


@pytest.mark.parametrize("texts", [["uint8", "int8"], ["a:uint8", "a:uint8"]])
def test_two_types_for_one_input_are_refused(texts: list[str]) -> None:
    with pytest.raises(CompileError, match="two types are given for") as error:
        named_input_types(texts)
    assert [d.code for d in error.value.diagnostics] == ["HW0283"]


def test_two_types_by_name_and_without_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CompileError) as error:
        load_model(_raw(tmp_path), {"": "uint8", "img": "int8"})
    assert str(error.value) == (
        "error[HW0283]: two types are given for the input 'img': int8 and uint8, because an input "
        "has one. Try: give --input-type once for each input."
    )


@pytest.mark.parametrize("spelling", EXAMPLES)
def test_integers_mean_what_the_type_says(spelling: str, tmp_path: Path) -> None:
    kind = parse_input_type(spelling)
    imported = load_model(_raw(tmp_path), {"img": spelling})
    element = imported.graph.types[imported.graph.inputs[0]].element
    q = np.random.default_rng(0).choice(element.values(), (5, 6))
    real = ((q - kind.zero_point) * np.float32(kind.scale)).astype(np.float32)
    np.testing.assert_array_equal(
        next(iter(imported.run_host_inputs(real).values())).reshape(5, 6), q
    )


@pytest.mark.parametrize("annotated", [False, True])
def test_bipolar_inputs_are_bipolar(annotated: bool, tmp_path: Path) -> None:
    path = _raw(tmp_path)
    types = {"img": "bipolar:1"}
    if annotated:
        proto = onnx.load(str(path))
        note = proto.graph.quantization_annotation.add(tensor_name="img")
        note.quant_parameter_tensor_names.add(key="finn_datatype", value="BIPOLAR")
        onnx.save(proto, str(path))
        types = {}
    graph = load_model(path, types).graph
    assert graph.types[graph.inputs[0]].element == BIPOLAR
    frames = np.array([[1, -1, 1, 1, -1, -1]], np.float32)
    built = hwcompile.compile(path, tmp_path / "out", input_types=types, fastest=True)
    (real,) = built.simulate(frames, level="reference").real.values()
    weights = Model().rng.integers(-20, 20, (6, 3)) * 0.25
    np.testing.assert_array_equal(real, frames @ weights.astype(np.float32))
