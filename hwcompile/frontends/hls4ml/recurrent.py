"""LSTM, GRU and Bidirectional: `nnet_recurrent.h`.

A step computes, with all of W x, U h, their sums, gates and products assigned to `accum_t`::

    sums = (W x + b) + (U h + b')                         products and sums as in a dense layer
    LSTM: i, f, o = gate[sums]; g = inner[sums]           in the order i, f, g, o
          s = g i + s f, in the result's format and rounded once; h = o inner[s] likewise
    GRU:  z, r = gate[sums]; n = inner[(W x + b) + r (U h + b')]
          h = n (1 - z) + h z, in the result's format and rounded once

The reset gate acts behind the matrix, whatever Keras says; PyTorch's order of the gates is r, z, n.
`static` layers forget their state with each frame, as the others do, so both compute the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.linear import check_strategy
from hwcompile.frontends.hls4ml.recurrence import Function, Matrix, Recurrence
from hwcompile.frontends.hls4ml.unrolled import States, unrolled
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ops.concat.op import Concat

GATES = {"LSTM": 4, "GRU": 3}
FUNCTIONS = ("relu", "sigmoid", "tanh")
"""What `nnet_recr_activations.h` has."""


@dataclass(frozen=True)
class Direction:
    """What belongs to one direction of a layer.

    Attributes:
        prefix: In front of all names: empty, or a direction.
        kind: LSTM or GRU.
        units: C.
    """

    prefix: str
    kind: str
    units: int

    def weight(self, name: str) -> str:
        """A weight's name."""
        return f"{self.prefix}{name}"


def recurrent(ctx: Lowering) -> None:
    """An LSTM or a GRU over the rows of (T, X): all states, or the last one."""
    _check(ctx)
    units = int(ctx.node.get_attr("n_out"))
    side = Direction("", ctx.node.class_name, units)
    cell = _cell(ctx, side)
    states = unrolled(ctx, cell, _sequence(ctx), _initial(ctx, cell))
    if not ctx.node.get_attr("return_sequences"):
        states = _last(ctx, states)
    ctx.finish(states, cell.state)


def _last(ctx: Lowering, states: str) -> str:
    kind = ctx.kind(states)
    places = np.arange(kind.size, dtype=np.int64).reshape(kind.shape)
    return ctx.picked(states, np.ascontiguousarray(places[:, -1:]))


def _backwards(ctx: Lowering, value: str) -> str:
    """The rows of a map in the opposite order."""
    kind = ctx.kind(value)
    places = np.arange(kind.size, dtype=np.int64).reshape(kind.shape)[:, ::-1]
    return ctx.picked(value, np.ascontiguousarray(places))


def bidirectional(ctx: Lowering) -> None:
    """Two layers, one of which reads the sequence backwards; their states side by side."""
    _check(ctx)
    merge = str(ctx.node.get_attr("merge_mode", "concat"))
    if merge != "concat":
        raise ctx.refuse(
            "HW0294",
            f"the two directions are merged by '{merge}'",
            "hls4ml's C++ puts them side by side, and nothing else",
            "merge_mode 'concat'",
        )
    if ctx.stream:
        raise _no_stream(ctx)
    source, both = _sequence(ctx), []
    for direction in ("forward", "backward"):
        kind = str(ctx.node.get_attr(f"{direction}_class_name"))
        units = int(ctx.node.get_attr(f"{direction}_n_states"))
        cell = _cell(ctx, Direction(f"{direction}_", kind, units))
        forward = direction == "forward"
        x = source if forward else replace(source, value=_backwards(ctx, source.value))
        states = unrolled(ctx, cell, x, States())
        if not ctx.node.get_attr("return_sequences"):
            states = _last(ctx, states)
        elif not forward:
            states = _backwards(ctx, states)
        both.append(states)
    value = ctx.emit(Concat(), *both)
    result = ctx.result_format()
    ctx.finish(ctx.shaped(value, map_shape(ctx.result_shape())), result)


def _check(ctx: Lowering) -> None:
    """Refuse what hls4ml's own C++ does not compute."""
    if ctx.node.get_attr("return_state"):
        raise ctx.refuse(
            "HW0294",
            "the layer returns its state",
            "hls4ml's C++ does not write it",
            "return_state=False",
        )


