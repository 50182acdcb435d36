"""A quantizer closes whatever is pending: streams, raw inputs, pairs, bundles, constants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.closing import Domain, RoundedOnce, close, close_once
from hwcompile.frontends.rounding import not_a_line
from hwcompile.frontends.symbolic.arranging import (
    Rows,
    consistent,
    feature_map,
    inverse,
    reduce_rows,
)
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pending import same_ops, same_quantizer
from hwcompile.frontends.symbolic.values import QuantizedConstant, Stream
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.host import HostInput
from hwcompile_runtime.quantizers import NotANumberError, Quantizer


@dataclass(frozen=True, eq=False)
class Quantization:
    """A quantizer over the elements of a source tensor.

    Attributes:
        quantizer: With as many rows as it has different constants.
        row_of: For each element of the tensor (flat) its row; None when there is one row.
        integers: True when the source tensor holds the integers themselves (QuantizeLinear);
            False when it holds real numbers again (Quant).
        dtype: Element type of the result in the source model.
    """

    quantizer: Quantizer
    row_of: IntArray | None
    integers: bool
    dtype: np.dtype[np.generic]

    def at(self, places: IntArray) -> Quantization:
        """The quantization of the elements at `places` (flat), in that order."""
        row_of = None if self.row_of is None else self.row_of[places]
        return replace(self, row_of=row_of)

    def rows(self, places: IntArray) -> Quantizer:
        """The quantizer with one row for each of `places`."""
        if self.row_of is None:
            return self.quantizer
        return self.quantizer.select(self.row_of[places])

    @cached_property
    def keys(self) -> list[Array]:
        """Arrays that differ between elements with different constants."""
        return [] if self.row_of is None else [self.row_of]

    def result_chain(self) -> Chain:
        """What the integers mean in the source model; rows 1 or one per element."""
        if self.integers:
            return Chain(Integers())
        q = self.quantizer
        start = Dequantize(q.scale, q.zero_point)
        return Chain(start if self.row_of is None else start.select(self.row_of))


def quantize_constant(array: Array, by: Quantization, node: SourceNode) -> QuantizedConstant:
    """The integers of known numbers."""
    flat = array.reshape(-1)
    rows = by.rows(np.arange(flat.size))
    try:
        values = flat[None, :] if by.row_of is None else flat[:, None]
        integers = rows.quantize(values.astype(np.float32)).reshape(array.shape)
    except NotANumberError as error:
        raise not_a_number(node) from error
    shape = array.shape
    scale = rows.scale if by.row_of is None else rows.scale.reshape(-1)
    zero = rows.zero_point

    def wide(constant: Array) -> Array:
        return np.broadcast_to(constant.reshape(() if constant.size == 1 else shape), shape)

    return QuantizedConstant(integers, wide(scale), wide(zero))


def not_a_number(node: SourceNode) -> CompileError:
    """HW0221: a weight that is none."""
    return fail(
        "HW0221",
        "a weight is not a number",
        "NaN cannot be quantized",
        "repair the weights; training may have diverged",
        node.origin,
    )


def quantize_stream(
    ctx: Context, stream: Stream, by: Quantization, node: SourceNode, counted: bool = True
) -> Stream:
    """The stream behind the quantizer, as a new IR value; an input of the network when raw.

    Args:
        ctx: State; its builder receives the operations.
        stream: With operations pending.
        by: The quantizer.
        node: Where it is.
        counted: The chain is the model's own: what rounds once can be compared with it.

    Raises:
        CompileError: If the chain has no exact integer form (see `closing.close`).
    """
    if stream.raw:
        return _open_input(ctx, stream, by, node)
    stream = settled(ctx, stream, by.keys, node)
    rows = value_rows(ctx, stream, by.keys)
    chain = stream.chain.select(rows.rows)
    domain = domain_of(ctx, stream.value, rows)
    ops = closed(ctx, chain, by.rows(rows.rows), domain, node, counted)
    value = emit_all(ctx, ops, (stream.value,), node, meaning_of(by.rows(rows.rows)))
    return Stream(value, stream.index, by.result_chain(), np.dtype(by.dtype))


def closed(
    ctx: Context,
    chain: Chain,
    quantizer: Quantizer,
    domain: Domain,
    node: SourceNode,
    counted: bool = True,
) -> tuple[Op, ...]:
    """Integer operations for a chain and its quantizer, with the roundings that are wished for.

    Raises:
        CompileError: Those of `close`; HW0285 when one rounding was asked of this very node and
            its chain is no line.
    """
    ctx.rounded.add(node.name)
    if ctx.rounds_once(node):
        once = close_once(chain, quantizer, domain, node.origin)
        if once is not None:
            if counted and once.differing != 0:
                ctx.note(_difference(once), node.origin)
            return once.ops
        if node.name in ctx.roundings:
            raise not_a_line(node.name, chain.describe(), node.origin)
        ctx.note(f"rounds as float32 does: '{chain.describe()}' and it are no line", node.origin)
    return close(chain, quantizer, domain, node.origin)


def _difference(once: RoundedOnce) -> str:
    if once.differing is None:
        return "rounds once; on how many integers float32 differs is too much to count"
    return (
        f"rounds once, which differs from float32 on {once.differing:,} of "
        f"{once.values:,} integers of its different channels"
    )


def settled(ctx: Context, stream: Stream, keys: list[Array], node: SourceNode) -> Stream:
    """The stream on an IR value whose elements each need one set of constants, all used.

    Of a value at least half of which is unused, what is used is cut out, in the value's own order
    where that is a part of its channels, rows and columns: so nothing is moved that a later
    operator would move back. One whose elements stand at several places with different constants
    is rearranged first.
    """
    index = stream.index
    kind = ctx.type(stream.value)
    used = np.zeros(kind.size, dtype=bool)
    used[index.reshape(-1)] = True
    if int(index.min()) >= 0 and consistent(index, [*stream.chain.arrays(), *keys]):
        if 2 * int(used.sum()) > kind.size:
            return stream
        part = _part(used.reshape(kind.shape))
        if part is not None:
            value = ctx.arrange(stream.value, part, 0, node)
            return replace(stream, value=value, index=inverse(part, kind.size)[index])
    wanted = feature_map(index)
    value = ctx.arrange(stream.value, wanted, int(stream.fill), node)
    order = feature_map(np.arange(index.size).reshape(index.shape)).reshape(-1)
    fresh = inverse(order, index.size).reshape(index.shape)
    return replace(stream, value=value, index=fresh)


def _part(used: npt.NDArray[np.bool_]) -> IntArray | None:
    """Positions of what is used of a map [H, W, C], if it is some rows, columns and channels."""
    sides = [np.flatnonzero(used.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    if not used[np.ix_(*sides)].all():
        return None
    positions = np.arange(used.size, dtype=np.int64).reshape(used.shape)
    return np.ascontiguousarray(positions[np.ix_(*sides)])


def value_rows(ctx: Context, stream: Stream, keys: list[Array]) -> Rows:
    """The rows that the stream's IR value needs for its chain and `keys`."""
    kind = ctx.type(stream.value)
    places = inverse(stream.index, kind.size)
    return reduce_rows(places, kind.channels, [*stream.chain.arrays(), *keys])


