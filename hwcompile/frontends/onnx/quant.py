"""The quantizers of QONNX: Quant, IntQuant, BipolarQuant, Trunc, MultiThreshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.quantizer_checks import (
    checked_bits,
    checked_scale,
    integer_range,
)
from hwcompile.frontends.onnx.dialect.operator import QONNX_DOMAINS, Operator
from hwcompile.frontends.onnx.quantizer_sources import (
    from_bipolar_quant,
    from_multi_threshold,
    from_qonnx_quant,
    from_trunc,
    from_trunc_v1,
    rounding_only,
)
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.spreading import spread
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    HostValue,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile_runtime.quantizers import Quantizer

Inputs = Sequence[Value | None]
_FLOAT = np.dtype(np.float32)


def _constant(inputs: Inputs, position: int, node: SourceNode, name: str) -> Array:
    array = constant_of(inputs[position]) if position < len(inputs) else None
    if array is None:
        raise fail(
            "HW0217",
            f"the {name} of this quantizer is no constant",
            "hardware needs to know it when it is built",
            "export the model in evaluation mode, so that learned quantizers are frozen",
            node.origin,
        )
    return array


def _by(quantizer: Quantizer, row_of: Array | None) -> Quantization:
    return Quantization(quantizer, row_of, False, _FLOAT)


def _target(inputs: Inputs, node: SourceNode) -> Value:
    value = inputs[0]
    if value is None:
        what, fix = f"this {node.op_type} has no input", "repair the exporter's output"
        raise fail("HW0201", what, "", fix, node.origin)
    return value


def _quant(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = _target(inputs, node)
    names = ("scale", "zero point", "bit width")
    arrays = [_constant(inputs, i + 1, node, n) for i, n in enumerate(names)]
    narrow = bool(node.attributes.get("narrow", 0))
    several = np.unique(arrays[2]).size > 1
    if several:
        value, arrays[2] = _within_widths(node, value, arrays, narrow)
    (scale, zero, bits), row_of = spread(shape_of(value), arrays, node)
    quantizer = from_qonnx_quant(
        scale,
        zero,
        bits,
        bool(node.attributes.get("signed", 1)),
        narrow,
        str(node.attributes.get("rounding_mode", "ROUND")),
        node.origin,
        positive=constant_of(value) is None,
    )
    if several:
        quantizer = rounding_only(quantizer)
    return [quantize(ctx, value, _by(quantizer, row_of), node)]


def _within_widths(
    node: SourceNode, value: Value, arrays: list[Array], narrow: bool
) -> tuple[Value, Array]:
    """What the quantizer rounds, limited to each channel's width, and the largest width.

    QONNX divides by the scale, adds the zero point, limits and rounds; all but the last becomes
    part of what is pending.

    Raises:
        CompileError: HW0210 for widths that are none, and for single bits with a sign beside
            others, which are another encoding.
    """
    scale, zero, bits = (np.asarray(a, dtype=np.float32) for a in arrays)
    checked_scale(scale, node.origin, positive=constant_of(value) is None)
    signed = bool(node.attributes.get("signed", 1))
    widths = {b: checked_bits(b, node.origin) for b in np.unique(bits)}
    if signed and 1 in widths.values():
        raise fail(
            "HW0210",
            f"some channels of this {node.op_type} have 1 bit with a sign, and others have more",
            "1 bit means -1 and 1, without a 0, and all channels of a stream have one encoding",
            "give these channels 2 bits",
            node.origin,
        )
    ranges = [integer_range(widths[b], signed, narrow) for b in bits.reshape(-1)]
    low, high = (
        np.array([getattr(r, end) for r in ranges], dtype=np.float32).reshape(bits.shape)
        for end in ("low", "high")
    )
    widest = np.full((), bits.max(), dtype=np.float32)
    known = constant_of(value)
    if known is not None:
        with np.errstate(all="ignore"):
            steps = known.astype(np.float32) / scale + zero
        return Constant(np.clip(steps, low, high)), widest
    lazy = lazy_of(value, node)
    for kind, constants in (("div", (scale,)), ("add", (zero,)), ("clip", (low, high))):
        lazy = append(lazy, kind, node, constants)
    return lazy, widest


def _bipolar(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = _target(inputs, node)
    (scale,), row_of = spread(shape_of(value), [_constant(inputs, 1, node, "scale")], node)
    quantizer = from_bipolar_quant(scale, node.origin, positive=constant_of(value) is None)
    return [quantize(ctx, value, _by(quantizer, row_of), node)]


def _trunc(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = _target(inputs, node)
    if isinstance(value, Failed):
        return [value]
    rounding = str(node.attributes.get("rounding_mode", "FLOOR"))
    if len(inputs) > 4 and ("signed" in node.attributes or "narrow" in node.attributes):
        names = ("scale", "zero point", "input bit width", "output scale", "output bit width")
        arrays = [_constant(inputs, i + 1, node, n) for i, n in enumerate(names)]
        (scale, zero, _, out_scale, bits), row_of = spread(shape_of(value), arrays, node)
        signed = bool(node.attributes.get("signed", 1))
        narrow = bool(node.attributes.get("narrow", 0))
        ops, quantizer = from_trunc(
            scale, zero, out_scale, bits, signed, narrow, rounding, node.origin
        )
    else:
        arrays = [
            _constant(inputs, i + 1, node, n)
            for i, n in enumerate(("scale", "zero point", "input bit width", "output bit width"))
        ]
        (scale, zero, in_bits, out_bits), row_of = spread(shape_of(value), arrays, node)
        ops, quantizer = from_trunc_v1(scale, zero, in_bits, out_bits, rounding, node.origin)
    if not isinstance(value, Stream | HostValue):
        raise fail(
            "HW0202",
            "this Trunc does not follow a single quantized stream",
            "",
            "insert a quantizer in front of it",
            node.origin,
        )
    for op in ops:
        value = value.then(op if row_of is None else op.select(row_of))
    return [quantize(ctx, value, _by(quantizer, row_of), node)]


def _multi_threshold(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = _target(inputs, node)
    shape = shape_of(value)
    steps = _constant(inputs, 1, node, "threshold matrix")
    attributes = node.attributes
    quantizer = from_multi_threshold(
        steps,
        float(attributes.get("out_scale", 1.0)),
        float(attributes.get("out_bias", 0.0)),
        node.origin,
    )
    layout = str(attributes.get("data_layout", "NCHW"))
    axis = len(shape) - 1 if layout in ("NHWC", "NWC", "NC") else min(1, len(shape) - 1)
    row_of = None
    if steps.shape[0] > 1:
        if steps.shape[0] != shape[axis]:
            raise fail(
                "HW0204",
                f"{steps.shape[0]} rows of thresholds do not fit {shape[axis]} channels",
                "MultiThreshold needs one row, or one per channel",
                "check the attribute data_layout",
                node.origin,
            )
        numbers = np.arange(shape[axis]).reshape(
            [-1 if i == axis else 1 for i in range(len(shape))]
        )
        row_of = np.broadcast_to(numbers, shape).reshape(-1)
    return [quantize(ctx, value, _by(quantizer, row_of), node)]


def _quantizer(handler: Handler) -> Operator:
    # Early exporters left the domain empty.
    return Operator(handler, folds=False, domains=QONNX_DOMAINS | {""})


HANDLERS = {
    "Quant": _quantizer(_quant),
    "IntQuant": _quantizer(_quant),
    "BipolarQuant": _quantizer(_bipolar),
    "Trunc": _quantizer(_trunc),
    "MultiThreshold": _quantizer(_multi_threshold),
}
