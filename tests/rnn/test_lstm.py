from __future__ import annotations

from typing import Any, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse

from hwcompile import rnn
from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntType
from hwcompile.rnn import Format, Formats, Table

X, C, Y, T = 20, 32, 16, 25
Array = npt.NDArray[Any]


class Weights(TypedDict):
    """Arguments of `rnn.lstm`."""

    wx: Array
    wr: Array
    bias: Array
    peepholes: NotRequired[Array]
    projection: NotRequired[Array]


def _weights(seed: int = 0, outputs: int = Y) -> Weights:
    rng = np.random.default_rng(seed)
    return {
        "wx": rng.normal(size=(4 * C, X)) * 0.4,
        "wr": rng.normal(size=(4 * C, outputs)) * 0.3,
        "bias": rng.normal(size=(4, C)) * 0.5,
        "peepholes": rng.normal(size=(3, C)) * 0.3,
        "projection": rng.normal(size=(outputs, C)) * 0.3,
    }


def _sigma(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _float_lstm(w: Weights, x: Array, candidate: str) -> Array:
    """The textbook's cell on floating-point numbers, [T, X] to [T, Y]."""
    project = "projection" in w
    peep = w.get("peepholes", np.zeros((3, C)))
    y, c = np.zeros(w["wr"].shape[1]), np.zeros(C)
    found = []
    for step in x:
        z = (w["wx"] @ step + w["wr"] @ y).reshape(4, C) + w["bias"]
        i, f = _sigma(z[0] + peep[0] * c), _sigma(z[1] + peep[1] * c)
        c = f * c + i * (np.tanh(z[2]) if candidate == "tanh" else _sigma(z[2]))
        m = _sigma(z[3] + peep[2] * c) * np.tanh(c)
        y = w["projection"] @ m if project else m
        found.append(y)
    return np.array(found)


def _run(graph: Graph, x: Array) -> Array:
    """Floats in, floats out: [frames, T, X] to [frames, T, Y]."""
    kind, result = graph.types[graph.inputs[0]], graph.types[graph.outputs[0]]
    codes = np.rint(x / kind.scale[0]).astype(np.int64)[:, None]
    return graph.evaluate({graph.inputs[0]: codes})[graph.outputs[0]][:, 0] * result.scale[0]


@pytest.mark.parametrize("candidate", ["tanh", "sigma"])
@pytest.mark.parametrize("plain", [False, True])
def test_agrees_with_floating_point(candidate: str, plain: bool) -> None:
    w = _weights(outputs=C if plain else Y)
    if plain:
        del w["projection"], w["peepholes"]
    formats = Formats(sigma=Table(4096, 16), tanh=Table(4096, 8), m=Format(16, 15))
    graph = rnn.lstm(**w, candidate=candidate, steps=T, formats=formats)
    x = np.random.default_rng(1).normal(size=(3, T, X))
    found = _run(graph, x)
    wanted = np.array([_float_lstm(w, frame, candidate) for frame in x])
    assert np.abs(found - wanted).max() < 0.01
    assert wanted.std() > 0.1


def test_finer_formats_come_closer() -> None:
    w = _weights()
    x = np.random.default_rng(1).normal(size=(2, T, X))
    wanted = np.array([_float_lstm(w, frame, "tanh") for frame in x])
    fine = Formats(
        x=Format(20, 16), y=Format(20, 16), c=Format(20, 15), m=Format(20, 18),
        wx=Format(18), wr=Format(18), projection=Format(18), bias=Format(20),
        peepholes=(Format(18),) * 3, gate=Format(20, 18),
        sigma=Table(1 << 15, 16), tanh=Table(1 << 15, 8),
    )  # fmt: skip
    errors = [
        np.abs(_run(rnn.lstm(**w, steps=T, formats=f), x) - wanted).max() for f in (None, fine)
    ]
    assert errors[1] < errors[0] / 4
    assert errors[1] < 1e-3


def test_kinds_of_matrices_mean_the_same() -> None:
    w = _weights()
    graph = rnn.lstm(**w, steps=T)
    x = np.random.default_rng(1).normal(size=(1, T, X))
    wanted = _run(graph, x)
    sparse: dict[str, Any] = {
        **w,
        "wx": scipy.sparse.csr_matrix(w["wx"]),
        "wr": scipy.sparse.coo_array(w["wr"]),
    }
    four: dict[str, Any] = {**w, "wx": list(w["wx"].reshape(4, C, X)), "bias": w["bias"].ravel()}
    coded: dict[str, Any] = {**w, "wx": np.rint(w["wx"] * 2**9).astype(int)}
    formats = Formats(wx=Format(12, 9))
    assert np.array_equal(_run(rnn.lstm(**sparse, steps=T), x), wanted)
    assert np.array_equal(_run(rnn.lstm(**four, steps=T), x), wanted)
    assert np.array_equal(
        _run(rnn.lstm(**coded, steps=T, formats=formats), x),
        _run(rnn.lstm(**w, steps=T, formats=formats), x),
    )


@pytest.mark.parametrize("build", [rnn.lstm, rnn.gru])
def test_channels_are_layers_of_their_own(build: Any) -> None:
    rng = np.random.default_rng(0)
    gates = 4 if build is rnn.lstm else 3
    w = (rng.normal(size=(gates * C, X)) * 0.4, rng.normal(size=(gates * C, C)) * 0.3)
    one = build(*w, steps=T, keep=True, start=True)
    three = build(*w, steps=T, keep=True, start=True, channels=3)
    assert three.types["x"].shape == (1, T, 3 * X)
    assert three.types["start"].shape == (1, T, 3)
    x = rng.integers(-9000, 9000, (2, 1, T, X, 3))
    start = rng.integers(0, 2, (2, 1, T, 1, 3))
    (found,) = three.evaluate(
        {"x": x.reshape(2, 1, T, -1), "start": start.reshape(2, 1, T, -1)}
    ).values()
    for channel in range(3):
        inputs = {"x": x[..., channel], "start": start[..., channel]}
        (wanted,) = one.evaluate(inputs).values()
        assert np.array_equal(found[..., channel::3], wanted)
    with pytest.raises(CompileError, match="there are 0 channels"):
        build(*w, channels=0)


def test_layers_with_different_channels_do_not_stack() -> None:
    w = _weights(outputs=C)
    first = rnn.lstm(w["wx"], w["wr"], steps=3, channels=2)
    wide = np.concatenate([w["wr"], w["wr"]], axis=1)
    second = rnn.lstm(wide, w["wr"], steps=3)
    assert second.types["x"].shape == first.types[first.outputs[0]].shape
    with pytest.raises(CompileError, match="layer 2 has 1 channels, but layer 1 has 2"):
        rnn.stack(first, second)


def test_functions_may_be_hard() -> None:
    graph = rnn.lstm(
        **_weights(), gates="hard_sigma", candidate="hard_tanh", squash="hard_tanh", steps=2
    )
    op: Any = graph.nodes[0].op
    assert op.sigma[0] == 0
    assert op.sigma.max() == 2**15 - 1  # 1.0 is the first number beyond the format
    assert op.candidate.min() == -(2**15)


def test_layers_stack() -> None:
    first = rnn.lstm(**_weights(), steps=3, name="one")
    w = _weights(1)
    w["wx"] = w["wx"][:, :Y]
    second = rnn.lstm(**w, steps=3, name="two")
    both = rnn.stack(first, second, name="net")
    x = np.random.default_rng(1).normal(size=(2, 3, X))
    assert np.array_equal(_run(both, x), _run(second, _run(first, x)))
    with pytest.raises(CompileError, match=r"HW0241.*layer 2 takes 1x3x20"):
        rnn.stack(first, first)


def test_types_say_what_numbers_mean() -> None:
    graph = rnn.lstm(**_weights(), keep=True, start=True, formats=Formats(x=Format(10, 6)))
    assert graph.inputs == ("x", "start")
    assert graph.types["x"].element == IntType(-512, 511)
    assert graph.types["x"].scale == (1 / 64,)
    assert graph.types[graph.outputs[0]].scale == (2.0**-12,)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"wx": np.full((4 * C, X), np.nan)}, "HW0240.*input weights hold 2560 values.*not finite"),
    ({"bias": [np.inf] + [0] * (4 * C - 1)}, r"HW0240.*biases hold 1 values.*first at \[0\]"),
    ({"wr": "abc"}, "HW0240.*not an array of numbers"),
    ({"wr": np.ones((4 * C + 4, Y))}, r"HW0241.*recurrent weights.*\[4, 33, 16\] instead"),
    ({"wx": np.ones((7, X))}, r"HW0241.*input weights.*\[7, 20\]"),
    ({"projection": np.ones((Y + 1, C))}, r"HW0241.*projection.*\[17, 32\] instead of \[16, 32\]"),
    ({"projection": None}, r"HW0241.*recurrent weights.*\[4, 32, 32\]"),
    ({"peepholes": np.ones((2, C))}, r"HW0241.*peepholes.*\[3, 32\]"),
    ({"bias": np.ones(5)}, r"HW0241.*biases.*\[4, 32\]"),
    ({"steps": 0}, "HW0241.*0 steps"),
    ({"wx": np.full((4 * C, X), 5000)}, "HW0242.*5000.*12 bits"),
    ({"formats": Formats(wx=Format(12, 11))}, "HW0242.*input weights reach"),
    ({"formats": Formats(sigma=Table(512, 2))}, "HW0243.*table of sigma ends at ±2"),
    ({"formats": Formats(tanh=Table(512, 1))}, "HW0243.*tanh ends at ±1"),
    ({"formats": Formats(sigma=Table(1000, 16))}, "HW0243.*1000 samples"),
    ({"gates": "softsign"}, "HW0243.*no function 'softsign'"),
    ({"formats": Formats(x=Format(16))}, "HW0244.*says nothing about its fraction"),
    ({"formats": Formats(c=Format(16, 2))}, "HW0244.*c has 5 fraction bits fewer"),
    ({"formats": Formats(wx=Format(40))}, "HW0244.*40 bits"),
    ({"start": True}, "HW0245.*only if the state is kept"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input_is_explained(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CompileError, match=message):
        rnn.lstm(**{**_weights(), **change})
