"""Sequence-level distillation (1606.07947): a decoder begins with a pruned encoder's state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.static import LstmEngine, LstmStatic
from tests.frontends.oracle import Model
from tests.ops.gru.samples import naive
from tests.techniques.rows import check_network, network_of

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = (
    "ONNX Runtime says what is near; the equations with Python integers say what is equal"
)

READ, WRITTEN, WORDS, CELLS, FRAMES = 4, 3, 5, 6, 8
FINE = {"default": {"wx": [16], "wr": [16], "sigma": [16384, 16], "tanh": [16384, 8]}}


def seq2seq(kind: str, density: float, batch: int = 1) -> tuple[Model, list[str]]:
    """An encoder over READ steps, and a decoder over WRITTEN steps that begins with its state."""
    m = Model(seed=3)

    def weights(*shape: int) -> str:
        kept = m.rng.random(shape) < density
        return m.constant(np.where(kept, m.rng.normal(size=shape), 0))

    gates = 4 if kind == "LSTM" else 3
    words = [
        m.input(steps, batch, WORDS, name=name)
        for steps, name in ((READ, "read"), (WRITTEN, "written"))
    ]
    x, y = (m.quantize(w, 0.0625, 0) for w in words)
    matrices = [(weights(1, gates * CELLS, WORDS), weights(1, gates * CELLS, CELLS)) for _ in "ed"]
    more: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    ends = m.ops(kind, x, *matrices[0], outputs=gates - 1, hidden_size=CELLS, **more)[1:]
    states = ["", "", *ends]
    written = m.ops(kind, y, *matrices[1], *states, outputs=gates - 1, hidden_size=CELLS, **more)
    return m, written


def frames(batch: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    sizes = {"read": (FRAMES, READ, batch, WORDS), "written": (FRAMES, WRITTEN, batch, WORDS)}
    return {name: rng.uniform(-4, 4, size).astype(np.float32) for name, size in sizes.items()}


@pytest.mark.parametrize(("kind", "density"), [("LSTM", 1.0), ("LSTM", 0.3), ("GRU", 0.3)])
def test_near_the_float_network(kind: str, density: float, tmp_path: Path) -> None:
    m, outputs = seq2seq(kind, density, batch=2)
    path = m.save(tmp_path, *outputs)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    given = frames(batch=2)
    expected = [session.run(None, {k: v[i] for k, v in given.items()}) for i in range(FRAMES)]
    found = load_model(path, formats=FINE).run(given)
    for number, values in enumerate(found.values()):
        wanted = np.stack([frame[number] for frame in expected])
        assert np.abs(values.reshape(wanted.shape) - wanted).max() < 0.004


def test_lstms_give_the_integers_of_the_equations(tmp_path: Path) -> None:
    found = check_network(network_of(80), tmp_path)
    kinds = [type(one.op) for one in found.parts]
    # Nothing stands between the two but the choice of the last step.
    assert (kinds.count(Lstm), kinds.count(Gather), len(kinds)) == (2, 2, 4)


def test_grus_give_the_integers_of_the_equations(tmp_path: Path) -> None:
    m, outputs = seq2seq("GRU", 0.4)
    path = m.save(tmp_path, *outputs)
    given = frames()
    read, written = (
        np.clip(np.round(v / 0.0625), -128, 127)[:, :, 0].astype(int).tolist()
        for v in given.values()
    )
    ops = [node.op for node in load_model(path).graph.nodes]
    encoder, decoder = (op for op in ops if isinstance(op, Gru))
    ends = [frame[-1] for frame in naive(encoder, read, None)]
    wanted = np.array(naive(decoder, written, None, ends)) * 2.0**-15
    design = hwcompile.compile(path, tmp_path / "out", target_cycles=300)
    for level in ("reference", "hls", "rtl"):
        every, last = design.simulate(given, level=level).real.values()
        np.testing.assert_array_equal(np.asarray(every).reshape(wanted.shape), wanted)
        np.testing.assert_array_equal(np.asarray(last).reshape(-1, CELLS), wanted[:, -1])
    assert design.verify(frames=4).passed


def test_a_pruned_encoder_takes_the_cycles_of_its_weights(tmp_path: Path) -> None:
    cycles = []
    for density in (1.0, 1 / 13):
        m, outputs = seq2seq("LSTM", density)
        graph = load_model(m.save(tmp_path, outputs[0])).graph
        (node,) = (n for n in graph.nodes if isinstance(n.op, Lstm) and n.op.takes_state)
        assert isinstance(node.op, Lstm)
        site = Site.of(node.op, *(graph.types[v] for v in node.inputs))
        engine = LstmStatic().at(site, {"pes": 1, "lanes": 1})
        assert isinstance(engine, LstmEngine)
        kept = np.count_nonzero(node.op.wx) + np.count_nonzero(node.op.wr)
        assert engine.describe().gates_entries == kept
        cycles.append(engine.schedule.cycles)
    assert cycles[0] >= 4 * CELLS * (WORDS + CELLS) > 4 * cycles[1]


def test_a_state_may_be_an_input_of_the_model(tmp_path: Path) -> None:
    m = Model(seed=7)
    x = m.quantize(m.input(READ, 1, WORDS), 0.0625, 0)
    w, r = (m.constant(m.rng.normal(size=(1, 4 * CELLS, n))) for n in (WORDS, CELLS))
    states = [m.input(1, 1, CELLS, name=name) for name in ("h", "c")]
    outputs = m.ops("LSTM", x, w, r, "", "", *states, outputs=3, hidden_size=CELLS)
    imported = load_model(m.save(tmp_path, *outputs), formats=FINE)
    rng = np.random.default_rng(1)
    given = {"x": rng.uniform(-4, 4, (FRAMES, READ, 1, WORDS)).astype(np.float32)}
    given |= {n: rng.uniform(-1, 1, (FRAMES, 1, 1, CELLS)).astype(np.float32) for n in "hc"}
    session = onnxruntime.InferenceSession(m.proto(outputs).SerializeToString())
    for frame in range(FRAMES):
        wanted = session.run(None, {name: v[frame] for name, v in given.items()})
        found = imported.run({name: v[frame : frame + 1] for name, v in given.items()})
        for near, real in zip(found.values(), wanted, strict=True):
            assert np.abs(near.reshape(real.shape) - real).max() < 0.004


@pytest.mark.parametrize(("given", "words"), [("c", "initial_h and no initial_c"), ("", "shape")])
def test_half_a_state_is_refused_by_name(given: str, words: str, tmp_path: Path) -> None:
    m = Model(seed=7)
    x = m.quantize(m.input(READ, 1, WORDS), 0.0625, 0)
    w, r = (m.constant(m.rng.normal(size=(1, 4 * CELLS, n))) for n in (WORDS, CELLS))
    h = m.input(1 if given else 2, 1, CELLS, name="h")
    states = ("", h) if given else ("", h, h)
    (y,) = m.ops("LSTM", x, w, r, "", *states, outputs=1, hidden_size=CELLS)
    with pytest.raises(CompileError, match=words):
        load_model(m.save(tmp_path, y))
