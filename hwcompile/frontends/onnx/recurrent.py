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
from hwcompile.frontends.symbolic.context import Context
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
from hwcompile.rnn.layers import not_buildable
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.rows import floats

Inputs = Sequence[Value | None]

GATES = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2]}
"""Places of the gates of `rnn` (input, forget, candidate, output; reset, update, candidate) in ONNX
(input, output, forget, candidate; update, reset, candidate)."""

NATURAL_PEEPHOLES = [0, 2, 1]
"""ONNX has input, output, forget."""

DEFAULTS = Formats(bias=Format(20))
"""12-bit weights, 16-bit signals; biases have room for the input's zero point."""

ACTIVATIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
"""ONNX's defaults."""


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
    _check(ctx, node, given)
    cells = _cells(node, given)
    pure = pure_stream(ctx, given[0], node)
    must_fit(pure.stream, cells[0].wx.shape[2], bool(node.attributes.get("layout", 0)), node)
    runs = [
        _run(ctx, pure, cell, backward, node)
        for cell, backward in zip(cells, _directions(node), strict=True)
    ]
    wholes, lasts = zip(*runs, strict=True)
    return [_sequence(wholes, node), _ends(lasts, node), Failed()]


def _directions(node: SourceNode) -> tuple[bool, ...]:
    """Whether each direction goes backward."""
    name = str(node.attributes.get("direction", "forward"))
    return {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[name]


def _run(
    ctx: Context, pure: Pure, cell: RealCell, backward: bool, node: SourceNode
) -> tuple[Stream, Stream]:
    """One direction: all outputs [steps, batch, cells] in the sequence's order, and the last."""
    op, formats = _fixed_point(ctx, pure, cell, node)
    batch_first = bool(node.attributes.get("layout", 0))
    return placed(ctx, pure, op, formats.m.known(), backward, batch_first, node)


def placed(
    ctx: Context,
    pure: Pure,
    op: Lstm | Gru,
    fraction: int,
    backward: bool,
    batch_first: bool,
    node: SourceNode,
) -> tuple[Stream, Stream]:
    """An op for one sequence on all sequences of a batch, in step.

    Args:
        ctx: State.
        pure: The operand, [steps, batch, inputs] or [batch, steps, inputs].
        op: On the integers of `pure`.
        fraction: Fraction bits of its results.
        backward: Whether it begins with the last step.
        batch_first: Which of the two.
        node: For messages.

    Returns:
        All outputs [steps, batch, cells] in the order of the sequence, and [1, batch, cells] of
        the step that was done last.

    Raises:
        CompileError: HW0245 when the op is not legal.
    """
    index = pure.stream.index
    steps_first = index.transpose(1, 0, 2) if batch_first else index
    batch = int(steps_first.shape[1])
    op = replace(op, channels=batch)
    wanted = steps_first.transpose(0, 2, 1).reshape(1, -1, op.inputs * batch)
    wanted = wanted[:, ::-1] if backward else wanted
    value = ctx.arrange(pure.stream.value, wanted, int(pure.stream.fill), node)
    problems = op.problems((ctx.type(value),))
    if problems:
        raise not_buildable(f"this {node.op_type}", problems, node.origin)
    value = ctx.emit(node, op, (value,))
    unit = np.array([2.0**-fraction])
    ctx.describe(value, unit, np.zeros(1, dtype=np.int64))
    kind, chain, dtype = ctx.type(value), Chain(Dequantize(floats(unit))), np.dtype(np.float32)
    places = np.arange(kind.size, dtype=np.int64).reshape(-1, kind.channels // batch, batch)
    places = places.transpose(0, 2, 1)
    whole = places[::-1] if backward else places
    return Stream(value, whole, chain, dtype), Stream(value, places[-1:], chain, dtype)


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


def must_fit(stream: Stream, size: int, batch_first: bool, node: SourceNode) -> None:
    """Refuse an operand that is not made of sequences of vectors of `size` (HW0204)."""
    shape = stream.shape
    if len(shape) != 3 or shape[2] != size:
        order = "[batch, steps, inputs]" if batch_first else "[steps, batch, inputs]"
        raise fail(
            "HW0204",
            f"this {node.op_type} takes {size} inputs and meets a tensor of shape {list(shape)}",
            f"it needs {order}, a fixed number of steps and a fixed batch",
            "export the model with a fixed batch size and a fixed sequence length",
            node.origin,
        )


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
    gates, ways = len(order), len(_directions(node))
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


def _check(ctx: Context, node: SourceNode, given: Sequence[Value | None]) -> None:
    """Refuse, all at once, what makes it another operator than the one that is built."""
    builder = "build the network with `hwcompile.rnn` and `hwcompile.compile_graph`"
    found = [
        fail("HW0236", f"this {node.op_type} {what}", why, fix or builder, node.origin).diagnostics[
            0
        ]
        for what, why, fix in _deviations(ctx, node, given)
    ]
    if found:
        raise CompileError(found)


def _deviations(
    ctx: Context, node: SourceNode, given: Sequence[Value | None]
) -> list[tuple[str, str, str]]:
    """What is there that is not supported, why, and perhaps what to do."""
    get, found = node.attributes.get, []
    usual = ACTIVATIONS[node.op_type] * len(_directions(node))
    activations = [str(name) for name in get("activations", None) or usual]
    if [name.lower() for name in activations] != [name.lower() for name in usual]:
        why = f"the import knows {', '.join(usual)}"
        fix = "`hwcompile.rnn`, where the functions can be chosen"
        found.append((f"has the activations {', '.join(activations)}", why, fix))
    if float(get("clip", 0.0) or 0.0) > 0:
        found.append(("clips its sums", "no such stage exists", "export it without `clip`"))
    if int(get("input_forget", 0)):
        why = "one gate would replace two"
        found.append(("couples input and forget gate", why, "export it with separate gates"))
    if given[4] is not None and not _all_steps(given, node):
        why = "every frame has the same number of steps in hardware"
        found.append(("has sequence_lens", why, "export it with a fixed sequence length"))
    for value, name in ((given[5], "initial_h"), (given[6], "initial_c")):
        array = constant_of(value)
        if value is not None and (array is None or np.any(array != 0)):
            why = "a sequence starts from zero"
            found.append((f"has an {name} that is not zero", why, "leave it out"))
    if len(node.outputs) > 2 and node.outputs[2] and _used(ctx, node.outputs[2]):
        why = "the state never leaves the engine"
        found.append(("gives its state Y_c away", why, "use Y or Y_h"))
    return found


def _all_steps(given: Sequence[Value | None], node: SourceNode) -> bool:
    """Whether sequence_lens is nothing but the number of steps, as Brevitas writes it."""
    lengths, x = constant_of(given[4]), given[0]
    if lengths is None or x is None:
        return False
    return bool(np.all(lengths == shape_of(x)[1 if node.attributes.get("layout", 0) else 0]))


def _used(ctx: Context, tensor: str) -> bool:
    consumed = any(tensor in other.inputs for other in ctx.model.nodes)
    return consumed or tensor in ctx.model.outputs


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
