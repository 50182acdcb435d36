"""Functions of few levels in front of a layer: signs and sums of comparisons, written as operators.

They are quantizers that are spelled out, however wide the sum is that they look at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"


def _sums(m: Model, channels: int = 4) -> str:
    """Sums of 11 bits and more, with a normalization of both signs that gives no 0."""
    x = m.quantize(m.input(1, 3, 5, 6))
    y = m.op("Conv", x, m.weights(channels, 3, 3, 3), pads=[1] * 4)
    gamma = m.constant([1.0, -0.5, 0.75, -2.0][:channels])
    beta, mean = m.constant([0.3, -0.2, 0.1, 0.7][:channels]), m.constant(np.zeros(channels))
    return m.op("BatchNormalization", y, gamma, beta, mean, m.constant(np.ones(channels)))


def _where(m: Model, x: str, kind: str = "GreaterOrEqual") -> str:
    return m.op("Where", m.op(kind, x, m.constant(0.0)), m.constant(1.0), m.constant(-1.0))


def _steps(m: Model, x: str, levels: tuple[float, ...]) -> str:
    total, last = "", 0.0
    for level in levels:
        above = m.op("Greater", x, m.constant(4 * level - 2))
        step = m.op("Where", above, m.constant(level - last), m.constant(0.0))
        total = m.op("Add", total, step) if total else step
        last = level
    return total


FORMS: dict[str, tuple[Callable[[Model, str], str], IntType]] = {
    "Sign": (lambda m, x: m.op("Sign", x), BIPOLAR),
    "Where": (_where, BIPOLAR),
    "Less": (lambda m, x: _where(m, x, "Less"), BIPOLAR),
    "Cast": (lambda m, x: m.op("Cast", m.op("Greater", x, m.constant(1.0)), to=1), IntType(0, 1)),
    "even": (lambda m, x: _steps(m, x, (0.5, 1.0, 1.5)), IntType(0, 3)),
    "uneven": (lambda m, x: _steps(m, x, (0.375, 1.5)), IntType(0, 4)),
    "sign with 0": (lambda m, x: m.op("Sign", m.op("Relu", x)), IntType(0, 1)),
}


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("form", FORMS)
def test_levels_are_integers_of_a_layer(form: str, pad: int, tmp_path: Path) -> None:
    """With as many bits as the levels need; a sign has one, but for the zeros of a padding."""
    m = Model()
    make, element = FORMS[form]
    y = m.op("Conv", make(m, _sums(m)), m.weights(2, 4, 3, 3), pads=[pad] * 4)
    imported = check(m, tmp_path, y)
    graph = run_passes(imported.graph, LOWERING)
    last = [node for node in graph.nodes if isinstance(node.op, Matmul)][-1]
    found = graph.types[last.inputs[0]].element
    assert found == (IntType(-1, 1) if element == BIPOLAR and pad else element)


def test_levels_of_no_common_step_are_refused(tmp_path: Path) -> None:
    """Lloyd's levels as training leaves them: sums of such numbers are rounded by executors."""
    m = Model()
    x = _steps(m, _sums(m), (0.4527, 1.5104))
    path = m.save(tmp_path, m.op("Conv", x, m.weights(2, 4, 3, 3)))
    with pytest.raises(CompileError, match="HW0209"):
        load_model(path)
