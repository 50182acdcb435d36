"""`UNIDIRECTIONAL_SEQUENCE_LSTM` of int8 with gates of int16 (8x8_16).

A few steps are hardware of their own, one behind the other; longer sequences go through one cell.

Every gate is two sums of products, each scaled to 12 digits behind the point and kept in 16 bits,
and a function of their sum. The cell state is int16 of a power-of-two scale, the output state int8.
Both outlive the frame (`states`), so a sequence may go on in the next one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported, wrong_shape
from hwcompile.frontends.tflite.lstm_gates import SHORT, GateSums, LstmGate, activated
from hwcompile.frontends.tflite.one_cell import CellOfSteps, through_one_cell
from hwcompile.frontends.tflite.short_functions import short_sigmoid, short_tanh
from hwcompile.frontends.tflite.states import given_state, leave_state
from hwcompile.frontends.tflite.steps import by_factor, within, without_digits
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.elementwise.op import Linear, Product

MOST_STEPS = 8
"""Steps of a frame that have hardware of their own, each; more of them share a `ScaledLstm`."""

INPUT, FORGET, CELL, OUTPUT = range(4)
_WEIGHTS, _RECURRENT, _PEEPHOLES, _BIASES = 1, 5, 9, 12
_PROJECTION, _PROJECTION_BIAS, _OUTPUT_STATE, _CELL_STATE, _NORMS = 16, 17, 18, 19, 20
_HIDDEN = 4
_TANH = 4
_STEP = np.float32(2.0**-12)


def _lstm(ctx: LiteGraph, node: LiteNode) -> None:
    """`UNIDIRECTIONAL_SEQUENCE_LSTM`, also with one gate for input and forgetting."""
    _check(ctx, node)
    source, steps = ctx.operand(node, 0), _steps(ctx, node)
    states = [ctx.operand(node, place) for place in (_OUTPUT_STATE, _CELL_STATE)]
    gates = [_gate(ctx, node, g) for g in (INPUT, FORGET, CELL, OUTPUT)]
    x = ctx.shaped(node, ctx.stream(node, 0), (1, steps, source.shape[-1]))
    own = [
        None if g is None else within(ctx, node, g.own.emit(ctx, node, x), SHORT.low, SHORT.high)
        for g in gates
    ]
    output, cell = (
        ctx.shaped(node, given_state(ctx, node, s.name, s), (1, 1, s.size)) for s in states
    )
    if steps > MOST_STEPS:
        joined, output, cell = _long(ctx, node, gates, own, (output, cell))
    else:
        joined, output, cell = _side_by_side(ctx, node, gates, own, output, cell)
    for tensor, value in zip(states, (output, cell), strict=True):
        leave_state(ctx, node, tensor.name, value)
    ctx.finish(node, joined)


def _side_by_side(
    ctx: LiteGraph,
    node: LiteNode,
    gates: list[LstmGate | None],
    own: list[str | None],
    output: str,
    cell: str,
) -> tuple[str, str, str]:
    """All outputs, and both states behind them: hardware for each step."""
    found = []
    for step in range(_steps(ctx, node)):
        parts = [_at(ctx, node, o, step) for o in own]
        output, cell = _step(ctx, node, gates, parts, output, cell)
        found.append(output)
    joined = found[0]
    for value in found[1:]:
        joined = ctx.emit(node, Concat(), joined, value)
    return joined, output, cell


def _long(
    ctx: LiteGraph,
    node: LiteNode,
    gates: list[LstmGate | None],
    own: list[str | None],
    states: tuple[str, str],
) -> tuple[str, str, str]:
    """The same from one cell that does step after step."""
    whole = [gate.recurrent for gate in gates if gate is not None and gate.peephole is None]
    if len(whole) < len(gates) or ctx.constant(node, _PROJECTION) is not None:
        raise unsupported(
            node,
            f"has {_steps(ctx, node)} steps in a frame, and coupled gates, peepholes or a "
            "projection",
            f"the cell that more than {MOST_STEPS} steps share has four gates and nothing else",
            "convert it with one step in a frame: its states go from frame to frame",
        )
    inner = ctx.tensor(node.inner[_HIDDEN])
    cell = CellOfSteps(
        _digits(ctx, node),
        IntType(*_limits(ctx, node)),
        _hidden_factor(inner),
        int(inner.zero_point[0]),
    )
    values = [value for value in own if value is not None]
    return through_one_cell(ctx, node, whole, values, states, cell)


def _at(ctx: LiteGraph, node: LiteNode, value: str | None, step: int) -> str:
    """What the input adds to a gate in one step; nothing for the gate that is not there."""
    if value is None:
        return ""
    _, steps, channels = ctx.kind(value).shape
    if steps == 1:
        return value
    return ctx.picked(node, value, (step * channels + np.arange(channels)).reshape(1, 1, -1))


def _step(
    ctx: LiteGraph,
    node: LiteNode,
    gates: list[LstmGate | None],
    own: list[str],
    output: str,
    cell: str,
) -> tuple[str, str]:
    """Output state and cell state behind a step."""
    digits = _digits(ctx, node)
    forget, candidate = (_emitted(ctx, node, gates, own, g, output, cell) for g in (FORGET, CELL))
    if gates[INPUT] is None:
        entering = ctx.emit(node, Linear((-1,), SHORT.high), forget)
    else:
        entering = _emitted(ctx, node, gates, own, INPUT, output, cell)
    kept = without_digits(ctx, node, ctx.emit(node, Product(), forget, cell), 15, "half_away")
    new = ctx.emit(node, Product(), entering, candidate)
    new = without_digits(ctx, node, new, 15 + digits, "half_away")
    following = ctx.emit(node, Linear((1, 1), 0), kept, new)
    following = within(ctx, node, following, *_limits(ctx, node))
    opened = _emitted(ctx, node, gates, own, OUTPUT, output, following)
    squashed = activated(ctx, node, following, short_tanh(digits))
    hidden = ctx.emit(node, Product(), opened, squashed)
    return _projected(ctx, node, hidden), following


def _limits(ctx: LiteGraph, node: LiteNode) -> tuple[int, int]:
    """Of the cell state."""
    clip = _clip(ctx, node, "CellClip", ctx.operand(node, _CELL_STATE))
    return (-clip, clip) if clip else (SHORT.low, SHORT.high)


def _hidden_factor(inner: LiteTensor) -> Factor:
    """From products of two activations to the hidden tensor's steps."""
    return Factor.of(2.0**-15 / float(inner.scale[0]) * 2.0**-15)


