"""Where real numbers meet integers, and what runs on the host behind the network."""

from __future__ import annotations

from functools import partial

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.names import identifier
from hwcompile.frontends.tflite import functions
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.lowering import HostTensor, LiteGraph, check_elements, unsupported
from hwcompile.frontends.tflite.softmax import in_hardware, in_sixteen_bits
from hwcompile.frontends.tflite.structure import places
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.elementwise.op import Linear
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.host import HostInput
from hwcompile_runtime.host_steps import HostStep
from hwcompile_runtime.quantizers import ClippedQuantizer, IntegerQuantizer, Quantizer
from hwcompile_runtime.rows import floats, integers


def integer_input(ctx: LiteGraph, node: LiteNode, number: int) -> HostInput:
    """An input of the model that is quantized already: its integers as they are."""
    tensor = ctx.tensor(number)
    element = ctx.interval(node, tensor)
    kind = TensorType(
        map_shape(tensor.shape), element, (float(tensor.scale[0]),), (int(tensor.zero_point[0]),)
    )
    value = ctx.builder.input(identifier(tensor.name, "input"), kind)
    ctx.streams[number] = value
    return _host_input(value, tensor, IntegerQuantizer(floats(1), integers(0), element))


def _host_input(value: str, tensor: LiteTensor, quantizer: Quantizer) -> HostInput:
    where = places(tensor).reshape(map_shape(tensor.shape))
    shape = tensor.shape or (1,)
    return HostInput(value, tensor.name, shape, where, 0.0, Chain(Dequantize(floats(1))), quantizer)


def real_input(ctx: LiteGraph, node: LiteNode, number: int) -> HostInput:
    """An input of real numbers with the `QUANTIZE` behind it, `round(x / scale) + zero_point`.

    TFLite rounds halves away from zero before it adds the zero point, so that is added behind.
    """
    tensor, result = ctx.tensor(number), ctx.result(node)
    check_elements(node, tensor)
    element = ctx.interval(node, result)
    zero, scale = int(result.zero_point[0]), result.scale[:1]
    apart = IntType(element.low - zero, element.high - zero)
    kind = TensorType(map_shape(tensor.shape), apart, (float(scale[0]),))
    value = ctx.builder.input(identifier(tensor.name, "input"), kind)
    ctx.finish(node, ctx.emit(node, Linear((1,), zero), value) if zero else value)
    quantizer = ClippedQuantizer(scale, integers(0), apart, scale, floats(0), "HALF_UP")
    return _host_input(value, tensor, quantizer)


def _dequantize(ctx: LiteGraph, node: LiteNode) -> None:
    """`DEQUANTIZE` at the end: the real numbers that integers mean."""
    source = ctx.operand(node, 0)
    ctx.interval(node, source)
    number = node.inputs[0]
    if number in ctx.hosts:
        before = ctx.hosts[number]
        ops = (
            FloatOp("sub", (source.zero_point[:1],)),
            FloatOp("cast", attributes={"to": "float32"}),
            FloatOp("mul", (source.scale[:1],)),
        )
        step = HostStep("op", ops)
        ctx.hosts[node.outputs[0]] = HostTensor(before.value, before.start, (*before.steps, step))
        return
    start = Dequantize(source.scale[:1], source.zero_point[:1])
    ctx.hosts[node.outputs[0]] = HostTensor(ctx.stream(node, 0), start, ())


def _softmax(ctx: LiteGraph, node: LiteNode) -> None:
    """`SOFTMAX` over the last axis: on the host, unless an operator of the network takes it."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    ctx.interval(node, source)
    element = ctx.interval(node, result)
    if source.dtype == result.dtype == "int16":
        in_sixteen_bits(ctx, node)
        return
    if source.dtype != "int8" or result.dtype != "int8":
        raise unsupported(
            node,
            f"takes {source.dtype} and gives {result.dtype}",
            "TFLite's kernels of int8 and of int16 are built",
            "the same type for both",
        )
    if result.scale[0] != np.float32(1 / 256) or result.zero_point[0] != element.low:
        raise unsupported(
            node,
            f"has results with the scale {float(result.scale[0]):g}",
            "TFLite's kernel knows the scale 1/256 from the lowest integer on, and no other",
            "convert the model again",
        )
    attributes = {
        "shape": list(source.shape),
        "axis": len(source.shape) - 1,
        "input_scale": float(source.scale[0]) * float(np.float32(node.real("Beta"))),
        "low": element.low,
        "high": element.high,
    }
    step = HostStep("fixed_softmax", attributes=attributes)
    ctx.hosts[node.outputs[0]] = HostTensor(ctx.stream(node, 0), Integers(), (step,))
    ctx.later[node.outputs[0]] = partial(in_hardware, ctx, node)


def _arg_extremum(ctx: LiteGraph, node: LiteNode, sign: int) -> None:
    """`ARG_MAX` and `ARG_MIN` along a constant axis; of equal numbers the first."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    ctx.interval(node, source)
    axis = int(np.asarray(ctx.given(node, 1, "axis")).reshape(-1)[0])
    index = np.moveaxis(places(source), axis, -1)
    value = ctx.picked(node, ctx.stream(node, 0), index)
    if sign < 0:
        value = ctx.emit(node, Linear((sign,), 0), value)
    chosen = ctx.emit(node, TopK(1, "index"), value)
    ctx.streams[node.outputs[0]] = ctx.shaped(node, chosen, map_shape(result.shape))


HANDLERS: dict[str, functions.Handler] = {
    "QUANTIZE": functions.requantize,
    "DEQUANTIZE": _dequantize,
    "SOFTMAX": _softmax,
    "ARG_MAX": partial(_arg_extremum, sign=1),
    "ARG_MIN": partial(_arg_extremum, sign=-1),
}
