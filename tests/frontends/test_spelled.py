"""Normalizations spelled out in small operators: near ONNX Runtime's, and equal to one node's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, families, runtime

ORACLE = "ONNX Runtime"

SQUARES: dict[str, Callable[[Model, str], str]] = {
    "power": lambda m, d: m.op("Pow", d, m.constant(2.0)),
    "integer power": lambda m, d: m.op("Pow", d, m.constant(2, np.int64)),
    "power of a node": lambda m, d: m.op("Pow", d, m.op("Constant", value_float=2.0)),
    "product": lambda m, d: m.op("Mul", d, d),
}

QUOTIENTS: dict[str, Callable[[Model, str, str], str]] = {
    "quotient": lambda m, d, v: m.op("Div", d, m.op("Sqrt", v)),
    "quotient by a power": lambda m, d, v: m.op("Div", d, m.op("Pow", v, m.constant(0.5))),
    "reciprocal": lambda m, d, v: m.op("Mul", m.op("Reciprocal", m.op("Sqrt", v)), d),
    "one over": lambda m, d, v: m.op("Mul", d, m.op("Div", m.constant(1.0), m.op("Sqrt", v))),
    "power": lambda m, d, v: m.op("Mul", d, m.op("Pow", v, m.constant([-0.5]))),
}


def mean_of(m: Model, x: str, axes: tuple[int, ...]) -> str:
    if m.opset < 18:
        return m.op("ReduceMean", x, axes=list(axes))
    return m.op("ReduceMean", x, m.constant(axes, np.int64))


def spelled(
    m: Model,
    x: str,
    axes: tuple[int, ...],
    epsilon: float = 1e-5,
    centered: bool = True,
    square: str = "power",
    quotient: str = "quotient",
    twice: bool = False,
) -> str:
    """A normalization without scale and bias; `twice` subtracts the mean at both places."""
    d = m.op("Sub", x, mean_of(m, x, axes)) if centered else x
    again = m.op("Sub", x, mean_of(m, x, axes)) if twice and centered else d
    variance = mean_of(m, SQUARES[square](m, d), axes)
    return QUOTIENTS[quotient](m, again, m.op("Add", variance, m.constant(epsilon)))


HELD: dict[str, Callable[[Model, str], str]] = {
    "plain": lambda m, v: v,
    "maximum": lambda m, v: m.op("Max", v, m.constant(0.0)),
    "maximum, constant first": lambda m, v: m.op("Max", m.constant([0.0]), v),
    "relu": lambda m, v: m.op("Relu", v),
}


def _by_difference(
    m: Model, x: str, held: str, square: str, *, axes: tuple[int, ...] = (-1,), **other: Any
) -> str:
    """With the variance E[x ^ 2] - E[x] ^ 2; `other` puts another tensor or axis in its place."""
    mean = mean_of(m, x, axes)
    again = mean_of(m, other.get("again", x), other.get("axes_again", axes))
    squares = mean_of(m, SQUARES[square](m, other.get("squared", x)), axes)
    variance = HELD[held](m, m.op("Sub", squares, SQUARES[square](m, again)))
    root = m.op("Sqrt", m.op("Add", variance, m.constant(1e-3)))
    return m.op("Div", m.op("Sub", other.get("numerator", x), mean), root)


def frames_of(shape: tuple[int, ...], scale: float) -> np.ndarray[Any, Any]:
    x = np.random.default_rng(1).normal(0, 20 * scale, (12, *shape)).astype(np.float32)
    x[0], x[1] = -99, 99
    return x


def squares_of_rows(
    x: np.ndarray[Any, Any], axes: tuple[int, ...], scale: float, centered: bool
) -> np.ndarray[Any, Any]:
    """sum(c * c) of the integers of every row, c = n * q - sum(q), or n * q."""
    q = np.clip(np.round(x / scale), -135, 120)
    count = np.prod([x.shape[a] for a in axes])
    c = count * q - (q.sum(axes, keepdims=True) if centered else 0.0)
    return np.asarray((c * c).sum(axes, keepdims=True))


def real(path: Path, name: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(load_model(path).run({"x": x})[name])


@settings(max_examples=25, deadline=None)
@given(
    shape=st.lists(st.integers(2, 6), min_size=1, max_size=3, unique=True),
    ends=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    epsilon=st.sampled_from([1e-12, 1e-6, 1e-5, 1e-3, 0.25]),
    centered=st.booleans(),
    square=st.sampled_from(sorted(SQUARES)),
    quotient=st.sampled_from(sorted(QUOTIENTS)),
    twice=st.booleans(),
    negative=st.booleans(),
    opset=st.sampled_from([13, 18]),
    scale=st.sampled_from([0.1, 0.013, 0.7]),
)
@example([3, 5], (1, 1), 1e-5, True, "power", "quotient", False, True, 13, 0.1)
@example([3, 4, 5], (0, 0), 1e-6, True, "power", "quotient", False, False, 13, 0.1)
def test_what_is_spelled_out_is_near_onnx_runtime_and_equal_to_one_node(
    shape: list[int],
    ends: tuple[int, int],
    epsilon: float,
    centered: bool,
    square: str,
    quotient: str,
    twice: bool,
    negative: bool,
    opset: int,
    scale: float,
) -> None:
    """The axes are any next to each other; one node has the last ones."""
    rank = len(shape) + 1
    first, last = sorted(min(e, len(shape) - 1) + 1 for e in ends)
    axes = tuple(a - rank if negative else a for a in range(first, last + 1))
    m = Model(opset=opset, seed=3)
    x = m.quantize(m.input(1, *shape), scale, 7)
    y = spelled(m, x, axes, epsilon, centered, square, quotient, twice)
    rows = [shape[a - 1] if first <= a <= last else 1 for a in range(1, rank)]
    gamma, beta = m.rng.normal(1, 0.3, rows), m.rng.normal(0, 0.5, rows)
    y = m.op("Add", m.op("Mul", y, m.constant(gamma)), m.constant(beta))
    frames = frames_of(tuple(shape), scale)
    with TemporaryDirectory() as folder:
        path = m.save(Path(folder), y)
        imported = load_model(path)
        assert "attention" in families(imported)
        assert any("spelled out" in note for note in imported.notes)
        ours, (theirs,) = imported.run({"x": frames})[y], runtime(path, {"x": frames})
        assert ours.shape == theirs.shape
        # Epsilon is 1 at least beside the sum of squares of a row, which are few where it is short.
        normal = (theirs - beta.astype(np.float32)) / gamma.astype(np.float32)
        squares = squares_of_rows(frames, axes, scale, centered)
        bound = np.abs(gamma) * (4e-3 + np.abs(normal) / np.maximum(2 * squares, 1))
        assert np.all(np.abs(ours - theirs) <= bound)
        if last + 1 == rank:
            one = Model(opset=23, seed=3)
            kind = "LayerNormalization" if centered else "RMSNormalization"
            x = one.quantize(one.input(1, *shape), scale, 7)
            ones = one.constant(np.ones(shape[first - 1 :]))
            z = one.op(kind, x, ones, axis=first, epsilon=epsilon)
            z = one.op("Add", one.op("Mul", z, one.constant(gamma)), one.constant(beta))
            alone = real(one.save(Path(folder), z), z, frames)
            np.testing.assert_array_equal(ours, alone)


@pytest.mark.parametrize(
    ("held", "square", "axes"),
    [
        ("plain", "product", (-1,)),
        ("maximum", "power", (2, 3)),
        ("maximum, constant first", "product", (1,)),
        ("relu", "integer power", (-2, -1)),
    ],
)
def test_a_variance_may_be_a_difference(
    held: str, square: str, axes: tuple[int, ...], tmp_path: Path
) -> None:
    m, other = Model(opset=13, seed=3), Model(opset=13, seed=3)
    shape = (3, 4, 5)
    y = _by_difference(m, m.quantize(m.input(1, *shape), 0.1, 7), held, square, axes=axes)
    path, frames = m.save(tmp_path, y), frames_of(shape, 0.1)
    z = spelled(other, other.quantize(other.input(1, *shape), 0.1, 7), axes, 1e-3)
    found, (expected,) = real(path, y, frames), runtime(path, {"x": frames})
    squares = squares_of_rows(frames, axes, 0.1, True)
    assert np.all(np.abs(found - expected) <= 2e-3 + np.abs(expected) / np.maximum(2 * squares, 1))
    assert np.ptp(expected) > 2
    (tmp_path / "other").mkdir()
    alone = real(other.save(tmp_path / "other", z), z, frames)
    np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize(
    "other",
    [{"again": "w"}, {"squared": "w"}, {"numerator": "w"}, {"axes_again": (-2,)}],
    ids=lambda other: next(iter(other)),
)
def test_a_difference_of_other_tensors_is_no_variance(
    other: dict[str, Any], tmp_path: Path
) -> None:
    m = Model(opset=13, seed=3)
    x = m.quantize(m.input(1, 4, 4), 0.1, 7)
    m.nodes.append(helper.make_node("Neg", [x], ["w"], name="w"))
    y = m.quantize(_by_difference(m, x, "plain", "product", **other), 0.05)
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, y))
    assert "spelled out" not in str(error.value)


def test_channels_of_a_map_are_normalized_without_moving_anything(tmp_path: Path) -> None:
    """As ConvNeXt writes it: over axis 1, with a scale for each channel."""
    m = Model(opset=13, seed=3)
    y = spelled(m, m.quantize(m.input(1, 6, 4, 5), 0.1, 7), (1,), 1e-6)
    y = m.op("Mul", m.constant(m.rng.normal(1, 0.3, (6, 1, 1))), y)
    assert "gather" not in families(load_model(m.save(tmp_path, m.quantize(y, 0.05))))


def test_what_is_exact_node_by_node_stays_exact(tmp_path: Path) -> None:
    """Few levels and a step that is a power of two: a table holds every pair."""
    m = Model(opset=21, seed=3)
    m_type = np.dtype(helper.tensor_dtype_to_np_dtype(TensorProto.INT4))
    x = m.quantize(m.input(1, 3, 2), 0.25, 1, m_type)
    y = QUOTIENTS["quotient"](
        m, x, m.op("Add", mean_of(m, m.op("Mul", x, x), (2,)), m.constant(0.5))
    )
    imported = check(m, tmp_path, m.quantize(y, 0.0625, 0), frames=40, step=0.03125)
    assert "attention" not in families(imported)


def _more(**changed: Any) -> Callable[[Model, str], list[str]]:
    """A pattern with something else inside."""

    def make(m: Model, x: str) -> list[str]:
        mean = mean_of(m, x, (-1,))
        d = m.op("Sub", x, mean)
        squares = m.op("Pow", d, m.constant(changed.get("power", 2.0)))
        variance = mean_of(m, squares, (-1,))
        added = changed.get("epsilon", m.constant(1e-5))
        root = m.op(changed.get("root", "Sqrt"), m.op("Add", variance, added))
        result = m.quantize(m.op("Div", changed.get("numerator", d), root), 0.05)
        more = {"mean": mean, "d": d, "variance": variance, "root": root}
        return [result, *(more[name] for name in changed.get("seen", ()))]

    return make


OTHERS: dict[str, Callable[[Model, str], list[str]]] = {
    "another power": _more(power=4.0),
    "a power per element": _more(power=[2.0, 2.0, 2.0, 2.0, 3.0]),
    "an epsilon per element": _more(epsilon="e"),
    "an epsilon below 0": _more(epsilon="n"),
    "no root": _more(root="Abs"),
    "something else above": _more(numerator="x"),
    "a difference that leaves": _more(seen=("d",)),
    "a variance that leaves": _more(seen=("variance",)),
    "a root that leaves": _more(seen=("root",)),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_nearly_a_normalization_is_none(case: str, tmp_path: Path) -> None:
    m = Model(opset=13, seed=3)
    x = m.quantize(m.input(1, 3, 5), 0.1, 7)
    for name, numbers in (("e", [1e-5, 1e-5, 1e-5, 1e-5, 2e-5]), ("n", [-0.5])):
        m.constants.append(numpy_helper.from_array(np.array(numbers, np.float32), name))
    outputs = OTHERS[case](m, x)
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, *outputs))
    assert "spelled out" not in str(error.value)
    assert {d.code for d in error.value.diagnostics} <= {"HW0202", "HW0209", "HW0222", "HW0235"}


def test_axes_that_are_apart_are_told(tmp_path: Path) -> None:
    m = Model(opset=13)
    y = spelled(m, m.quantize(m.input(1, 3, 4, 5), 0.1, 7), (1, 3))
    with pytest.raises(CompileError, match="next to each other") as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert [d.code for d in error.value.diagnostics] == ["HW0204"]


def test_an_illegal_node_inside_is_told(tmp_path: Path) -> None:
    m = Model(opset=13)
    y = spelled(m, m.quantize(m.input(1, 3, 5), 0.1, 7), (4,))
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert {d.code for d in error.value.diagnostics} == {"HW0107"}


@pytest.mark.parametrize("form", ["erf", "erfc", "tanh", "cube", "sigmoid"])
def test_gelu_spelled_out_is_equal(form: str, tmp_path: Path) -> None:
    """Every operand is one tensor, so that all of it is a function of one integer."""
    m = Model(opset=13, seed=2)
    layer = m.op("MatMul", m.quantize(m.input(1, 3, 6), 0.125), m.weights(6, 5, scale=2.0**-6))
    half, one = m.constant(0.5), m.constant(1.0)
    if form == "erf":
        bent = m.op("Erf", m.op("Div", layer, m.constant(2**0.5)))
        y = m.op("Mul", m.op("Mul", layer, m.op("Add", bent, one)), half)
    elif form == "erfc":
        bent = m.op("Erf", m.op("Mul", m.op("Neg", layer), m.constant(0.5**0.5)))
        y = m.op("Mul", m.op("Mul", half, layer), m.op("Sub", one, bent))
    elif form == "sigmoid":
        y = m.op("Mul", layer, m.op("Sigmoid", m.op("Mul", m.constant(1.702), layer)))
    else:
        cube = m.op("Pow", layer, m.constant(3.0))
        if form == "cube":
            cube = m.op("Mul", m.op("Mul", layer, layer), layer)
        inner = m.op("Add", layer, m.op("Mul", cube, m.constant(0.044715)))
        bent = m.op("Tanh", m.op("Mul", inner, m.constant((2 / np.pi) ** 0.5)))
        y = m.op("Mul", m.op("Mul", half, layer), m.op("Add", one, bent))
    imported = check(m, tmp_path, m.quantize(y, 0.05, -4), frames=20)
    assert "attention" not in families(imported)
