"""Softmax and normalizations inside the network: near ONNX Runtime's, by what the documents say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, families, runtime

ORACLE = "ONNX Runtime"

STEP = 2.0**-8


def _shares(m: Model, scores: str, axis: int = -1) -> str:
    return m.quantize(m.op("Softmax", scores, axis=axis), STEP, 0, np.uint8)


def _used(m: Model, shares: str, size: int) -> str:
    """Something that needs the integers inside the network."""
    return m.quantize(m.op("MatMul", shares, m.weights(size, 2, scale=0.25)), 0.125, 0)


def _closed(m: Model) -> str:
    return m.quantize(m.input(1, 3, 7), 0.0625, 5)


def _open(m: Model) -> str:
    """Scores of a product, by the root of its depth."""
    product = m.op("MatMul", m.quantize(m.input(1, 3, 6), 0.03), m.weights(6, 7, scale=0.02))
    return m.op("Mul", product, m.constant(6**-0.5))


def _many_levels(m: Model) -> str:
    """A step that is so small that integers are rounded before they address a table."""
    product = m.op("MatMul", m.quantize(m.input(1, 3, 6), 0.03), m.weights(6, 7, scale=0.002))
    return m.op("Div", product, m.constant(2.0))


def _masked(m: Model) -> str:
    mask = np.where(np.tril(np.ones((3, 7)), k=2), 0.0, -np.inf)
    return m.op("Add", _open(m), m.constant(mask))


def _biased(m: Model) -> str:
    return m.op("Add", _closed(m), m.constant(m.rng.normal(0, 1, (3, 7))))


def _bent(m: Model) -> str:
    """No line, so that real numbers are rounded."""
    return m.op("Tanh", _closed(m))


CASES: dict[str, tuple[Callable[[Model], str], float]] = {
    "behind a quantizer": (_closed, 0.01),
    "behind a product": (_open, 0.08),
    "of fine steps": (_many_levels, 0.08),
    "behind a causal mask": (_masked, 0.08),
    "behind a table of positions": (_biased, 0.04),
    "behind a curve": (_bent, 0.04),
}
"""What makes the scores, and how many of a hundred shares may differ by a step."""


def _apart(m: Model, folder: Path, *outputs: str, scale: float = 4.0) -> list[np.ndarray[Any, Any]]:
    """How far outputs are from ONNX Runtime's, and that the network computes them."""
    path = m.save(folder, *outputs)
    shape = [d.dim_value for d in m.inputs[0].type.tensor_type.shape.dim]
    x = m.rng.normal(0, scale, (40, *shape[1:])).astype(np.float32)
    x[0], x[1] = -99, 99
    results = load_model(path).run({"x": x})
    expected = runtime(path, {"x": x})
    return [np.abs(results[o] - e) for o, e in zip(outputs, expected, strict=True)]


@pytest.mark.parametrize("case", CASES)
def test_softmax_is_at_most_a_step_from_onnx_runtime(case: str, tmp_path: Path) -> None:
    (make, most), size = CASES[case], 7
    m = Model(seed=4)
    shares = _shares(m, make(m))
    imported = load_model(m.save(tmp_path, _used(m, shares, size)))
    assert "attention" in families(imported)
    # Beside the output, so that what the network multiplies is seen.
    seen = m.quantize(m.op("MatMul", shares, m.weights(size, size, scale=0.0)), 1.0, 0)
    (apart,) = _apart(m, tmp_path, m.op("Add", m.op("Mul", seen, m.constant(0.0)), shares))
    assert apart.max() <= STEP
    assert np.count_nonzero(apart) <= most * apart.size


@pytest.mark.parametrize(("scale", "dtype"), [(3e-4, np.int16), (2e-4, np.uint16)])
def test_softmax_of_16_bits_is_at_most_a_step_from_onnx_runtime(
    scale: float, dtype: type, tmp_path: Path
) -> None:
    m, size = Model(opset=21, seed=4), 7
    zero = -900 if dtype is np.int16 else 30_000
    scores = m.quantize(m.input(1, 3, size), scale, zero, dtype)
    shares = m.quantize(m.op("Softmax", scores), 2.0**-16, 0, np.uint16)
    seen = m.quantize(m.op("MatMul", shares, m.weights(size, size, scale=0.0)), 1.0, 0)
    (apart,) = _apart(m, tmp_path, m.op("Add", m.op("Mul", seen, m.constant(0.0)), shares))
    assert apart.max() <= 2.0**-16
    assert np.count_nonzero(apart) <= 0.1 * apart.size


