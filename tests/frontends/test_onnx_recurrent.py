"""LSTM and GRU in ONNX: near ONNX Runtime, with the chosen formats, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from tests.frontends.oracle import Model

ORACLE = ("ONNX Runtime", "this project")
ORACLE_REASON = (
    "the fixed-point cell is its own: near ONNX Runtime, and equal to itself in other layouts"
)

STEPS, INPUTS, CELLS = 5, 6, 7


FINE = {"default": {"wx": [16], "wr": [16], "sigma": [16384, 16], "tanh": [16384, 8]}}


def lstm(
    m: Model,
    x: str,
    *,
    inputs: int = INPUTS,
    bias: bool = True,
    peepholes: bool = False,
    extra: tuple[str, str, str] = ("", "", ""),
    kind: str = "LSTM",
    outputs: int = 3,
    **attributes: Any,
) -> list[str]:
    def weights(*shape: int) -> str:
        return m.constant(m.rng.normal(size=shape) * 0.7)

    attributes.setdefault("hidden_size", CELLS)
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    ways = 2 if attributes.get("direction") == "bidirectional" else 1
    operands = [x, weights(ways, gates * CELLS, inputs), weights(ways, gates * CELLS, CELLS)]
    operands.append(weights(ways, 2 * gates * CELLS) if bias else "")
    operands += list(extra)
    operands.append(weights(ways, 3 * CELLS) if peepholes else "")
    while operands[-1] == "":
        operands.pop()
    return m.ops(kind, *operands, outputs=outputs, **attributes)


def cell(imported: ImportedModel) -> Lstm:
    (op,) = (node.op for node in imported.graph.nodes if isinstance(node.op, Lstm))
    return op


def grus(path: Path) -> list[Gru]:
    return [node.op for node in load_model(path).graph.nodes if isinstance(node.op, Gru)]


def distance(
    model: Model, folder: Path, output: str, x: np.ndarray, formats: dict[str, Any] | None = None
) -> float:
    """The largest difference from ONNX Runtime, frame by frame."""
    path = model.save(folder, output)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    expected = np.stack([session.run(None, {"x": frame})[0] for frame in x])
    (found,) = load_model(path, formats=formats).run(x).values()
    return float(np.abs(found.reshape(expected.shape) - expected).max())


def sequences(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-4, 4, (20, *shape)).astype(np.float32)


@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize(("scale", "zero"), [(0.0625, 0), (0.0371, 11)])
def test_results_are_near_the_float_cell(
    peepholes: bool, output: int, scale: float, zero: int, tmp_path: Path
) -> None:
    m = Model(seed=3)
    x = m.quantize(m.input(STEPS, 1, INPUTS), scale, zero)
    y = lstm(m, x, peepholes=peepholes)[output]
    assert distance(m, tmp_path, y, sequences(1, STEPS, 1, INPUTS)) < 0.01


def test_a_channel_may_have_its_own_scale(tmp_path: Path) -> None:
    m = Model(seed=4)
    s, z = m.constant(np.linspace(0.02, 0.5, INPUTS)), m.constant(np.arange(INPUTS), np.int8)
    q = m.op("QuantizeLinear", m.input(STEPS, 1, INPUTS), s, z, axis=2)
    y = lstm(m, m.op("DequantizeLinear", q, s, z, axis=2))[0]
    # Channels share the weights' format, in which those of a small scale have fewer bits.
    assert distance(m, tmp_path, y, sequences(2, STEPS, 1, INPUTS)) < 0.05


def test_batch_first_by_transposes_and_a_classifier_behind(tmp_path: Path) -> None:
    m = Model(seed=5)
    x = m.quantize(m.input(1, STEPS, INPUTS), 0.0625, 0)
    y = lstm(m, m.op("Transpose", x, perm=[1, 0, 2]), bias=False)[1]
    y = m.quantize(m.op("Squeeze", y, m.constant([0], np.int64)), 1 / 128, 0)
    y = m.op("MatMul", y, m.weights(CELLS, 3, scale=1 / 64))
    assert distance(m, tmp_path, y, sequences(3, 1, STEPS, INPUTS)) < 0.1


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize(("scale", "zero"), [(0.0625, 0), (0.0371, 11)])
def test_a_gru_is_near_the_float_cell(
    after: int, output: int, scale: float, zero: int, tmp_path: Path
) -> None:
    m = Model(seed=10)
    x = m.quantize(m.input(STEPS, 1, INPUTS), scale, zero)
    y = lstm(m, x, kind="GRU", outputs=2, linear_before_reset=after)[output]
    values = sequences(5, STEPS, 1, INPUTS)
    assert distance(m, tmp_path, y, values) < 0.01
    assert distance(m, tmp_path, y, values, FINE) < 0.002
    (op,) = grus(m.save(tmp_path, y))
    assert op.reset_after == bool(after)


def test_a_gru_resets_first_unless_told_otherwise(tmp_path: Path) -> None:
    m = Model(seed=10)
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), kind="GRU", outputs=1)[0]
    (op,) = grus(m.save(tmp_path, y))
    assert not op.reset_after


@pytest.mark.parametrize("direction", ["reverse", "bidirectional"])
@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_other_directions(direction: str, output: int, kind: str, tmp_path: Path) -> None:
    m = Model(seed=12)
    x = m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0)
    more: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    y = lstm(m, x, kind=kind, outputs=2, direction=direction, **more)[output]
    values = sequences(6, STEPS, 1, INPUTS)
    assert distance(m, tmp_path, y, values) < 0.02
    # What is left with the default formats is their rounding: finer ones come nearer.
    assert distance(m, tmp_path, y, values, FINE) < 0.004


def test_backward_is_forward_on_the_turned_sequence(tmp_path: Path) -> None:
    x, found = sequences(8, STEPS, 1, INPUTS), []
    for direction, values in (("reverse", x), ("forward", np.flip(x, axis=1))):
        m = Model(seed=14)
        y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), outputs=1, direction=direction)[0]
        (result,) = load_model(m.save(tmp_path, y)).run(values).values()
        found.append(result.reshape(20, STEPS, CELLS))
    np.testing.assert_array_equal(found[0], np.flip(found[1], axis=1))


def test_both_directions_meet_in_one_quantizer(tmp_path: Path) -> None:
    m = Model(seed=13)
    x = m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0)
    y = lstm(m, x, outputs=1, direction="bidirectional", peepholes=True)[0]
    y = m.op("Transpose", m.quantize(y, 1 / 128, 0), perm=[0, 2, 1, 3])
    y = m.op("Reshape", y, m.constant([STEPS, 1, 2 * CELLS], np.int64))
    y = m.op("MatMul", y, m.weights(2 * CELLS, 3, scale=1 / 64))
    assert distance(m, tmp_path, y, sequences(7, STEPS, 1, INPUTS)) < 0.1


def test_layout_with_the_batch_first(tmp_path: Path) -> None:
    m = Model(seed=6)
    x = m.quantize(m.input(1, STEPS, INPUTS), 0.0625, 0)
    (y,) = lstm(m, x, outputs=1, layout=1)
    path = m.save(tmp_path, y)
    imported = load_model(path)
    assert imported.host_outputs[0].shape == (1, STEPS, 1, CELLS)

    t = Model(seed=6)
    x = t.quantize(t.input(1, STEPS, INPUTS), 0.0625, 0)
    other = lstm(t, t.op("Transpose", x, perm=[1, 0, 2]), outputs=1)[0]
    values = sequences(4, 1, STEPS, INPUTS)
    (found,) = imported.run(values).values()
    (expected,) = load_model(t.save(tmp_path, other)).run(values).values()
    np.testing.assert_array_equal(found.reshape(-1), expected.reshape(-1))


def test_sequence_lens_may_say_that_all_steps_count(tmp_path: Path) -> None:
    results: list[np.ndarray] = []
    for lengths in ("", "all"):
        m = Model(seed=7)
        x = m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0)
        y = lstm(m, x, extra=(lengths and m.constant([STEPS], np.int32), "", ""))[0]
        values = sequences(2, STEPS, 1, INPUTS)
        results += load_model(m.save(tmp_path, y)).run(values).values()
    first, second = results
    np.testing.assert_array_equal(first, second)


def test_zero_states_are_welcome_and_quantized_weights_are_kept(tmp_path: Path) -> None:
    m = Model(seed=7)
    x = m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0)
    zeros = m.constant(np.zeros((1, 1, CELLS)))
    w = m.weights(1, 4 * CELLS, INPUTS, scale=1 / 32)
    r = m.weights(1, 4 * CELLS, CELLS, scale=1 / 64)
    y = m.ops("LSTM", x, w, r, "", "", zeros, zeros, outputs=1, hidden_size=CELLS)[0]
    imported = load_model(m.save(tmp_path, y))
    w_q, r_q = (
        next(
            np.frombuffer(c.raw_data, np.int8)
            for c in m.constants
            if tuple(c.dims) == (1, 4 * CELLS, n)
        )
        for n in (INPUTS, CELLS)
    )
    # Power-of-two scales lose nothing: the fixed-point weights are the quantized ones.
    for found, quantized in ((cell(imported).wx, w_q), (cell(imported).wr, r_q)):
        whole = quantized.reshape(found.shape)[[0, 2, 3, 1]].astype(np.int64)
        factor = int(np.abs(found).max() // np.abs(whole).max())
        assert factor & (factor - 1) == 0
        np.testing.assert_array_equal(found, whole * factor)


def test_a_note_says_that_fixed_point_is_near_only(tmp_path: Path) -> None:
    m = Model(seed=8)
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)))[0]
    (note,) = load_model(m.save(tmp_path, y)).notes
    assert "LSTM" in note
    assert "weights 12 bits" in note
    assert "state 16 bits/11" in note
    assert "near the model's" in note


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "activations": (
        {"activations": ["HardSigmoid", "Tanh", "Tanh"]},
        "activations HardSigmoid, Tanh, Tanh",
    ),
    "clip": ({"clip": 3.0}, "clips"),
    "coupled": ({"input_forget": 1}, "couples"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_other_cells_are_refused(name: str, tmp_path: Path) -> None:
    attributes, words = REFUSALS[name]
    m = Model()
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), **attributes)[0]
    with pytest.raises(CompileError, match=words) as error:
        load_model(m.save(tmp_path, y))
    (found,) = error.value.diagnostics
    assert found.code == "HW0236"
    assert found.why
    assert found.fix
    assert found.origin is not None
    assert found.origin.op_type == "LSTM"


def test_everything_is_refused_at_once(tmp_path: Path) -> None:
    m = Model()
    ones = m.constant(np.ones((1, 1, CELLS)))
    extra = (m.constant([STEPS - 1], np.int32), ones, ones)
    _, y, c = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), extra=extra, clip=1.0)
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, y, c))
    told = [d.what for d in error.value.diagnostics if d.code == "HW0236"]
    for word in ("clips", "sequence_lens", "constant initial_h", "constant initial_c"):
        assert any(word in what for what in told), word


def test_other_recurrent_operators_are_refused_by_name(tmp_path: Path) -> None:
    m = Model()
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), kind="RNN", outputs=1)[0]
    with pytest.raises(CompileError, match="the operator RNN can not be imported") as error:
        load_model(m.save(tmp_path, y))
    assert error.value.diagnostics[0].fix


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_batch_becomes_channels(direction: str, output: int, kind: str, tmp_path: Path) -> None:
    batch = 3
    m = Model(seed=15)
    x = m.quantize(m.input(STEPS, batch, INPUTS), 0.0625, 3)
    more: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    y = lstm(m, x, kind=kind, outputs=2, direction=direction, **more)[output]
    assert distance(m, tmp_path, y, sequences(9, STEPS, batch, INPUTS), FINE) < 0.004
    graph = load_model(m.save(tmp_path, y)).graph
    found = [node.op for node in graph.nodes if isinstance(node.op, Lstm | Gru)]
    assert [op.channels for op in found] == [batch] * len(found)
    # The host puts the elements of a forward layer in order; nothing is left for hardware.
    assert len(graph.nodes) == 1 or direction != "forward"


def test_a_batch_in_front_and_a_classifier_for_each_sequence(tmp_path: Path) -> None:
    m = Model(seed=16)
    x = m.quantize(m.input(4, STEPS, INPUTS), 0.0625, 0)
    y = lstm(m, m.op("Transpose", x, perm=[1, 0, 2]), bias=False)[1]
    y = m.quantize(m.op("Squeeze", y, m.constant([0], np.int64)), 1 / 128, 0)
    y = m.op("MatMul", y, m.weights(CELLS, 3, scale=1 / 64))
    assert distance(m, tmp_path, y, sequences(3, 4, STEPS, INPUTS)) < 0.1


def test_layout_with_a_batch_first(tmp_path: Path) -> None:
    found = []
    for layout in (1, 0):
        m = Model(seed=6)
        x = m.quantize(m.input(3, STEPS, INPUTS), 0.0625, 0)
        x = x if layout else m.op("Transpose", x, perm=[1, 0, 2])
        (y,) = lstm(m, x, outputs=1, layout=layout)
        (result,) = load_model(m.save(tmp_path, y)).run(sequences(4, 3, STEPS, INPUTS)).values()
        found.append(result if layout else result.transpose(0, 3, 1, 2, 4))
    assert found[0].shape[1:] == (3, STEPS, 1, CELLS)
    first, second = found
    np.testing.assert_array_equal(first, second)


def test_what_is_no_sequence_is_refused(tmp_path: Path) -> None:
    m = Model()
    y = lstm(m, m.quantize(m.input(STEPS, 2, INPUTS + 1)))[0]
    with pytest.raises(CompileError, match="takes 6 inputs and meets a tensor"):
        load_model(m.save(tmp_path, y))


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    m = Model()
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS)), hidden_size=CELLS + 1)[0]
    with pytest.raises(CompileError, match="has the shape"):
        load_model(m.save(tmp_path, y))


def test_an_input_without_a_quantizer_is_refused(tmp_path: Path) -> None:
    m = Model()
    y = lstm(m, m.input(STEPS, 1, INPUTS))[0]
    with pytest.raises(CompileError, match="not quantized"):
        load_model(m.save(tmp_path, y))


def test_a_description_chooses_the_formats(tmp_path: Path) -> None:
    m = Model(seed=9)
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0))[0]
    path = m.save(tmp_path, y)
    name = m.nodes[-1].name
    formats = {name: {"c": [12, 8], "m": [8, 7], "wx": [6], "gate": [10, 9], "tanh": [128, 8]}}
    op = cell(load_model(path, formats=formats))
    assert (op.c_type.bits, op.m_type.bits, op.candidate.size) == (12, 8, 128)
    assert np.abs(op.wx).max() <= 32
    assert np.abs(cell(load_model(path)).wx).max() > 32
    with pytest.raises(CompileError, match="no recurrent node is called 'other'"):
        load_model(path, formats={"other": {}})


def test_a_format_that_cannot_be_built_names_the_node(tmp_path: Path) -> None:
    m = Model(seed=9)
    y = lstm(m, m.quantize(m.input(STEPS, 1, INPUTS), 0.0625, 0))[0]
    path = m.save(tmp_path, y)
    with pytest.raises(CompileError) as error:
        load_model(path, formats={"default": {"tanh": [128, 1]}})
    (found,) = error.value.diagnostics
    assert found.code == "HW0243"
    assert found.origin is not None
    assert found.origin.node == m.nodes[-1].name
