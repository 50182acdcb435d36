"""LSTM and GRU with constant weights, in fixed point; their relatives are refused with a reason.

The float cell has no exact form on integers, as linear operators have: its state is never
quantized. So the cell is built with the fixed-point formats of `hwcompile.rnn`, a note says with
which, and from there on everything is exact. The input's scales and zero points are folded into the
weights and biases before these are rounded; the quantizer behind the operator stays as it is.
The batch of the source, a fixed number of sequences in step, becomes the op's channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.recurrent_checks import check, comes_in, directions, is_used
from hwcompile.frontends.onnx.sequences import Outputs, must_fit, placed, state_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pure import Pure, per_channel, pure_stream
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Failed,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile.ir.types import IntArray
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from hwcompile.rnn import Format, Formats, gru, lstm
from hwcompile.rnn.description import described

Inputs = Sequence[Value | None]

GATES = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2]}
"""Places of the gates of `rnn` (input, forget, candidate, output; reset, update, candidate) in ONNX
(input, output, forget, candidate; update, reset, candidate)."""

NATURAL_PEEPHOLES = [0, 2, 1]
"""ONNX has input, output, forget."""

DEFAULTS = Formats(bias=Format(20))
"""12-bit weights, 16-bit signals; biases have room for the input's zero point."""


@dataclass(frozen=True, eq=False)
class RealCell:
    """Real weights of an ONNX operator in the order of `hwcompile.rnn`, with G gates.

    Attributes:
        wx: [G, C, X].
        wr: [G, C, C].
        bias: [G, C].
        recurrent_bias: [G, C].
        peepholes: [3, C], or None.
    """

    wx: Array
    wr: Array
    bias: Array
    recurrent_bias: Array
    peepholes: Array | None

    def on_integers(self, scale: Array, zero: IntArray, fraction: int) -> RealCell:
        """The cell for integers q in units of 2**-fraction, where `(q - zero) * scale` was meant.

        Args:
            scale: [X].
            zero: int64 [X].
            fraction: Fraction bits that the integers are said to have.
        """
        wx = self.wx * scale.astype(np.float64)
        bias = self.bias - wx @ zero.astype(np.float64)
        return replace(self, wx=wx * 2.0**fraction, bias=bias)


