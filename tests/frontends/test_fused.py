"""FusedConv and FusedGemm, which ONNX Runtime's optimizer saves; the oracle is ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"

ACTIVATIONS: dict[str, list[float]] = {
    "Relu": [],
    "LeakyRelu": [0.125],
    "Clip": [-1.5, 2.25],
    "HardSigmoid": [0.25, 0.5],
    "Tanh": [],
    "Sigmoid": [],
}
STEPS = {"Tanh": 0.125, "Sigmoid": 0.0625}


def _conv(m: Model, *added: str, **attributes: Any) -> str:
    x = m.quantize(m.input(1, 4, 6, 5))
    bias = m.constant(m.rng.integers(-40, 40, 6) / 32)
    return m.op(
        "FusedConv", x, m.weights(6, 2, 3, 2), bias, *added, domain="com.microsoft", group=2,
        pads=[1, 0, 0, 1], strides=[2, 1], **attributes,
    )  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_convolutions(name: str, tmp_path: Path) -> None:
    m = Model()
    given = {"activation_params": ACTIVATIONS[name]} if ACTIVATIONS[name] else {}
    y = _conv(m, activation=name, **given)
    check(m, tmp_path, m.quantize(y, STEPS.get(name, 0.5)), frames=6)


def test_convolutions_that_add_a_tensor(tmp_path: Path) -> None:
    m = Model()
    z = m.quantize(m.input(1, 6, 3, 5, name="z"), 0.25, 1)
    check(m, tmp_path, m.quantize(_conv(m, z, activation="Relu"), 0.5), frames=6)


@pytest.mark.parametrize("name", ["Relu", "LeakyRelu", "HardSigmoid"])
def test_products(name: str, tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 7))
    keys = ("activation_alpha", "activation_beta")
    given: dict[str, Any] = dict(zip(keys, ACTIVATIONS[name], strict=False))
    bias = m.constant(m.rng.integers(-40, 40, 5) / 32)
    y = m.op("FusedGemm", x, m.weights(5, 7), bias, domain="com.microsoft", transB=1,
             activation=name, **given)  # fmt: skip
    check(m, tmp_path, m.quantize(y, 0.5), frames=20)


def test_unknown_activations_are_refused(tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.quantize(_conv(m, activation="Softplus")))
    with pytest.raises(CompileError, match="ends in the activation 'Softplus'"):
        load_model(path)
    m = Model()
    path = m.save(tmp_path, m.quantize(_conv(m, activation="Clip", activation_params=[0.0])))
    with pytest.raises(CompileError, match="HW0107"):
        load_model(path)
