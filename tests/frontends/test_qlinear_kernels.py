"""Every operator on integers that is ONNX Runtime's own, against its kernels, element by element.

Random shapes, scales and zero points of both 8-bit types; the scales of most models are short
decimals or powers of two, whose ratios put many results next to a tie, or on one, where the order
of the roundings decides. The faults
that these tests would have caught: the zero point added behind the rounding instead of in front of
it (a quarter of an average pool's elements off by one), and a multiplication fused with an addition
where the kernel rounds twice, or the other way round.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.coverage import covered_operators
from tests.frontends.oracle import Model, runtime

ORACLE = "ONNX Runtime"

MS = "com.microsoft"
LEAST = 20_000
DECIMALS = (0.1, 0.05, 0.2, 0.025, 0.3, 0.15, 0.02, 0.03, 0.4, 0.01, 0.06, 0.7, 0.35)
POWERS = (0.5, 0.25, 0.125, 0.0625)
Dtype = type[np.uint8] | type[np.int8]


class Scaled(Model):
    """A model whose scales are all short decimals (half of the models), powers of two, or any."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed=seed)
        self.scales = (DECIMALS, DECIMALS, POWERS, ())[int(self.rng.integers(4))]

    def scale(self) -> str:
        """A constant."""
        chosen = self.rng.choice(self.scales) if self.scales else self.rng.uniform(0.004, 0.2)
        return self.constant(chosen)


Build = Callable[[Scaled, Dtype], str]


def number(m: Scaled, dtype: Dtype) -> tuple[str, str]:
    """A random scale and zero point."""
    limits = np.iinfo(dtype)
    return m.scale(), m.constant(m.rng.integers(limits.min, limits.max + 1), dtype)


def whole(m: Scaled, dtype: Dtype, *shape: int, bits: int = 8) -> str:
    """A constant of random integers."""
    limits = np.iinfo(dtype)
    unused = 8 - bits
    return m.constant(
        m.rng.integers(limits.min >> unused, (limits.max >> unused) + 1, shape), dtype
    )


def stream(m: Scaled, dtype: Dtype, *shape: int, name: str = "x") -> str:
    kind = TensorProto.UINT8 if dtype is np.uint8 else TensorProto.INT8
    return m.input(1, *shape, name=name, kind=kind)


def binary(kind: str, left: tuple[int, ...], right: tuple[int, ...]) -> Build:
    """Two operands with these shapes, batch axis apart; a constant where a 0 stands in front."""

    def build(m: Scaled, dtype: Dtype) -> str:
        names = []
        for position, shape in enumerate((left, right)):
            if shape[0] == 0:
                made = whole(m, dtype, *shape[1:])
            else:
                made = stream(m, dtype, *shape, name="xy"[position])
            names += [made, *number(m, dtype)]
        return m.op(kind, *names, *number(m, dtype), domain=MS)

    return build


def pool(kind: str, *shape: int, last: bool = False, **attributes: object) -> Build:
    def build(m: Scaled, dtype: Dtype) -> str:
        size = (*shape[1:], shape[0]) if last else shape
        operands = [stream(m, dtype, *size), *number(m, dtype), *number(m, dtype)]
        return m.op(kind, *operands, domain=MS, channels_last=int(last), **attributes)

    return build


def one(kind: str, **attributes: object) -> Build:
    def build(m: Scaled, dtype: Dtype) -> str:
        operands = [stream(m, dtype, 7, 9), *number(m, dtype), *number(m, dtype)]
        return m.op(kind, *operands, domain=MS, **attributes)

    return build


def concat(m: Scaled, dtype: Dtype) -> str:
    first = [stream(m, dtype, 3, 4, 5), *number(m, dtype)]
    second = [stream(m, dtype, 2, 4, 5, name="y"), *number(m, dtype)]
    return m.op("QLinearConcat", *number(m, dtype), *first, *second, domain=MS, axis=1)


def where(m: Scaled, dtype: Dtype) -> str:
    condition = m.constant(m.rng.integers(0, 2, (4, 5)), np.bool_)
    first = [stream(m, dtype, 3, 4, 5), *number(m, dtype)]
    second = [stream(m, dtype, 3, 4, 1, name="y"), *number(m, dtype)]
    return m.op("QLinearWhere", condition, *first, *second, *number(m, dtype), domain=MS)


