"""Random attributes in random operator sets, against ONNX Runtime.

Between operator sets attributes became inputs, defaults changed, and axes may be negative; what a
node means in its own set is what ONNX Runtime computes. Where it refuses a node itself (padding
that would be negative, sizes that do not fit), there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"

OPSETS = (10, 11, 12, 13, 17, 18, 19, 21)
_NO_ORACLE = (runtime.Fail, runtime.RuntimeException, runtime.InvalidArgument)

CASES = 24
"""Models of each kind."""

T = TypeVar("T")


class Draw:
    """Random choices of one model."""

    def __init__(self, m: Model) -> None:
        self.m, self.opset = m, m.opset

    def ints(self, low: int, high: int, count: int) -> list[int]:
        return [int(v) for v in self.m.rng.integers(low, high, count, endpoint=True)]

    def one(self, *choices: T) -> T:
        return choices[int(self.m.rng.integers(len(choices)))]

    def chance(self, share: float) -> bool:
        return bool(self.m.rng.random() < share)

    def input(self, *shape: int) -> str:
        return self.m.quantize(self.m.input(1, *shape))

    def vector(self, numbers: list[int]) -> str:
        return self.m.constant(numbers, np.int64)


def _window(d: Draw, kernel: list[int]) -> dict[str, Any]:
    rank = len(kernel)
    found: dict[str, Any] = {"strides": d.ints(1, 3, rank)} if d.chance(0.7) else {}
    if d.chance(0.3):
        found["auto_pad"] = d.one("SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET")
    elif d.chance(0.6):
        found["pads"] = [d.ints(0, k - 1, 1)[0] for k in kernel + kernel]
    return found


def _pool(d: Draw) -> str:
    kind, rank = d.one("MaxPool", "AveragePool"), d.one(1, 2)
    kernel, size = d.ints(1, 3, rank), d.ints(5, 9, rank)
    given = _window(d, kernel) | {"kernel_shape": kernel}
    if d.chance(0.5):
        given["ceil_mode"] = 1
    if kind == "AveragePool" and d.chance(0.5):
        given["count_include_pad"] = 1
    same = str(given.get("auto_pad", "")).startswith("SAME")
    if d.chance(0.4) and (d.opset > 18 or kind == "MaxPool") and not same:
        given["dilations"] = d.ints(1, 2, rank)
    return d.m.op(kind, d.input(2, *size), **given)


def _conv(d: Draw) -> str:
    rank = d.one(1, 2)
    kernel, size = d.ints(1, 3, rank), d.ints(5, 8, rank)
    given = _window(d, kernel) | ({"kernel_shape": kernel} if d.chance(0.5) else {})
    return d.m.op("Conv", d.input(2, *size), d.m.weights(3, 2, *kernel), **given)


def _conv_transpose(d: Draw) -> str:
    rank = d.one(1, 2)
    kernel, size = d.ints(1, 3, rank), d.ints(3, 6, rank)
    given = _window(d, kernel)
    strides = given.get("strides", [1] * rank)
    if d.chance(0.3):
        given["output_padding"] = [d.ints(0, s - 1, 1)[0] for s in strides]
    if d.chance(0.3):
        given["dilations"] = d.ints(1, 2, rank)
    if d.chance(0.3) and "pads" not in given:
        given["output_shape"] = [s * n + d.one(0, 1) for s, n in zip(strides, size, strict=True)]
    return d.m.op("ConvTranspose", d.input(2, *size), d.m.weights(2, 3, *kernel), **given)


def _pad(d: Draw) -> str:
    modes = ["constant", "reflect", "edge"] + (["wrap"] if d.opset > 18 else [])
    mode = d.one(*modes)
    pads = d.ints(-1, 2, 4)
    fill = [d.m.constant(d.one(0.0, 0.125, -1.0))] if d.chance(0.7) else [""]
    x = d.input(2, 4, 5)
    if d.opset < 11:
        whole = [0, 0, *pads[:2], 0, 0, *pads[2:]]
        return d.m.op("Pad", x, pads=whole, mode=mode, value=d.one(0.0, 0.5))
    if d.opset > 17 and d.chance(0.5):
        axes = d.vector([-1, 2])
        return d.m.op("Pad", x, d.vector(pads), *fill, axes, mode=mode)
    return d.m.op("Pad", x, d.vector([0, 0, *pads[:2], 0, 0, *pads[2:]]), *fill, mode=mode)


def _slice(d: Draw) -> str:
    axes = [int(a) for a in d.m.rng.permutation([1, 2, 3])[: d.one(1, 2)]]
    count = len(axes)
    starts = [d.one(0, -1, 1, -3, 9, -9) for _ in range(count)]
    ends = [d.one(2, -1, 2**31 - 1, -(2**31), 3) for _ in range(count)]
    steps = [d.one(1, 2, -1, -2) for _ in range(count)]
    named = [a - 4 if d.chance(0.3) else a for a in axes]
    return d.m.op("Slice", d.input(3, 5, 6), *(d.vector(v) for v in (starts, ends, named, steps)))


def _reduce(d: Draw) -> str:
    kind = d.one("ReduceMean", "ReduceSum", "ReduceMax")
    axes = sorted(int(a) for a in d.m.rng.permutation([1, 2, 3])[: d.one(1, 2, 3)])
    given: dict[str, Any] = {"keepdims": 1}
    x = d.input(2, 3, 5)
    if d.opset >= (13 if kind == "ReduceSum" else 18):
        if d.chance(0.3):
            return d.m.op(kind, x, noop_with_empty_axes=d.one(0, 1), **given)
        return d.m.op(kind, x, d.vector(axes), **given)
    if d.chance(0.8):
        given["axes"] = [a - 4 if d.opset > 10 and d.chance(0.3) else a for a in axes]
    return d.m.op(kind, x, **given)


def _split(d: Draw) -> str:
    axis, parts = d.one(2, 3), d.one(2, 3)
    size, x = [0, 0, 4, 6][axis], d.input(2, 4, 6)
    if d.chance(0.5):
        cut = d.ints(1, size - 1, 1)[0]
        sizes = [cut, size - cut]
        if d.opset < 13:
            return d.m.ops("Split", x, outputs=2, axis=axis, split=sizes)[d.one(0, 1)]
        return d.m.ops("Split", x, d.vector(sizes), outputs=2, axis=axis)[d.one(0, 1)]
    given: dict[str, Any] = {"num_outputs": parts} if d.opset > 17 else {}
    return d.m.ops("Split", x, outputs=parts, axis=axis, **given)[parts - 1]


def _gemm(d: Draw) -> str:
    turned = d.one(0, 1)
    given: dict[str, Any] = {"transB": turned}
    given |= {k: d.one(0.5, 2.0, -1.0) for k in ("alpha", "beta") if d.chance(0.5)}
    bias = d.one([1.5], [1.0, 2, 3, 4], [[1.0, 2, 3, 4]], 2.0)
    operands = [d.input(6), d.m.weights(*((4, 6) if turned else (6, 4))), d.m.constant(bias)]
    return d.m.op("Gemm", *operands[: 3 if d.opset < 11 else d.one(2, 3)], **given)


def _blocks(d: Draw) -> str:
    given = {"mode": d.one("DCR", "CRD")} if d.opset > 10 and d.chance(0.7) else {}
    if d.chance(0.5):
        return d.m.op("DepthToSpace", d.input(12, 2, 3), blocksize=2, **given)
    return d.m.op("SpaceToDepth", d.input(3, 4, 6), blocksize=2)


KINDS: dict[str, Callable[[Draw], str]] = {
    "pool": _pool,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "pad": _pad,
    "slice": _slice,
    "reduce": _reduce,
    "split": _split,
    "gemm": _gemm,
    "blocks": _blocks,
}


@pytest.mark.parametrize("kind", KINDS)
def test_random_attributes_mean_what_the_runtime_computes(kind: str, tmp_path: Path) -> None:
    compared = 0
    for seed in range(CASES):
        m = Model(opset=OPSETS[seed % len(OPSETS)], seed=seed)
        y = KINDS[kind](Draw(m))
        try:
            check(m, tmp_path, y, frames=2, step=0.125)
        except _NO_ORACLE:
            continue
        except CompileError as error:
            if "the result has no elements" not in str(error):
                raise
            continue
        compared += 1
    assert compared >= CASES // 3


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
def test_padding_that_executors_dispute_is_refused(kind: str, tmp_path: Path) -> None:
    m = Model(opset=19)
    given: dict[str, Any] = {"kernel_shape": [2, 3], "dilations": [1, 2], "auto_pad": "SAME_UPPER"}
    path = m.save(tmp_path, m.op(kind, m.quantize(m.input(1, 2, 5, 7)), **given))
    with pytest.raises(CompileError) as caught:
        load_model(path)
    (found,) = caught.value.diagnostics
    assert str(found).replace(f" {found.origin}: ", " ") == (
        f"error[HW0265] this {kind} has dilations and auto_pad=SAME_UPPER, because ONNX pads for "
        "the dilated kernel, and ONNX Runtime for the kernel itself. Try: export the model with "
        "explicit pads."
    )


def test_transposed_convolutions_do_not_grow_to_fill_same_padding(tmp_path: Path) -> None:
    """Strides longer than the kernel: `SAME` never pads less than nothing."""
    m = Model(seed=3)
    x, w = m.quantize(m.input(1, 2, 5)), m.weights(2, 3, 2)
    same = m.op("ConvTranspose", x, w, strides=[3], auto_pad="SAME_UPPER")
    wide = m.op("ConvTranspose", x, w, strides=[3], output_shape=[16])
    check(m, tmp_path, same, wide)