def _recurrent(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    given = [*inputs, *[None] * (8 - len(inputs))]
    check(ctx, node, given)
    cells = _cells(node, given)
    pure = pure_stream(ctx, given[0], node)
    must_fit(pure.stream, cells[0].wx.shape[2], bool(node.attributes.get("layout", 0)), node)
    runs = [_run(ctx, pure, cell, way, given, node) for way, cell in enumerate(cells)]
    states = [run.state for run in runs if run.state is not None]
    ends = [_ends(states, node) if states else Failed()]
    return [
        _sequence([run.whole for run in runs], node),
        _ends([r.last for r in runs], node),
        *ends,
    ]


def _run(
    ctx: Context, pure: Pure, cell: RealCell, way: int, given: Inputs, node: SourceNode
) -> Outputs:
    """One direction: all outputs [steps, batch, cells] in the sequence's order, and the last."""
    op, formats = _fixed_point(ctx, pure, cell, node)
    fractions = (formats.m.known(), formats.c.known())
    batch_first = bool(node.attributes.get("layout", 0))
    states: tuple[Stream, ...] = ()
    if comes_in(given[5]):
        op = replace(op, takes_state=True)
        wanted = zip(given[5:7], op.states, fractions, strict=False)
        states = tuple(
            state_of(ctx, _of_direction(value, way, batch_first, node), *kind, fraction, node)
            for value, kind, fraction in wanted
        )
    if isinstance(op, Lstm) and len(node.outputs) > 2 and is_used(ctx, node.outputs[2]):
        op = replace(op, gives_state=True)
    return placed(ctx, pure, op, fractions, directions(node)[way], batch_first, node, states)


def _of_direction(value: Value | None, way: int, batch_first: bool, node: SourceNode) -> Value:
    """The state [batch, cells] of one direction.

    Raises:
        CompileError: HW0204 when it has another shape.
    """
    assert value is not None
    shape, ways = shape_of(value), len(directions(node))
    if len(shape) != 3 or shape[batch_first] != ways:
        order = "[batch, directions, cells]" if batch_first else "[directions, batch, cells]"
        raise fail(
            "HW0204",
            f"a state that this {node.op_type} begins with has the shape {list(shape)}",
            f"it is {order}, and there {'are' if ways > 1 else 'is'} {ways}",
            "check the exporter",
            node.origin,
        )
    return moved(value, lambda a, fill: np.take(a, way, axis=int(batch_first)), 0.0, node.origin)


def _sequence(streams: Sequence[Stream], node: SourceNode) -> Value:
    """Y: [steps, directions, batch, cells]; with `layout` 1, [batch, steps, directions, cells]."""
    pick = _places(streams).transpose(1, 0, 2, 3)
    batch_first = bool(node.attributes.get("layout", 0))
    return _beside(streams, pick.transpose(2, 0, 1, 3) if batch_first else pick)


def _ends(streams: Sequence[Stream], node: SourceNode) -> Value:
    """Y_h: [directions, batch, cells], or [batch, directions, cells] with `layout` 1."""
    pick = _places(streams)[:, 0]
    batch_first = bool(node.attributes.get("layout", 0))
    return _beside(streams, pick.transpose(1, 0, 2) if batch_first else pick)


def _places(streams: Sequence[Stream]) -> IntArray:
    """Positions in all streams, one stream after the other: [directions, steps, batch, cells]."""
    shape = (len(streams), *streams[0].shape)
    return np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)


def _beside(streams: Sequence[Stream], pick: IntArray) -> Value:
    if len(streams) == 1:
        (stream,) = streams
        return replace(stream, index=stream.index.reshape(-1)[pick])
    return Bundle(tuple(streams), pick, streams[0].dtype)


def _fixed_point(
    ctx: Context, pure: Pure, cell: RealCell, node: SourceNode
) -> tuple[Lstm | Gru, Formats]:
    """The op for the integers of `pure`, and the formats that it has."""
    scale, zero = per_channel(pure, -1, node)
    element = ctx.type(pure.stream.value).element
    fraction = -int(np.round(np.log2(float(scale.max()))))
    bits = max(element.bits + (0 if element.signed else 1), 2)
    known = replace(DEFAULTS, x=Format(bits, fraction))
    formats = described(known, ctx.formats, node.name)
    folded = cell.on_integers(scale, zero, fraction)
    try:
        op = _lstm(folded, formats) if node.op_type == "LSTM" else _gru(folded, formats, node)
    except CompileError as error:
        located = (Diagnostic(d.code, d.what, d.why, d.fix, node.origin) for d in error.diagnostics)
        raise CompileError(located) from None
    ctx.note(_note(formats), node.origin)
    return op, formats


def _lstm(cell: RealCell, formats: Formats) -> Lstm:
    bias = cell.bias + cell.recurrent_bias
    graph = lstm(cell.wx, cell.wr, bias, peepholes=cell.peepholes, formats=formats)
    op = graph.nodes[0].op
    assert isinstance(op, Lstm)
    return op


def _gru(cell: RealCell, formats: Formats, node: SourceNode) -> Gru:
    after = bool(node.attributes.get("linear_before_reset", 0))
    biases = (cell.bias, cell.recurrent_bias)
    graph = gru(cell.wx, cell.wr, *biases, formats=formats, reset_after=after)
    op = graph.nodes[0].op
    assert isinstance(op, Gru)
    return op