def _no_stream(ctx: Lowering) -> Exception:
    return ctx.refuse(
        "HW0294",
        f"there is no {ctx.node.class_name} on streams",
        "hls4ml has C++ for its arrays only",
        "io_type='io_parallel'",
    )


def _sequence(ctx: Lowering) -> Fixed:
    """(1, T, X)."""
    source = ctx.source()
    if source.format.bipolar:
        raise ctx.refuse(
            "HW0294",
            "the layer's inputs are bits that mean -1 and +1",
            "hls4ml's C++ reads the state as such bits, too",
            "fixed<W,I> for the inputs",
        )
    features = int(ctx.node.get_attr("n_in", source.shape[-1]))
    if source.shape[-1] != features:
        raise ctx.refuse(
            "HW0294",
            f"the layer has weights for {features} features, its inputs have {source.shape[-1]}",
            "steps come first and features last, in PyTorch too, and hls4ml turned them",
            "channels_last_conversion 'off' in hls4ml's configuration",
        )
    return replace(source, value=ctx.shaped(source.value, map_shape(source.shape)))


def _initial(ctx: Lowering, cell: Recurrence) -> States:
    """States that a model passes: those of other tensors, in the result's format."""
    if not ctx.node.get_attr("pass_initial_states"):
        return States()
    found = []
    for number in range(1, len(ctx.node.inputs)):
        given = ctx.source(number)
        value = ctx.shaped(given.value, (1, 1, cell.units))
        found.append(ctx.assigned(value, given.fraction, cell.state))
    return States(*found)


def _cell(ctx: Lowering, side: Direction) -> Recurrence:
    if side.kind not in GATES:
        raise ctx.refuse(
            "HW0290",
            f"there is no hardware for a {side.kind} in {ctx.node.class_name}",
            "hls4ml's Vitis backend has no C++ for it",
            f"one of {', '.join(GATES)}",
        )
    check_strategy(ctx)
    accumulator = ctx.format("accum_t")
    rows = GATES[side.kind] * side.units
    return Recurrence(
        side.kind,
        side.units,
        _matrix(ctx, side, "", rows),
        _matrix(ctx, side, "recurrent_", rows),
        accumulator,
        ctx.result_format(),
        _function(ctx, side, "recurrent_activation"),
        _function(ctx, side, "activation"),
        bool(ctx.node.get_attr("pytorch", False)),
    )


def _matrix(ctx: Lowering, side: Direction, which: str, rows: int) -> Matrix:
    """[G*C, K], however the strategy has laid the weights, and their biases."""
    name = side.weight(f"{which}weight")
    weights, bias = ctx.constants(name), ctx.constants(side.weight(f"{which}bias"))
    if weights.format.exponent:
        raise ctx.refuse(
            "HW0294",
            "the layer's weights are powers of two",
            "only dense layers and convolutions are built with those",
            "fixed<W,I> for the weights",
        )
    if ctx.node.get_attr("_weights_transposed", False):
        matrix = weights.values.reshape(rows, -1)
    else:
        matrix = np.ascontiguousarray(weights.values.reshape(-1, rows).T)
    start = ctx.format("accum_t").of_integers(bias.values.reshape(-1), bias.format.fraction)
    reuse = side.weight("recurrent_reuse_factor") if which else "reuse_factor"
    return Matrix(replace(weights, values=matrix), start, name, reuse)


def _function(ctx: Lowering, side: Direction, attribute: str) -> Function:
    name = str(ctx.node.get_attr(side.weight(attribute))).lower()
    if name not in FUNCTIONS:
        raise ctx.refuse(
            "HW0290",
            f"there is no hardware for '{name}' as {attribute.replace('_', ' ')}",
            "hls4ml's recurrent C++ has no such function either",
            f"one of {', '.join(FUNCTIONS)}",
        )
    return Function(name, int(ctx.node.get_attr("table_size")), ctx.format("table_t"))


HANDLERS = {"LSTM": recurrent, "GRU": recurrent, "Bidirectional": bidirectional}