@pytest.mark.parametrize("axis", [1, 2])
def test_softmax_along_any_axis(axis: int, tmp_path: Path) -> None:
    m = Model(seed=2)
    shares = _shares(m, m.quantize(m.input(1, 5, 3), 0.125, 3), axis)
    product = _used(m, m.op("Reshape", shares, m.constant([1, 15], np.int64)), 15)
    (apart,) = _apart(m, tmp_path, product)
    assert apart.max() <= 0.25


def test_a_softmax_at_the_end_stays_on_the_host(tmp_path: Path) -> None:
    m = Model()
    scores = m.quantize(m.op("MatMul", m.quantize(m.input(1, 6)), m.weights(6, 4)), 0.25)
    imported = load_model(m.save(tmp_path, m.quantize(m.op("Softmax", scores), STEP)))
    assert "attention" not in families(imported)


NORMALS = {
    "layer": ("LayerNormalization", 17, True),
    "layer without a bias": ("LayerNormalization", 17, False),
    "root mean square": ("RMSNormalization", 23, False),
}


@pytest.mark.parametrize("case", NORMALS)
@pytest.mark.parametrize("width", [5, 64])
def test_normalizations_are_near_onnx_runtime(case: str, width: int, tmp_path: Path) -> None:
    kind, opset, biased = NORMALS[case]
    m = Model(opset=opset, seed=3)
    x = m.quantize(m.input(1, 3, width), 0.1, 7)
    constants = [m.constant(m.rng.normal(1, 0.3, width))]
    if biased:
        constants.append(m.constant(m.rng.normal(0, 0.5, width)))
    real = m.op(kind, x, *constants)
    closed = m.quantize(real, 0.05, -4)
    near, steps = _apart(m, tmp_path, real, closed, scale=1.5)
    assert near.max() < 4e-3
    assert steps.max() <= 0.0501
    assert np.count_nonzero(steps > 0.01) <= 0.01 * steps.size


def test_rows_of_several_axes(tmp_path: Path) -> None:
    m = Model(seed=3)
    x = m.quantize(m.input(1, 3, 4, 5), 0.1, 7)
    constants = [m.constant(m.rng.normal(1, 0.3, (4, 5))) for _ in "ab"]
    (apart,) = _apart(m, tmp_path, m.op("LayerNormalization", x, *constants, axis=2))
    assert apart.max() < 4e-3


GROUPED: dict[str, tuple[int, tuple[int, ...], dict[str, Any]]] = {
    "channels of a map": (17, (6, 4, 5), {"epsilon": 2.0}),
    "channels of a sequence": (17, (6, 9), {}),
    "groups of a map": (21, (6, 4, 5), {"num_groups": 3, "epsilon": 2.0}),
    "groups of a sequence": (21, (6, 9), {"num_groups": 2}),
}
"""Operator set, shape behind the batch, attributes; an epsilon as large as variances is seen."""


@pytest.mark.parametrize("case", GROUPED)
def test_groups_of_channels_are_near_onnx_runtime(case: str, tmp_path: Path) -> None:
    opset, shape, attributes = GROUPED[case]
    m = Model(opset=opset, seed=3)
    x = m.quantize(m.input(1, *shape), 0.1, 7)
    constants = [m.constant(m.rng.normal(1, 0.3, 6)), m.constant(m.rng.normal(0, 1, 6))]
    kind = "GroupNormalization" if "num_groups" in attributes else "InstanceNormalization"
    real = m.op(kind, x, *constants, **attributes)
    closed = m.quantize(real, 0.05, -4)
    path = m.save(tmp_path, real, closed)
    # Nothing is moved: channels stay beside each other, and rows go across pixels.
    assert "gather" not in families(load_model(path))
    near, steps = _apart(m, tmp_path, real, closed, scale=1.5)
    assert near.max() < 4e-3
    assert steps.max() <= 0.0501
    assert np.count_nonzero(steps > 0.01) <= 0.01 * steps.size


