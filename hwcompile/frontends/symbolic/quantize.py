"""One door for every quantizer: dispatches on what is pending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pending import check_precision
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_constant, quantize_stream
from hwcompile.frontends.symbolic.quantizing_bundles import quantize_bundle
from hwcompile.frontends.symbolic.quantizing_pairs import quantize_pair
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    HostValue,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
)
from hwcompile_runtime.chain import FloatOp
from hwcompile_runtime.quantizers import IntegerQuantizer
from hwcompile_runtime.rows import floats


def quantize(ctx: Context, value: Value | None, by: Quantization, node: SourceNode) -> Value:
    """The value behind a quantizer.

    Raises:
        CompileError: If it has no exact integer form.
    """
    if isinstance(value, Stream | Pair | Bundle | HostValue):
        _check_type(value, by, node)
    if isinstance(value, Constant | QuantizedConstant):
        found = quantize_constant(value.array, by, node)
        return Constant(found.integers.astype(by.dtype)) if by.integers else found
    if isinstance(value, Stream):
        return quantize_stream(ctx, value, by, node)
    if isinstance(value, Pair):
        return quantize_pair(ctx, value, by, node)
    if isinstance(value, Bundle):
        return quantize_bundle(ctx, value, by, node)
    if isinstance(value, HostValue):
        return replace(_on_host(value, by), inside=_inside(ctx, value, by, node))
    assert value is None or isinstance(value, Failed)
    what, fix = f"this {node.op_type} has no input", "repair the exporter's output"
    raise fail("HW0201", what, "", fix, node.origin)


def _check_type(
    value: Stream | Pair | Bundle | HostValue, by: Quantization, node: SourceNode
) -> None:
    """Quantizers take real numbers; only the end of an integer chain takes integers."""
    check_precision(value, node)
    if value.dtype.kind != "f" and not isinstance(by.quantizer, IntegerQuantizer):
        raise fail(
            "HW0204",
            f"this {node.op_type} quantizes a tensor of {value.dtype.name}",
            "quantizers take real numbers",
            "insert a Cast or DequantizeLinear in front of it",
            node.origin,
        )


def _inside(
    ctx: Context, value: HostValue, by: Quantization, node: SourceNode
) -> Callable[[], Stream] | None:
    """What makes the stream behind the quantizer."""
    inside = value.inside
    return None if inside is None else lambda: quantize_stream(ctx, inside(), by, node)


def _on_host(value: HostValue, by: Quantization) -> HostValue:
    size = int(np.prod(value.shape, dtype=np.int64))
    quantizer = by.rows(np.arange(size))
    result = value.then(FloatOp("fake_quant", quantizer=quantizer))
    if not by.integers:
        return result
    # Dividing what fake_quant returns by the scale gives the integers up to one rounding.
    result = result.then(FloatOp("div", (quantizer.scale,)))
    result = result.then(FloatOp("add", (floats(quantizer.zero_point),)))
    result = result.then(FloatOp("round"))
    return result.then(FloatOp("cast", attributes={"to": "int64"}), np.dtype(by.dtype))
