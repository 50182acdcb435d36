"""MatMulNBits: weights of few bits in blocks, beside ONNX Runtime and what its quantizer writes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, families, grid, runtime

ORACLE = "ONNX Runtime"

N, K, BLOCK = 5, 40, 16
COUNT = -(-K // BLOCK)


def _packed(codes: np.ndarray, bits: int) -> np.ndarray:
    """The first code in the lowest bits of a byte; a row begins with a byte."""
    each = 8 // bits
    codes = np.pad(codes, [(0, 0), (0, -codes.shape[1] % each)])
    parts = codes.reshape(len(codes), -1, each) << (bits * np.arange(each))
    return np.asarray(parts.sum(axis=2), dtype=np.uint8)


def _model(
    bits: int = 4,
    scales: tuple[float, ...] = (0.25, 0.5, 1.0),
    zeros: str = "absent",
    bias: bool = False,
    **changed: object,
) -> tuple[Model, str]:
    m = Model(seed=4)
    x = m.quantize(m.input(1, 3, K), 0.125, 3)
    codes = m.rng.integers(0, 1 << bits, (N, COUNT * BLOCK))
    packed = _packed(codes, bits).reshape(N, COUNT, BLOCK * bits // 8)
    given = m.rng.choice(scales, (N, COUNT))
    points = m.rng.integers(0, 1 << bits, (N, COUNT))
    inputs = [x, m.constant(packed, np.uint8), m.constant(given.reshape(-1))]
    if zeros == "packed":
        inputs.append(m.constant(_packed(points, bits).reshape(-1), np.uint8))
    elif zeros != "absent":
        inputs.append(m.constant(points.reshape(-1) + (0.5 if zeros == "broken" else 0)))
    elif bias:
        inputs.append("")
    inputs += ["", m.constant(m.rng.integers(-9, 9, N))] if bias else []
    attributes = {"K": K, "N": N, "bits": bits, "block_size": BLOCK} | changed
    return m, m.op("MatMulNBits", *inputs, domain="com.microsoft", **attributes)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from([2, 4, 8]), st.sampled_from(["absent", "packed", "real"]), st.booleans())
def test_blocks_of_powers_of_two_are_exact(bits: int, zeros: str, bias: bool) -> None:
    if bits == 8 and zeros == "real":
        return  # ONNX Runtime has no kernel for it
    model, result = _model(bits, zeros=zeros, bias=bias)
    with TemporaryDirectory() as folder:
        check(model, Path(folder), result)
        check(model, Path(folder), model.quantize(result, 4.0))


def test_what_onnx_runtimes_quantizer_writes(tmp_path: Path) -> None:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    m = Model(seed=2)
    numbers = m.rng.integers(-8, 8, (48, 6)).astype(np.float32) / 4
    numbers[::16] = -2.0  # so that every block's scale is 1/4
    x = m.quantize(m.input(1, 3, 48), 0.125, 3)
    y = m.op("MatMul", x, m.constant(numbers))
    made = MatMulNBitsQuantizer(onnx.load(m.save(tmp_path, y)), block_size=16, is_symmetric=True)
    made.process()
    path = tmp_path / "packed.onnx"
    made.model.save_model_to_file(str(path))
    assert "MatMulNBits" in [node.op_type for node in onnx.load(path).graph.node]
    frames = grid(m.rng, 4, 3, 48)
    (expected,) = runtime(path, {"x": frames})
    found = load_model(path).run({"x": frames})[y]
    np.testing.assert_array_equal(found, expected)
    assert np.ptp(found) > 50


@pytest.mark.parametrize("operator", ["MatMulNBits", "MatMul"])
def test_blocks_without_a_common_step_are_added_as_float32_adds(
    operator: str, tmp_path: Path
) -> None:
    """Steps from 2 ** -24 on: no small multiples of one, and float sums of few products exact."""
    scales = (2.0**-24, 2.0**-12, 1.0)
    if operator == "MatMulNBits":
        model, result = _model(scales=scales)
    else:
        model = Model(opset=21, seed=1)
        x = model.quantize(model.input(1, 3, 12), 0.125, 3)
        w = model.constant(model.rng.integers(-20, 20, (12, N)), np.int8)
        s, z = model.rng.choice(scales, (3, N)), model.constant(np.zeros((3, N)), np.int8)
        weights = model.op("DequantizeLinear", w, model.constant(s), z, axis=0, block_size=4)
        result = model.op("MatMul", x, weights)
    imported = check(model, tmp_path, model.quantize(result, 2.0), frames=8)
    assert any("3 blocks of weights" in note for note in imported.notes)
    assert families(imported).count("matmul") == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"zeros": "broken"}, "HW0230.*zero points of this MatMulNBits are no whole numbers"),
        ({"N": 6}, "HW0204.*codes of 4 bits"),
        ({"K": 39}, "HW0204.*K=39.*40 channels"),
        ({"block_size": 32}, "HW0204.*codes of 4 bits"),
        ({"accuracy_level": 4}, "HW0262.*accuracy_level=4"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_refusals(changed: dict[str, object], said: str, tmp_path: Path) -> None:
    model, result = _model(**changed)  # type: ignore[arg-type]
    with pytest.raises(CompileError, match=said):
        load_model(model.save(tmp_path, result))
