"""The model's inputs as abstract values: real numbers until a quantizer, or given integers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.input_types import parse_input_type, two_types
from hwcompile.frontends.model import SourceNode, SourceTensor
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.element_types import NARROW
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_stream
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import IntegerQuantizer
from hwcompile_runtime.rows import floats, integers


def start_values(ctx: Context, input_types: Mapping[str, str]) -> dict[str, Value]:
    """Abstract values of the model's inputs.

    Raises:
        CompileError: HW0110 for a name in `input_types` that is no input, HW0111 for a type that
            cannot be read, HW0206 for an input of wide integers, HW0283 for two types of one.
    """
    names = [t.name for t in ctx.model.inputs]
    chosen = dict(input_types)
    if "" in chosen and len(names) == 1:
        text = chosen.pop("")
        if names[0] in chosen:
            raise two_types(names[0], chosen[names[0]], text)
        chosen[names[0]] = text
    elif "" in chosen:
        raise fail(
            "HW0110",
            "an input type does not say which input it is for",
            f"the model has {len(names)}: {', '.join(names)}",
            "name one of them before the type",
        )
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
    if spelling is None and ctx.model.annotations.get(tensor.name) == "BIPOLAR":
        spelling = "bipolar"
    if spelling is not None:
        integer = tensor.dtype.kind in "iub"
        by = Quantization(parse_input_type(spelling).quantizer(), None, integer, tensor.dtype)
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
    origin = Origin(ctx.model.file, tensor.name, "graph input")
    return SourceNode(tensor.name, "input", "", (), (tensor.name,), {}, origin)