def _note(formats: Formats) -> str:
    def text(form: Format) -> str:
        return f"{form.bits} bits" + ("" if form.fraction is None else f"/{form.fraction}")

    parts = {
        "weights": formats.wx,
        "state": formats.c,
        "output": formats.m,
        "gates": formats.gate,
    }
    listed = ", ".join(f"{name} {text(form)}" for name, form in parts.items())
    return (
        f"this float cell is built in fixed point ({listed} behind the point) and tables of "
        f"{formats.sigma.size} and {formats.tanh.size} samples: its results are near the model's, "
        "not equal to them; `reference` and `rtl` are equal as always"
    )


def _cells(node: SourceNode, given: Sequence[Value | None]) -> list[RealCell]:
    """The weights of each direction, checked for their shapes.

    Raises:
        CompileError: HW0231 when they are not constant, HW0204 when shapes do not fit.
    """
    wx, wr = (_weights(value, node) for value in given[1:3])
    cells, order = int(node.attributes.get("hidden_size", wr.shape[-1])), GATES[node.op_type]
    gates, ways = len(order), len(directions(node))
    bias = np.zeros((ways, 2 * gates * cells)) if given[3] is None else _weights(given[3], node)
    shapes: dict[str, tuple[Array, tuple[int, ...]]]
    shapes = {
        "W": (wx, (ways, gates * cells, wx.shape[-1])),
        "R": (wr, (ways, gates * cells, cells)),
    }
    shapes |= {"B": (bias, (ways, 2 * gates * cells))}
    peepholes = None if given[7] is None else _weights(given[7], node)
    if peepholes is not None:
        shapes |= {"P": (peepholes, (ways, 3 * cells))}
    for name, (array, wanted) in shapes.items():
        if array.shape != wanted:
            raise fail(
                "HW0204",
                f"{name} of this {node.op_type} has the shape {list(array.shape)}, "
                f"not {list(wanted)}",
                f"it has {cells} cells and {ways} direction{'s' if ways > 1 else ''}",
                "check the exporter",
                node.origin,
            )
    biases = bias.reshape(ways, 2, gates, cells)[:, :, order]
    return [
        RealCell(
            wx[way].reshape(gates, cells, -1)[order],
            wr[way].reshape(gates, cells, cells)[order],
            biases[way, 0],
            biases[way, 1],
            None if peepholes is None else peepholes[way].reshape(3, cells)[NATURAL_PEEPHOLES],
        )
        for way in range(ways)
    ]


def _weights(value: Value | None, node: SourceNode) -> Array:
    array = constant_of(value)
    if array is None:
        raise fail(
            "HW0231",
            f"the weights of this {node.op_type} are computed while the network runs",
            "the engine's program is made from them when the design is compiled",
            "fold the constants of the model with onnxsim",
            node.origin,
        )
    return array.astype(np.float64)


def _refused(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    why, fix = REFUSALS[node.op_type]
    raise fail("HW0236", f"the operator {node.op_type} can not be imported", why, fix, node.origin)


_BUILDER = (
    "one LSTM or GRU node instead, Brevitas' QuantLSTM through export_qonnx, or `hwcompile.rnn` "
    "with the trained matrices and `hwcompile.compile_graph`"
)

REFUSALS = {
    "RNN": ("no engine exists for cells without gates", "training an LSTM or a GRU instead"),
    "DynamicQuantizeLSTM": (
        "it chooses its scales from the data while it runs",
        "export the float LSTM with QuantizeLinear and DequantizeLinear around it",
    ),
    "Scan": ("its body would be hardware with a state of its own", _BUILDER),
    "Loop": ("its body would be hardware with a state of its own", _BUILDER),
}
"""Operators that are known only to say why they cannot be built, and what to do."""

REFUSED = tuple(REFUSALS)

RECURRENT = ("LSTM", "GRU")
"""Operators whose number formats a description can name."""

HANDLERS = {name: Operator(_recurrent) for name in RECURRENT}
HANDLERS |= {name: Operator(_refused, folds=False) for name in REFUSALS}
