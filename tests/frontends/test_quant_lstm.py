"""QuantLSTMCell as Brevitas exports it: equal to its float32 definition, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.op import Lstm
from tests.frontends.oracle import Model
from tests.kernelbench import check_kernel

ORACLE = "numpy"
ORACLE_REASON = "Brevitas' QuantLSTM written in numpy; QONNX has no executor of its cell"

STEPS, INPUTS, CELLS = 6, 5, 4
DOMAIN = "qonnx.custom_op.general"
NAMES = (
    "output", "cell_state", "input_acc", "forget_acc", "cell_acc", "output_acc", "input_sigmoid",
    "forget_sigmoid", "cell_tanh", "output_sigmoid", "hidden_state_tanh",
)  # fmt: skip
F = np.float32


def quantizers(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """8 bits everywhere, with the scales that training usually ends with."""
    found = {}
    for name in NAMES:
        signed = "sigmoid" not in name
        scale = 2.0**-6 if name.endswith("_acc") else 2.0**-7 if signed else 2.0**-8
        found[name] = {"scale": scale, "zero": 0.0, "bits": 8.0, "signed": int(signed), "narrow": 0}
        found[name] |= {"rounding_mode": "ROUND"} | changes.get(name, {})
    return found


class Layer:
    """A QuantLSTMCell with weights and biases, as a node and in numpy."""

    def __init__(self, seed: int, bias: float = 0.3, **changes: dict[str, Any]) -> None:
        rng = np.random.default_rng(seed)
        self.quantizers = quantizers(**changes)
        self.x_scale = 2.0**-5
        self.wx = (rng.integers(-100, 101, (4, CELLS, INPUTS)) * 2.0**-7).astype(F)
        self.wr = (rng.integers(-100, 101, (4, CELLS, CELLS)) * 2.0**-6).astype(F)
        self.bias = (rng.normal(size=(4, CELLS)) * bias).astype(F)

    def save(self, folder: Path, batch: int = 1, steps: int = STEPS, **attributes: Any) -> Path:
        m = Model()
        shape = (steps, batch, INPUTS)
        x = m.input(*((batch, steps, INPUTS) if attributes.get("batch_first") else shape))
        numbers = [m.constant(v) for v in (self.x_scale, 0.0, 8.0)]
        x = m.op("Quant", x, *numbers, domain=DOMAIN, signed=1, narrow=0, rounding_mode="ROUND")
        zeros = m.constant(np.zeros((batch, CELLS)))
        tensors = [m.constant(part) for parts in (self.wx, self.wr, self.bias) for part in parts]
        triples = []
        for name, q in self.quantizers.items():
            triples += [m.constant(q[key]) for key in ("scale", "zero", "bits")]
            for key in ("signed", "narrow", "rounding_mode"):
                # So it is in the files.
                ending = "narrow_range" if (name, key) == ("output_sigmoid", "narrow") else key
                attributes[f"{name}_{ending}"] = q[key]
        y, _, _ = m.ops(
            "QuantLSTMCell", x, zeros, zeros, *tensors, *triples, outputs=3, domain=DOMAIN,
            **attributes,
        )  # fmt: skip
        return m.save(folder, y)

    def quantize(self, name: str, values: np.ndarray) -> np.ndarray:
        q = self.quantizers[name]
        high = 2 ** (int(q["bits"]) - q["signed"]) - 1
        low = -high - 1 + q["narrow"] if q["signed"] else 0
        high -= q["narrow"] * (1 - q["signed"])
        scale = F(q["scale"])
        steps = values.astype(F) / scale
        whole = {"ROUND": np.round(steps), "FLOOR": np.floor(steps)}[q["rounding_mode"]]
        return np.asarray(np.clip(whole, low, high) * scale, F)

    def run(self, x: np.ndarray) -> np.ndarray:
        """[steps, batch, inputs] to [steps, batch, cells], in float32 like the original."""
        x = (np.clip(np.round(x / F(self.x_scale)), -128, 127) * F(self.x_scale)).astype(F)
        h = c = np.zeros((x.shape[1], CELLS), dtype=F)
        results = []
        for step in x:
            gates = []
            for k, gate in enumerate(("input", "forget", "cell", "output")):
                z = step @ self.wx[k].T + h @ self.wr[k].T + self.bias[k]
                z = self.quantize(f"{gate}_acc", z)
                if gate == "cell":
                    gates.append(self.quantize("cell_tanh", np.tanh(z)))
                else:
                    gates.append(self.quantize(f"{gate}_sigmoid", F(1) / (F(1) + np.exp(-z))))
            i, f, g, o = gates
            kept, new = self.quantize("cell_state", f * c), self.quantize("cell_state", i * g)
            c = self.quantize("cell_state", kept + new)
            h = self.quantize("output", o * self.quantize("hidden_state_tanh", np.tanh(c)))
            results.append(h)
        return np.stack(results)


NARROW = {name: {"narrow": 1} for name in NAMES}
FLOORS = {name: {"rounding_mode": "FLOOR"} for name in NAMES}
FEW = {name: {"bits": 5.0, "scale": 2.0**-4} for name in NAMES}
SUMS = {name: {"scale": 2.0**-4} for name in NAMES[2:6]} | {"cell_acc": {"scale": 2.0**-5}}


MIXED: dict[str, Any] = {
    "input_acc": {"scale": 2.0**-5},
    "forget_acc": {"bits": 6.0, "scale": 2.0**-4},
    "output_acc": {"scale": 2.0**-7, "narrow": 1},
    "forget_sigmoid": {"bits": 7.0, "scale": 2.0**-7},
    "output_sigmoid": {"bits": 5.0, "scale": 2.0**-5},
}


@pytest.mark.parametrize("changes", [{}, NARROW, FLOORS, FEW, SUMS, MIXED])
@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_every_number_is_equal(changes: dict[str, Any], bias: float, tmp_path: Path) -> None:
    layer = Layer(1, bias, **changes)
    imported = load_model(layer.save(tmp_path))
    x = np.random.default_rng(2).normal(size=(200, STEPS, 1, INPUTS)).astype(F) * 2
    (found,) = imported.run(x).values()
    expected = np.stack([layer.run(frame) for frame in x])
    assert np.unique(expected).size > 8
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    assert imported.notes == ()


@pytest.mark.parametrize("backward", [0, 1])
@pytest.mark.parametrize("batch_first", [0, 1])
def test_batches_and_directions(backward: int, batch_first: int, tmp_path: Path) -> None:
    layer = Layer(3)
    path = layer.save(tmp_path, 2, reverse_input=backward, batch_first=batch_first)
    x = np.random.default_rng(2).normal(size=(20, STEPS, 2, INPUTS)).astype(F) * 2
    step = -1 if backward else 1
    expected = np.stack([layer.run(frame[::step])[::step] for frame in x])
    order = (0, 2, 1, 3) if batch_first else (0, 1, 2, 3)
    (found,) = load_model(path).run(np.ascontiguousarray(x.transpose(order))).values()
    np.testing.assert_array_equal(found, expected.transpose(order))


def test_the_cell_in_hardware(tmp_path: Path) -> None:
    graph = load_model(Layer(4, **MIXED).save(tmp_path)).graph
    (node,) = (node for node in graph.nodes if isinstance(node.op, Lstm))
    kind = graph.types[node.inputs[0]]
    site = Site.of(node.op, TensorType(kind.shape, kind.element))
    check_kernel(site, family("lstm").kernel("static"), {"pes": 4, "lanes": 2}, frames=8)


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "scale": ({"cell_tanh": {"scale": 0.01}}, "the quantizer cell_tanh, .* no power of two"),
    "zero": ({"output": {"zero": 3.0}}, "the quantizer output, .* zero point"),
    "bits": ({"cell_state": {"bits": 6.5}}, "the quantizer cell_state, .* 6.5 bits"),
    "scales": ({"cell_acc": {"scale": np.full(CELLS, 0.5)}}, "cell_acc, .* several scales"),
    "sums": ({"output_acc": {"rounding_mode": "FLOOR"}}, "rounds its sums"),
    "rounding": ({"output": {"rounding_mode": "CEIL"}}, "cell_state have CEIL, ROUND"),
    "finer": ({"cell_state": {"scale": 2.0**-30}}, "input product finer than it comes"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_fit_is_refused_by_name(name: str, tmp_path: Path) -> None:
    changes, words = REFUSALS[name]
    with pytest.raises(CompileError, match=words) as error:
        load_model(Layer(5, **changes).save(tmp_path))
    (found,) = error.value.diagnostics
    assert found.code == "HW0236"
    assert found.fix
    assert found.origin is not None
    assert found.origin.op_type == "QuantLSTMCell"


def test_everything_is_refused_at_once(tmp_path: Path) -> None:
    layer = Layer(5, cell_tanh={"scale": 0.01}, output={"zero": 1.0})
    with pytest.raises(CompileError) as error:
        load_model(layer.save(tmp_path, cifg=1))
    assert len(error.value.diagnostics) == 3


def test_weights_that_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    layer = Layer(5)
    layer.wx = layer.wx / F(3)
    with pytest.raises(CompileError, match="has weights that do not fit"):
        load_model(layer.save(tmp_path))
