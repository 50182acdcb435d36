"""The model's inputs as abstract values: real numbers until a quantizer, or given integers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.model import SourceNode, SourceTensor
from hwcompile.frontends.numbers.chain import Chain, Dequantize
from hwcompile.frontends.numbers.quantizer_sources import from_quantize_linear, integer_range
from hwcompile.frontends.numbers.quantizers import IntegerQuantizer, Quantizer
from hwcompile.frontends.numbers.rows import floats, integers
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_stream
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntType

NARROW = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-(2**15), 2**15 - 1),
          "uint16": (0, 2**16 - 1), "int4": (-8, 7), "uint4": (0, 15), "int2": (-2, 1),
          "uint2": (0, 3), "bool": (0, 1)}  # fmt: skip
"""Intervals of the element types that a stream may have."""

_SPELLING = re.compile(r"(u?)int(\d+)(?::([^:]+))?(?::(-?\d+))?")


def start_values(ctx: Context, input_types: Mapping[str, str]) -> dict[str, Value]:
    """Abstract values of the model's inputs.

    Raises:
        CompileError: HW0110 for a name in `input_types` that is no input, HW0111 for a type that
            cannot be read, HW0206 for an input of wide integers.
    """
    names = [t.name for t in ctx.model.inputs]
    chosen = {(names[0] if n == "" and names else n): text for n, text in input_types.items()}
    for name in chosen:
        if name not in names:
            raise fail(
                "HW0110",
                f"the model has no input '{name}'",
                f"its inputs are {', '.join(names)}",
                "name one of them before the type",
            )
    return {t.name: _start(ctx, t, chosen.get(t.name)) for t in ctx.model.inputs}


def _start(ctx: Context, tensor: SourceTensor, spelling: str | None) -> Value:
    index = np.arange(int(np.prod(tensor.shape, dtype=np.int64))).reshape(tensor.shape)
    raw = Stream(tensor.name, index, Chain(Dequantize(floats(1))), tensor.dtype, raw=True)
    node = _input_node(ctx, tensor)
    if spelling is not None:
        integer = tensor.dtype.kind in "iub"
        by = Quantization(parse_input_type(spelling), None, integer, tensor.dtype)
        return quantize_stream(ctx, raw, by, node)
    if tensor.dtype.name in NARROW:
        element = IntType(*NARROW[tensor.dtype.name])
        quantizer = IntegerQuantizer(floats(1), integers(0), element)
        return quantize_stream(ctx, raw, Quantization(quantizer, None, True, tensor.dtype), node)
    if tensor.dtype.kind in "iu":
        raise fail(
            "HW0206",
            f"the input has {tensor.dtype.name} elements",
            "a stream of that width would waste most of its wires",
            f"say what really arrives, for example --input-type {tensor.name}:uint8",
            node.origin,
        )
    return raw


def _input_node(ctx: Context, tensor: SourceTensor) -> SourceNode:
    """A stand-in for messages and names about the input itself."""
    import onnx

    origin = Origin(ctx.model.file, tensor.name, "graph input")
    proto = onnx.NodeProto()
    return SourceNode(tensor.name, "input", "", (), (tensor.name,), {}, origin, proto)


def parse_input_type(spelling: str) -> Quantizer:
    """The quantizer of `uint8`, `uint8:1/255`, or `int8:0.05:-3` (type, scale, zero point).

    Raises:
        CompileError: HW0111 when it cannot be read.
    """
    match = _SPELLING.fullmatch(spelling.strip())
    try:
        if match is None:
            raise ValueError(spelling)
        scale = float(Fraction(match[3])) if match[3] else 1.0
        zero, bits = int(match[4] or 0), int(match[2])
        if not 1 <= bits <= 16 or scale <= 0:
            raise ValueError(spelling)
    except (ValueError, ZeroDivisionError) as error:
        raise fail(
            "HW0111",
            f"the input type '{spelling}' cannot be read",
            "it is a type of 1 to 16 bits, then perhaps a positive scale and a zero point",
            "write it like uint8, uint8:1/255 or int8:0.05:-3",
        ) from error
    element = integer_range(bits, match[1] == "", False)
    return from_quantize_linear(scale, zero, element.low, element.high)