def _emitted(
    ctx: LiteGraph,
    node: LiteNode,
    gates: list[LstmGate | None],
    own: list[str],
    which: int,
    output: str,
    cell: str,
) -> str:
    gate = gates[which]
    assert gate is not None
    return gate.emit(ctx, node, own[which], output, cell)


def _projected(ctx: LiteGraph, node: LiteNode, hidden: str) -> str:
    """The output state: what the cell shows in 8 bits, or a projection of it."""
    inner = ctx.tensor(node.inner[_HIDDEN])
    state = ctx.operand(node, _OUTPUT_STATE)
    zero = int(inner.zero_point[0])
    weights = ctx.constant(node, _PROJECTION)
    small = by_factor(ctx, node, hidden, _hidden_factor(inner))
    if weights is None:
        return within(ctx, node, small, -128, 127, zero)
    # In front of a projection the kernel subtracts the zero point, and adds it in the sums.
    small = within(ctx, node, small, -128, 127, -zero)
    tensor = ctx.operand(node, _PROJECTION)
    matrix = weights.astype(np.int64)
    bias = zero * matrix.sum(axis=1) + _bias(ctx, node, _PROJECTION_BIAS, matrix.shape[0])
    real = tensor.scale[0] * inner.scale[0] / state.scale[0]
    shown = GateSums(matrix, bias, Factor.of(float(real))).emit(ctx, node, small)
    shown = within(ctx, node, shown, -128, 127, int(state.zero_point[0]))
    clip = _clip(ctx, node, "ProjClip", ctx.result(node))
    return within(ctx, node, shown, -clip, clip) if clip else shown


def _clip(ctx: LiteGraph, node: LiteNode, option: str, tensor: LiteTensor) -> int:
    """The limit in integers; 0 for none."""
    element = ctx.interval(node, tensor)
    real = np.float32(node.real(option))
    return int(np.clip(real / tensor.scale[0], 0, element.high)) if real > 0 else 0


def _gate(ctx: LiteGraph, node: LiteNode, which: int) -> LstmGate | None:
    """A gate; None for that of the input where it is what is not forgotten."""
    if which == INPUT and ctx.constant(node, _WEIGHTS + which) is None:
        return None
    source, state = ctx.operand(node, 0), ctx.operand(node, _OUTPUT_STATE)
    own, recurrent = (
        _sums(ctx, node, start + which, tensor)
        for start, tensor in ((_WEIGHTS, source), (_RECURRENT, state))
    )
    bias = _bias(ctx, node, _BIASES + which, own.weights.shape[0])
    own = GateSums(own.weights, own.bias + bias, own.factor)
    function = short_tanh(3) if which == CELL else short_sigmoid(3)
    # There is none for the candidate: input, forgetting and output are 9, 10 and 11.
    place = _PEEPHOLES + (2 if which == OUTPUT else which)
    peephole = None if which == CELL else ctx.constant(node, place)
    if peephole is None:
        return LstmGate(own, recurrent, None, function)
    tensor, cell = ctx.operand(node, place), ctx.operand(node, _CELL_STATE)
    real = cell.scale[0] * tensor.scale[0] / _STEP
    return LstmGate(own, recurrent, (peephole.astype(np.int64), Factor.of(float(real))), function)


