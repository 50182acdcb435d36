"""Streams side by side: concatenation, at once or when a quantizer gives all one meaning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.arranging import consistent, feature_map, inverse
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_stream
from hwcompile.frontends.symbolic.values import Bundle, Stream
from hwcompile.ir.types import IntArray
from hwcompile.ops.concat.op import Concat
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers

_NARROW_BITS = 16


def bundle_streams(ctx: Context, bundle: Bundle, node: SourceNode) -> Stream | Bundle:
    """One stream when all sources are narrow integers with a meaning; else the bundle itself."""
    if bundle.ops or not all(_is_settled(ctx, s) for s in bundle.sources):
        return bundle
    starts = [s.chain.start for s in bundle.sources]
    if all(isinstance(s, Integers) for s in starts):
        return concatenated(ctx, bundle.sources, bundle.pick, Chain(Integers()), node)
    if not all(isinstance(s, Dequantize) for s in starts):
        return bundle
    scale = _per_element(bundle, [s.scale for s in starts if isinstance(s, Dequantize)])
    zero = _per_element(bundle, [s.zero_point for s in starts if isinstance(s, Dequantize)])
    return concatenated(ctx, bundle.sources, bundle.pick, Chain(Dequantize(scale, zero)), node)


def _is_settled(ctx: Context, stream: Stream) -> bool:
    return not stream.chain.ops and ctx.type(stream.value).element.bits <= _NARROW_BITS


def _per_element(bundle: Bundle, constants: list[Array]) -> Array:
    """Constants of the sources as [1], or one for each element of the bundle."""
    if all(c.size == 1 and c[0] == constants[0][0] for c in constants):
        return constants[0]
    sizes = [s.index.size for s in bundle.sources]
    spread = [np.broadcast_to(c, (n,)) for c, n in zip(constants, sizes, strict=True)]
    return np.concatenate(spread)[bundle.pick.reshape(-1)]


def pushed(bundle: Bundle, node: SourceNode, keys: list[Array]) -> list[tuple[Stream, IntArray]]:
    """Each source with the bundle's operations, and where its elements stand in the bundle.

    Raises:
        CompileError: HW0202 when an element stands at two places that differ in `keys` or in the
            constants of the operations.
    """
    constants = [a for op in bundle.ops for a in op.arrays()]
    if not consistent(bundle.pick, constants + keys):
        raise fail(
            "HW0202",
            "elements of a concatenation are used in several ways before they are quantized",
            "",
            "insert a quantizer behind the concatenation",
            node.origin,
        )
    sizes = [s.index.size for s in bundle.sources]
    places = np.maximum(inverse(bundle.pick, sum(sizes)), 0)
    parts = np.split(places, np.cumsum(sizes)[:-1])
    return [
        (replace(s, chain=s.chain.then(*_ops_at(bundle.ops, part)), dtype=bundle.dtype), part)
        for s, part in zip(bundle.sources, parts, strict=True)
    ]


def _ops_at(ops: tuple[FloatOp, ...], places: IntArray) -> tuple[FloatOp, ...]:
    return tuple(op.select(places) for op in ops)


def quantize_bundle(ctx: Context, bundle: Bundle, by: Quantization, node: SourceNode) -> Stream:
    """Every source behind the quantizer, then their concatenation."""
    streams = [
        quantize_stream(ctx, stream, by.at(places), node)
        for stream, places in pushed(bundle, node, by.keys)
    ]
    joined = concatenated(ctx, tuple(streams), bundle.pick, by.result_chain(), node)
    return replace(joined, dtype=np.dtype(by.dtype))


def concatenated(
    ctx: Context, streams: tuple[Stream, ...], pick: IntArray, chain: Chain, node: SourceNode
) -> Stream:
    """The IR values of the streams in one value; `pick` and `chain` are the result's.

    Values of equal height and width stand side by side channel by channel, others one after the
    other as a vector.
    """
    streams = tuple(_without_fill(ctx, s, node) for s in streams)
    values = list(dict.fromkeys(s.value for s in streams))
    maps = {ctx.type(v).shape[:2] for v in values}
    if len(maps) > 1:
        flat = {v: _as_vector(ctx, v, node) for v in values}
        streams = tuple(replace(s, value=flat[s.value]) for s in streams)
        values = [flat[v] for v in values]
    channels = [ctx.type(v).channels for v in values]
    starts = dict(zip(values, np.cumsum([0, *channels[:-1]]), strict=True))
    total, widths = sum(channels), dict(zip(values, channels, strict=True))
    places = [
        s.index // widths[s.value] * total + starts[s.value] + s.index % widths[s.value]
        for s in streams
    ]
    value = values[0]
    if len(values) > 1:
        value = ctx.emit(node, Concat(), tuple(values))
    index = np.concatenate([p.reshape(-1) for p in places])[pick]
    return Stream(value, index, chain, streams[0].dtype)


def _without_fill(ctx: Context, stream: Stream, node: SourceNode) -> Stream:
    if int(stream.index.min()) >= 0:
        return stream
    value = ctx.arrange(stream.value, feature_map(stream.index), int(stream.fill), node)
    order = feature_map(np.arange(stream.index.size).reshape(stream.shape)).reshape(-1)
    index = inverse(order, stream.index.size).reshape(stream.shape)
    return replace(stream, value=value, index=index)


def _as_vector(ctx: Context, value: str, node: SourceNode) -> str:
    size = ctx.type(value).size
    return ctx.arrange(value, np.arange(size).reshape(1, 1, size), 0, node)