def softmax(axis: int, opset: int) -> Build:
    def build(m: Scaled, dtype: Dtype) -> str:
        low = np.iinfo(dtype).min
        result = m.constant(1 / 256), m.constant(low + int(m.rng.integers(0, 2)), dtype)
        operands = [stream(m, dtype, 4, 11), *number(m, dtype), *result]
        return m.op("QLinearSoftmax", *operands, domain=MS, axis=axis, opset=opset)

    return build


def conv(weight_type: Dtype | None = None, last: bool = False) -> Build:
    """Weights of 7 bits: without VNNI, ONNX Runtime saturates sums of uint8 by int8 at 16 bits."""

    def build(m: Scaled, dtype: Dtype) -> str:
        size = (6, 7, 4) if last else (4, 6, 7)
        kind = weight_type or dtype
        groups = int(m.rng.choice([1, 2]))
        weights = whole(m, kind, 6, 4 // groups, 3, 2, bits=7)
        per_channel = kind is np.int8
        steps = m.constant(m.rng.uniform(0.004, 0.02, 6) if per_channel else 0.01)
        zeros = m.constant(np.zeros(6) if per_channel else 63, kind)
        operands = [stream(m, dtype, *size), *number(m, dtype), weights, steps, zeros]
        bias = m.constant(m.rng.integers(-2000, 2000, 6), np.int32)
        out = m.constant(m.rng.uniform(0.5, 3)), number(m, dtype)[1]
        extra: dict[str, Any] = {"domain": MS, "channels_last": 1} if last else {}
        return m.op("QLinearConv", *operands, *out, bias, group=groups, pads=[1, 0, 2, 1], **extra)

    return build


def matmul(kind: str) -> Build:
    def build(m: Scaled, dtype: Dtype) -> str:
        weights = whole(m, dtype, 11, 13, bits=7)
        weight_scale, weight_zero = m.constant(0.02), m.constant(5, dtype)
        out = m.constant(m.rng.choice([0.25, 0.5, 0.4, 1.0])), number(m, dtype)[1]
        x = stream(m, dtype, *((11,) if kind == "QGemm" else (3, 11)))
        step, zero = number(m, dtype)
        if kind == "MatMulIntegerToFloat":
            bias = m.constant(m.rng.normal(size=13))
            return m.op(kind, x, weights, step, weight_scale, zero, weight_zero, bias, domain=MS)
        if kind == "QLinearMatMul":
            return m.op(kind, x, step, zero, weights, weight_scale, weight_zero, *out)
        bias = m.constant(m.rng.integers(-2000, 2000, 13), np.int32)
        alpha = float(m.rng.choice([1.0, 0.75, 1.3]))
        operands = [x, step, zero, weights, weight_scale, weight_zero, bias]
        return m.op(kind, *operands, *out, domain=MS, alpha=alpha)

    return build


AVERAGE = "QLinearAveragePool"
GLOBAL = "QLinearGlobalAveragePool"
CASES: dict[str, list[Build]] = {
    "QLinearAdd": [
        binary("QLinearAdd", (3, 4, 5), (3, 4, 5)),
        binary("QLinearAdd", (3, 1, 1), (3, 4, 5)),
        binary("QLinearAdd", (3, 4, 5), (3, 4, 1)),
    ],
    "QLinearAdd of a constant": [
        binary("QLinearAdd", (3, 4, 5), (0, 3, 1, 1)),
        binary("QLinearAdd", (3, 4, 5), (0, 4, 5)),
        binary("QLinearAdd", (0, 3, 1, 1), (3, 4, 5)),
        binary("QLinearAdd", (0, 4, 5), (3, 4, 5)),
    ],
    "QLinearAdd of a number in front": [
        binary("QLinearAdd", (0,), (3, 4, 5)),
        binary("QLinearAdd", (0, 1), (19,)),
        binary("QLinearAdd", (0, 7, 1, 1), (7, 3, 5)),
        binary("QLinearAdd", (0, 1), (1,)),
    ],
    "QLinearMul": [
        binary("QLinearMul", (3, 4, 5), (3, 4, 5)),
        binary("QLinearMul", (3, 1, 1), (3, 4, 5)),
        binary("QLinearMul", (3, 4, 5), (0, 3, 1, 1)),
        binary("QLinearMul", (0, 4, 5), (3, 4, 5)),
    ],
    GLOBAL: [
        pool(GLOBAL, 19, 3, 4),
        pool(GLOBAL, 19, 3, 4, last=True),
        pool(GLOBAL, 29, 2, 5, last=True),
        pool(GLOBAL, 23, 6),
    ],
    AVERAGE: [
        pool(AVERAGE, 3, 6, 7, kernel_shape=[2, 3]),
        pool(AVERAGE, 3, 6, 7, kernel_shape=[3, 2], last=True, strides=[1, 2]),
        pool(AVERAGE, 3, 6, 7, kernel_shape=[3, 3], pads=[1, 0, 1, 2]),
        pool(AVERAGE, 3, 6, 7, kernel_shape=[3, 3], pads=[1, 0, 1, 2], count_include_pad=1),
        pool(AVERAGE, 3, 6, 8, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        pool(AVERAGE, 3, 6, 8, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1,
             count_include_pad=1, pads=[1, 1, 0, 0]),
        pool(AVERAGE, 5, 17, kernel_shape=[3]),
        pool(AVERAGE, 19, 3, 4, kernel_shape=[3, 4]),
    ],
    "QLinearLeakyRelu": [one("QLinearLeakyRelu", alpha=0.3), one("QLinearLeakyRelu")],
    "QLinearSigmoid": [one("QLinearSigmoid")],
    "QLinearConcat": [concat],
    "QLinearWhere": [where],
    "QLinearSoftmax": [softmax(-1, 13), softmax(1, 13), softmax(1, 11)],
    "QLinearConv": [conv(), conv(last=True)],
    "QLinearMatMul": [matmul("QLinearMatMul")],
    "QGemm": [matmul("QGemm")],
    "MatMulIntegerToFloat": [matmul("MatMulIntegerToFloat")],
}  # fmt: skip


FLOAT = {"QuickGelu", "FastGelu", "BiasGelu", "FusedConv", "FusedGemm", "MatMulNBits"}
"""Operators of real numbers: those are in test_onnx_operators, test_fused, test_weight_blocks."""


def test_every_accepted_contrib_operator_is_held_to_its_kernel() -> None:
    assert set(covered_operators()["com.microsoft"]) - FLOAT <= {kind.split()[0] for kind in CASES}


def differing(build: Build, dtype: Dtype, seed: int, folder: Path, frames: int) -> tuple[int, int]:
    """How many elements differ from ONNX Runtime, and how many there are."""
    m = Scaled(seed)
    output = build(m, dtype)
    path = m.save(folder, output)
    imported = load_model(path)
    limits, feeds = np.iinfo(dtype), {}
    for value in m.inputs:
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim][1:]
        x = m.rng.integers(limits.min, limits.max + 1, (frames, *shape))
        feeds[value.name] = x.astype(dtype)
    (expected,) = runtime(path, feeds)
    found = imported.run(feeds)[output]
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    return int(np.count_nonzero(found != expected)), expected.size


def campaign(kind: str, dtype: Dtype, folder: Path, least: int) -> tuple[int, int]:
    """Elements that differ, and elements in all."""
    seed, wrong, elements = zlib.crc32(kind.encode()) % 1000, 0, 0
    while elements < least:
        for build in CASES[kind]:
            seed += 1
            bad, count = differing(build, dtype, seed, folder, 32)
            wrong, elements = wrong + bad, elements + count
    return wrong, elements


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("kind", CASES)
def test_contrib_operator_equals_onnx_runtime_with_random_scales_and_zero_points(
    kind: str, dtype: Dtype, tmp_path: Path
) -> None:
    wrong, elements = campaign(kind, dtype, tmp_path, LEAST)
    assert wrong == 0, f"{wrong} of {elements} elements differ"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("kind", CASES)
def test_contrib_operator_equals_onnx_runtime_at_length(
    kind: str, dtype: Dtype, tmp_path: Path
) -> None:
    wrong, elements = campaign(kind, dtype, tmp_path, 5 * LEAST)
    assert wrong == 0, f"{wrong} of {elements} elements differ"