def test_groups_as_pytorch_exports_them_move_nothing(tmp_path: Path) -> None:
    """A GroupNorm of torch becomes an InstanceNormalization between two Reshape nodes."""
    m = Model(seed=3)
    x = m.quantize(m.input(1, 6, 4, 5), 0.1, 7)
    rows = m.op("Reshape", x, m.constant([0, 3, -1], np.int64))
    normal = m.op("InstanceNormalization", rows, m.constant(np.ones(3)), m.constant(np.zeros(3)))
    back = m.op("Reshape", normal, m.constant([1, 6, 4, 5], np.int64))
    scaled = m.op("Mul", back, m.constant(m.rng.normal(1, 0.3, (6, 1, 1))))
    closed = m.quantize(m.op("Add", scaled, m.constant(m.rng.normal(0, 1, (6, 1, 1)))), 0.05)
    assert "gather" not in families(load_model(m.save(tmp_path, closed)))
    (steps,) = _apart(m, tmp_path, closed, scale=1.5)
    assert steps.max() <= 0.0501
    assert np.count_nonzero(steps > 0.01) <= 0.01 * steps.size


def test_groups_of_channels_that_are_no_neighbours(tmp_path: Path) -> None:
    """Channels 0 and 3, 1 and 4, 2 and 5 of a map: as many numbers as neighbours would have."""
    m = Model(seed=3)
    x = m.quantize(m.input(1, 6, 4, 5), 0.1, 7)
    scaled = m.op("Mul", x, m.constant(np.arange(1, 7).reshape(6, 1, 1)))
    pairs = m.op("Reshape", m.quantize(scaled, 0.5, 3), m.constant([1, 2, 3, 20], np.int64))
    turned = m.op("Transpose", pairs, perm=[0, 2, 1, 3])
    rows = m.op("Reshape", turned, m.constant([1, 3, 40], np.int64))
    real = m.op("InstanceNormalization", rows, m.constant(np.ones(3)), m.constant(np.zeros(3)))
    (apart,) = _apart(m, tmp_path, real, scale=1.5)
    assert apart.max() < 4e-3


def test_groups_that_do_not_divide_the_channels_are_told(tmp_path: Path) -> None:
    m = Model(opset=21)
    x = m.quantize(m.input(1, 6, 4))
    y = m.op("GroupNormalization", x, *(m.constant(np.ones(6)) for _ in "ab"), num_groups=4)
    with pytest.raises(CompileError, match="4 groups") as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert {d.code for d in error.value.diagnostics} == {"HW0204"}


def test_statistics_are_not_given_away(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 4))
    y, mean = m.ops("LayerNormalization", x, m.constant(np.ones(4)), m.constant(np.zeros(4)),
                    outputs=2)  # fmt: skip
    with pytest.raises(CompileError, match="mean or deviation") as error:
        load_model(m.save(tmp_path, m.quantize(y), mean))
    assert {d.code for d in error.value.diagnostics} == {"HW0201"}


def test_rows_that_are_too_wide_are_told(tmp_path: Path) -> None:
    m = Model(opset=21)
    x = m.quantize(m.input(1, 1, 4096), 2.0**-12, 0, np.int16)
    y = m.op("LayerNormalization", x, m.constant(np.ones(4096)), m.constant(np.zeros(4096)))
    with pytest.raises(CompileError, match="too wide") as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert [d.code for d in error.value.diagnostics] == ["HW0234"]


def test_a_block_of_four_bits_of_qonnx(tmp_path: Path) -> None:
    """Quant nodes on every operand, as Brevitas exports them; 0.25 is one step of the result."""
    qonnx = pytest.importorskip("tests.frontends.qonnx_oracle")
    m = Model(seed=6)
    x = qonnx.quant(m, m.input(1, 6, 8), 0.5)

    def projected() -> str:
        weights = qonnx.quant(m, m.constant(m.rng.normal(0, 1, (8, 8))), 0.25)
        real = qonnx.quant(m, m.op("MatMul", x, weights), 1.0)
        return m.op("Reshape", real, m.constant([1, 6, 2, 4], np.int64))

    q, v = (m.op("Transpose", projected(), perm=[0, 2, 1, 3]) for _ in "qv")
    k = m.op("Transpose", projected(), perm=[0, 2, 3, 1])
    scores = qonnx.quant(m, m.op("MatMul", q, k), 4.0)
    shares = qonnx.quant(
        m, m.op("Softmax", m.op("Mul", scores, m.constant(0.5)), axis=-1), 0.0625, signed=0
    )
    mixed = qonnx.quant(m, m.op("MatMul", shares, v), 0.25)
    imported, ours, theirs = qonnx.run_both(m, tmp_path, mixed)
    assert "attention" in families(imported)
    assert np.abs(ours - theirs).max() <= 0.25
    assert np.count_nonzero(ours != theirs) <= 0.02 * ours.size