def domain_of(ctx: Context, value: str, rows: Rows) -> Domain:
    """Which integers reach each row of a function on `value`."""
    kind = ctx.type(value)
    if value not in ctx.bounds:
        return Domain(kind.element)
    low, high = ctx.bounds[value]
    if rows.rows.size == 1:
        return Domain(kind.element, low.min()[None], high.max()[None])
    repeats = rows.rows.size // kind.channels
    return Domain(kind.element, np.tile(low, repeats), np.tile(high, repeats))


def emit_all(
    ctx: Context,
    ops: tuple[Op, ...],
    inputs: tuple[str, ...],
    node: SourceNode,
    meaning: tuple[tuple[float, ...], tuple[int, ...]],
) -> str:
    """Append operations one after the other; the last output gets the real-world meaning."""
    value = inputs[0]
    for i, op in enumerate(ops):
        last = i == len(ops) - 1
        operands = inputs if i == 0 else (value,)
        kinds = tuple(ctx.type(v) for v in operands)
        kind = op.infer(kinds)[0]
        if last:
            fits = len(meaning[0]) in (1, kind.channels) and len(meaning[1]) in (1, kind.channels)
            kind = TensorType(kind.shape, kind.element, *(meaning if fits else ()))
        result = ctx.emit(node, op, operands, "" if last else "step", kind)
        if len(operands) == 1:
            ctx.follow(result, value)
        value = result
    return value


def meaning_of(quantizer: Quantizer) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Scale and zero point of a quantizer for a tensor type."""
    scale = tuple(float(s) for s in quantizer.scale)
    return scale, tuple(int(z) for z in quantizer.zero_point)


def _open_input(ctx: Context, stream: Stream, by: Quantization, node: SourceNode) -> Stream:
    """A new input of the network: the host computes the chain and the quantizer."""
    order = feature_map(np.arange(stream.index.size).reshape(stream.shape))
    if len(ctx.inputs) in ctx.layouts:
        order = order.reshape(-1)[ctx.layouts[len(ctx.inputs)]]
    shape = (int(order.shape[0]), int(order.shape[1]), int(order.shape[2]))
    rows = reduce_rows(order.reshape(-1), shape[2], [*stream.chain.arrays(), *by.keys])
    quantizer = by.rows(rows.rows)
    scale, zero = meaning_of(quantizer)
    if len(scale) not in (1, shape[2]) or len(zero) not in (1, shape[2]):
        scale, zero = (1.0,), (0,)
    chain = stream.chain.select(rows.rows)
    index = stream.index.reshape(-1)[order]
    known = _known_input(ctx, stream, index, chain, quantizer)
    if known is not None:
        places = inverse(order, stream.index.size).reshape(stream.shape)
        return Stream(known, places, by.result_chain(), np.dtype(by.dtype))
    value = ctx.input(stream.value, TensorType(shape, quantizer.element, scale, zero))
    ctx.inputs.append(
        HostInput(
            value,
            stream.value,
            next(t.shape for t in ctx.model.inputs if t.name == stream.value),
            index,
            float(stream.fill),
            chain,
            quantizer,
        )
    )
    places = inverse(order, stream.index.size).reshape(stream.shape)
    return Stream(value, places, by.result_chain(), np.dtype(by.dtype))


def _known_input(
    ctx: Context, stream: Stream, index: IntArray, chain: Chain, quantizer: Quantizer
) -> str | None:
    """An input that already carries these very integers: exporters repeat quantizers."""
    for known in ctx.inputs:
        same = known.source == stream.value and known.fill == float(stream.fill)
        if (
            same
            and np.array_equal(known.index, index)
            and same_ops(known.chain.ops, chain.ops)
            and same_quantizer(known.quantizer, quantizer)
        ):
            return known.value
    return None
