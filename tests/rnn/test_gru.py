from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pytest

from hwcompile import rnn
from hwcompile.diagnostics import CompileError
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.rnn import Format, Formats
from tests.kernelbench import check_kernel

X, C, T = 20, 32, 25
Array = npt.NDArray[Any]


class Weights(TypedDict):
    """Arguments of `rnn.gru`."""

    wx: Array
    wr: Array
    bias: Array
    recurrent_bias: Array


def _weights() -> Weights:
    rng = np.random.default_rng(0)
    return {
        "wx": rng.normal(size=(3 * C, X)) * 0.4,
        "wr": rng.normal(size=(3 * C, C)) * 0.2,
        "bias": rng.normal(size=(3, C)) * 0.5,
        "recurrent_bias": rng.normal(size=(3, C)) * 0.5,
    }


def _sigma(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _float_gru(w: Weights, x: Array, after: bool) -> Array:
    """The textbook's cell on floating-point numbers, [T, X] to [T, C]."""
    h, found = np.zeros(C), []
    wr, b = w["wr"].reshape(3, C, C), w["recurrent_bias"]
    for step in x:
        s = (w["wx"] @ step).reshape(3, C) + w["bias"]
        r, u = (_sigma(s[g] + wr[g] @ h + b[g]) for g in (0, 1))
        inner = r * (wr[2] @ h + b[2]) if after else wr[2] @ (r * h) + b[2]
        h = (1 - u) * np.tanh(s[2] + inner) + u * h
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("after", [True, False])
def test_agrees_with_floating_point(after: bool) -> None:
    w = _weights()
    graph = rnn.gru(**w, steps=T, reset_after=after)
    x = np.random.default_rng(1).normal(size=(3, T, X))
    wanted = np.array([_float_gru(w, frame, after) for frame in x])
    codes = np.rint(x * 4096).astype(np.int64)[:, None]
    found = graph.evaluate({"x": codes})["gru"][:, 0] * graph.types["gru"].scale[0]
    assert np.abs(found - wanted).max() < 0.02
    assert np.abs(wanted - np.array([_float_gru(w, f, not after) for f in x])).max() > 0.1


def test_a_gru_in_hardware() -> None:
    w = _weights()
    rng = np.random.default_rng(2)
    w["wr"] = np.where(rng.random(w["wr"].shape) < 0.2, w["wr"], 0)
    graph = rnn.gru(**w, steps=6)
    x = np.rint(rng.normal(size=(2, 1, 6, X)) * 4096).astype(np.int64)
    site = Site.of(graph.nodes[0].op, graph.types["x"])
    check_kernel(site, family("gru").kernel("static"), {"pes": 8, "lanes": 2}, inputs=(x,))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"wx": np.full((3 * C, X), np.nan)}, "HW0240.*not finite"),
    ({"wr": np.ones((3 * C, C + 1))}, r"HW0241.*recurrent weights.*\[3, 32, 32\]"),
    ({"bias": np.ones(5)}, r"HW0241.*biases.*\[3, 32\]"),
    ({"formats": Formats(bias=Format(4, 3))}, "HW0242.*biases reach"),
    ({"candidate": "softsign"}, "HW0243.*softsign"),
    ({"start": True}, "HW0245.*state is kept"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input_is_explained(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CompileError, match=message):
        rnn.gru(**{**_weights(), **change})
