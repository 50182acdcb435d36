"""ONNX Runtime's MatMulNBits: a MatMul whose weights are packed in blocks of few bits.

The weights of an output are `(code - zero point) * scale`, with a scale and a zero point for every
block of inputs. Codes of less than a byte lie in it from its lowest bits on. Unpacked, they are the
constant that a DequantizeLinear with `block_size` makes, and the product is MatMul's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import MICROSOFT_DOMAIN, Operator
from hwcompile.frontends.onnx.linear import biased, multiplied
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.values import QuantizedConstant, Value, shape_of
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]

WIDTHS = (2, 4, 8)


def _matmul_nbits(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = inputs[0]
    assert value is not None
    filters, depth, bits, block = (
        int(node.attributes.get(name, default))
        for name, default in (("N", 0), ("K", 0), ("bits", 4), ("block_size", 0))
    )
    if bits not in WIDTHS or min(filters, depth, block) < 1:
        sizes = f"bits={bits}, N={filters}, K={depth}, block_size={block}"
        raise _illegal(node, f"has {sizes}", f"bits are {WIDTHS}, and sizes are at least 1")
    if len(inputs) > 4 and inputs[4] is not None:
        raise fail(
            "HW0201",
            f"this {node.op_type} has group indices (g_idx)",
            "ONNX Runtime says that they are deprecated, and only blocks in order are built",
            "order the inputs of the layer by their group and leave g_idx out",
            node.origin,
        )
    count = -(-depth // block)
    codes = unpacked(required_constant(inputs, 1, node), bits, (filters, count * block), node)
    scales = _in_blocks(required_constant(inputs, 2, node), (filters, count), node)
    zeros = np.full((filters, count), 1 << (bits - 1), dtype=np.int64)
    if len(inputs) > 3 and inputs[3] is not None:
        zeros = _zero_points(required_constant(inputs, 3, node), bits, (filters, count), node)

    def spread(array: Array) -> Array:
        return np.repeat(array, block, axis=1)[:, :depth].T

    weights = QuantizedConstant(
        codes[:, :depth].T, spread(scales.astype(np.float32)), spread(zeros)
    )
    if shape_of(value)[-1] != depth:
        raise _illegal(node, f"has K={depth}", f"its input has {shape_of(value)[-1]} channels")
    result = multiplied(ctx, node, value, weights.with_positive_scale())
    bias = inputs[5] if len(inputs) > 5 else None
    return [biased(result, bias, len(shape_of(result)) - 1, node)]


def unpacked(packed: Array, bits: int, shape: tuple[int, int], node: SourceNode) -> IntArray:
    """Codes int64 [N, K] of uint8, the first one in the lowest bits.

    Raises:
        CompileError: HW0204 when there are not as many as the shape says.
    """
    places = bits * np.arange(8 // bits)
    if packed.dtype != np.uint8:
        raise _illegal(node, f"has weights of {packed.dtype}", "they are packed in uint8")
    codes = packed.astype(np.int64).reshape(-1)[:, None] >> places & ((1 << bits) - 1)
    rows = shape[0]
    width = codes.size // rows
    if codes.size % rows or not shape[1] <= width < shape[1] + len(places):
        wanted = f"{shape[0]} rows of {shape[1]}"
        raise _illegal(node, f"has {codes.size} codes of {bits} bits", f"there are {wanted}")
    return codes.reshape(rows, width)[:, : shape[1]]


def _zero_points(given: Array, bits: int, shape: tuple[int, int], node: SourceNode) -> IntArray:
    """Packed as the weights are, or a real number each, which must be whole."""
    if given.dtype == np.uint8:
        return unpacked(given, bits, shape, node)
    zeros = _in_blocks(given, shape, node)
    if np.any(zeros != np.round(zeros)):
        raise fail(
            "HW0230",
            f"the zero points of this {node.op_type} are no whole numbers",
            "its weights are no integers times a scale then",
            "quantize the weights symmetrically, or with zero points of uint8",
            node.origin,
        )
    return zeros.astype(np.int64)


def _in_blocks(given: Array, shape: tuple[int, int], node: SourceNode) -> Array:
    if given.size != shape[0] * shape[1]:
        wanted = f"{shape[0]} outputs have {shape[1]} blocks each"
        raise _illegal(node, f"has {given.size} scales or zero points", wanted)
    return given.reshape(shape)


def _illegal(node: SourceNode, what: str, why: str) -> CompileError:
    fix = "repair the exporter's output"
    return fail("HW0204", f"this {node.op_type} {what}", why, fix, node.origin)


HANDLERS = {"MatMulNBits": Operator(_matmul_nbits, domains=frozenset({MICROSOFT_DOMAIN}))}