def _sums(ctx: LiteGraph, node: LiteNode, place: int, source: LiteTensor) -> GateSums:
    tensor, data = ctx.operand(node, place), ctx.given(node, place, "weights")
    ctx.interval(node, source)
    columns = source.shape[-1] if place < _RECURRENT else source.size
    if tensor.dtype != "int8" or tensor.scale.size != 1 or tensor.zero_point.any():
        raise node.refuse(
            "HW0302",
            f"the weights '{tensor.name}' of this {node.operator} are of type {tensor.dtype} with "
            f"{tensor.scale.size} scales",
            "TFLite's integer kernel takes int8 of one scale without a zero point",
            "convert the model with tf.lite.OpsSet.TFLITE_BUILTINS_INT8",
        )
    cells = ctx.operand(node, _CELL_STATE).size
    if data.shape != (cells, columns):
        raise wrong_shape(node, tensor, f"[{cells}, {columns}]")
    weights = data.astype(np.int64)
    real = tensor.scale[0] * source.scale[0] / _STEP
    bias = -int(source.zero_point[0]) * weights.sum(axis=1)
    return GateSums(weights, bias, Factor.of(float(real)))


def _bias(ctx: LiteGraph, node: LiteNode, place: int, rows: int) -> IntArray:
    data = ctx.constant(node, place)
    if data is None:
        return np.zeros(rows, dtype=np.int64)
    if data.size != rows or data.dtype.kind != "i":
        raise wrong_shape(node, ctx.operand(node, place), f"{rows} whole numbers")
    return data.reshape(-1).astype(np.int64)


def _check(ctx: LiteGraph, node: LiteNode) -> None:
    """What the integer kernel has and this does not, by name."""
    source, cell = ctx.operand(node, 0), ctx.operand(node, _CELL_STATE)
    ctx.interval(node, cell)
    norms = [place for place in range(_NORMS, len(node.inputs)) if node.inputs[place] >= 0]
    if norms:
        raise unsupported(
            node,
            "normalizes its gates",
            "TFLite's kernel divides by a root that it finds in five steps of Newton's method, on "
            "32 bits, which is not built",
            "an LSTM without layer normalization",
        )
    if node.whole("DiagonalRecurrentTensors"):
        raise unsupported(
            node,
            "has diagonal recurrent weights",
            "a row of weights for each cell is built",
            "whole recurrent matrices",
        )
    if node.whole("FusedActivationFunction") != _TANH or len(node.inner) <= _HIDDEN:
        raise unsupported(
            node,
            f"has the activation number {node.whole('FusedActivationFunction')} and "
            f"{len(node.inner)} scales of inner tensors",
            "TFLite's integer kernel has tanh, and five such scales",
            "quantize the whole model with a representative data set",
        )
    if source.dtype != "int8" or cell.dtype != "int16":
        raise unsupported(
            node,
            f"takes {source.dtype} with a cell state of {cell.dtype}",
            "the kernel of int8 with int16 inside is built",
            "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]",
        )


def _steps(ctx: LiteGraph, node: LiteNode) -> int:
    """How many steps a frame has."""
    shape = ctx.operand(node, 0).shape
    batch, steps = (1, 0) if node.whole("TimeMajor") else (0, 1)
    if len(shape) != 3 or shape[batch] != 1:
        raise wrong_shape(node, ctx.operand(node, 0), "one sequence [1, steps, features]")
    return shape[steps]


def _digits(ctx: LiteGraph, node: LiteNode) -> int:
    """Integer digits of the cell state.

    Raises:
        CompileError: HW0303 for a scale that is no power of two, or none that the kernel takes.
    """
    scale = float(ctx.operand(node, _CELL_STATE).scale[0])
    fraction, exponent = np.frexp(scale)
    digits = int(exponent) - 1 + 15
    if fraction != 0.5 or not 0 <= digits <= 6:
        raise unsupported(
            node,
            f"has a cell state of the scale {scale:g}",
            "TFLite's kernel takes powers of two from 2^-15 to 2^-9",
            "convert the model again",
        )
    return digits


HANDLERS: dict[str, Callable[[LiteGraph, LiteNode], None]] = {"UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm}
