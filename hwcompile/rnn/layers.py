"""LSTM layers as graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Unpack

import numpy as np

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.op import Recurrent
from hwcompile.rnn.formats import Format, Formats, Table, must_not_clip, samples
from hwcompile.rnn.options import CompleteOptions, LayerOptions
from hwcompile.rnn.weights import FixedMatrix, Matrices, Matrix


def lstm(
    wx: Matrix,
    wr: Matrix,
    bias: Matrix | None = None,
    *,
    peepholes: Matrix | None = None,
    projection: Matrix | None = None,
    formats: Formats | None = None,
    squash: str = "tanh",
    **options: Unpack[LayerOptions],
) -> Graph:
    """An LSTM layer as a graph; see `hwcompile.ops.lstm.op.Lstm` for the equations.

    Args:
        wx: [4*C, X], or four matrices [C, X]: input, forget, candidate, output gate.
        wr: [4*C, Y], or four matrices [C, Y].
        bias: [4*C] or [4, C]; zero without it.
        peepholes: [3, C] for input, forget and output gate.
        projection: [Y, C].
        formats: Number formats; 12-bit weights and 16-bit signals without it.
        squash: Function of the new state, a name in `FUNCTIONS`.
        options: See `LayerOptions`.

    Returns:
        A graph with the input `x` (1, T, X * channels), perhaps `start`, and one output
        (1, T, Y * channels).

    Raises:
        CompileError: HW0240 weights that are not numbers, HW0241 shapes that do not fit, HW0242
            weights beyond their format, HW0243 a table that ends too early, HW0244 formats that
            can not be aligned, HW0245 an LSTM that is too large for the arithmetic.
    """
    chosen = formats or Formats()
    layer = CompleteOptions.of("lstm", options)
    matrices = Matrices.of(wx, wr, bias, peepholes, projection, chosen)
    op, x = _op(matrices, chosen, (layer.gates, layer.candidate, squash), layer)
    op = replace(op, channels=layer.channels)
    builder = Builder(layer.name)
    inputs = frame_inputs(builder, op, x, layer)
    kinds = tuple(builder.types[value] for value in inputs)
    problems = op.problems(kinds)
    if problems:
        raise not_buildable(f"the LSTM '{layer.name}'", problems)
    result = chosen.y if op.projected else chosen.m
    (kind,) = op.infer(kinds)
    kind = TensorType(kind.shape, kind.element, format_scale(result))
    (output,) = builder.add(
        layer.name, op, inputs, Origin("rnn", layer.name, "LSTM"), types=(kind,)
    )
    return builder.build((output,))


def not_buildable(what: str, problems: Sequence[str], origin: Origin | None = None) -> CompileError:
    """HW0245: a recurrent layer that is legal, and that the engine does not build."""
    fix = "other number formats or options, with which this holds"
    return fail("HW0245", f"{what} can not be built", "; ".join(problems), fix, origin)


def frame_inputs(
    builder: Builder, op: Recurrent, x: Format, layer: CompleteOptions
) -> tuple[str, ...]:
    """The inputs of a layer's graph: `x`, and perhaps `start`.

    Raises:
        CompileError: HW0241 when there is no step or no channel.
    """
    if layer.steps < 1:
        raise fail(
            "HW0241", f"a sequence has {layer.steps} steps", "one is the least", "steps=1 or more"
        )
    if op.channels < 1:
        what = f"there are {op.channels} channels"
        raise fail("HW0241", what, "one is the least", "channels=1 or more")
    kind = TensorType((1, layer.steps, op.inputs * op.channels), x.type, format_scale(x))
    inputs = [builder.input("x", kind)]
    if layer.start:
        inputs.append(
            builder.input("start", TensorType((1, layer.steps, op.channels), IntType(0, 1)))
        )
    return tuple(inputs)


def stack(*layers: Graph, name: str = "lstm") -> Graph:
    """Layers one behind the other: the output of each is the first input of the next.

    Raises:
        CompileError: HW0241 if an output does not fit the input behind it, or if layers have
            different numbers of channels.
    """
    builder = Builder(name)
    value = ""
    _must_agree(layers)
    for number, layer in enumerate(layers):
        names = dict.fromkeys(layer.inputs, "")
        for position, old in enumerate(layer.inputs):
            if position == 0 and number > 0:
                _must_fit(builder.types[value], layer.types[old], number)
                names[old] = value
            else:
                names[old] = builder.input(old, layer.types[old])
        for node in layer.nodes:
            kinds = layer.output_types(node)
            found = builder.add(
                node.name, node.op, tuple(names[v] for v in node.inputs), node.origin, kinds
            )
            names.update(zip(node.outputs, found, strict=True))
        value = names[layer.outputs[0]]
    return builder.build((value,))


def _must_agree(layers: Sequence[Graph]) -> None:
    """Refuse layers whose sequences would be taken apart by the next one."""
    counts = [{getattr(node.op, "channels", 1) for node in layer.nodes} for layer in layers]
    for number, (one, other) in enumerate(pairwise(counts), 1):
        if one != other:
            raise fail(
                "HW0241",
                f"layer {number + 1} has {max(other)} channels, but layer {number} has {max(one)}",
                "every channel is a sequence of its own throughout the network",
                "the same `channels` for all layers",
            )


def _must_fit(found: TensorType, wanted: TensorType, number: int) -> None:
    if found != wanted:
        raise fail(
            "HW0241",
            f"layer {number + 1} takes {wanted}, but layer {number} gives {found}",
            "one's output is the other's input",
            "equal sizes, steps and formats (`y` or `m` of the one, `x` of the other)",
        )


def format_scale(kind: Format) -> tuple[float, ...]:
    """What an integer of the format is worth."""
    return (2.0 ** -kind.known(),)


def _op(
    given: Matrices, formats: Formats, functions: tuple[str, str, str], layer: CompleteOptions
) -> tuple[Lstm, Format]:
    """The op, and the format of its input."""
    projected = given.projection.values.shape[0] > 0
    x, c, m, gate = (f.known() for f in (formats.x, formats.c, formats.m, formats.gate))
    y = formats.y.known() if projected else m
    sums = [x + given.wx.fraction, y + given.wr.fraction]
    z = max(*sums, *(c + p.fraction for p in given.peepholes))
    products = max(gate + c, 2 * gate)
    tables = (formats.sigma, candidate_table(functions[1], formats), formats.tanh)
    shifts = (z - tables[0].step_bits, z - tables[1].step_bits, c - tables[2].step_bits)
    aligned("z", "its tables", shifts[:2])
    aligned("c", "the table of its squashing", shifts[2:])
    aligned("the product of gate and squashed c", "m", (2 * gate - m,))
    y_shift = m + given.projection.fraction - y if projected else 0
    aligned("the projection's sum", "y", (y_shift,))
    op = Lstm(
        wx=given.wx.values,
        wr=given.wr.values,
        bias=in_unit(given.bias, z),
        peepholes=_stacked(given),
        projection=given.projection.values,
        x_shift=z - sums[0],
        r_shift=z - sums[1],
        peephole_shifts=tuple(z - c - p.fraction for p in given.peepholes) or (0, 0, 0),
        sigma=samples(functions[0], tables[0], formats.gate),
        candidate=samples(functions[1], tables[1], formats.gate),
        squash=samples(functions[2], tables[2], formats.gate),
        table_shifts=shifts,
        cell_shifts=(products - gate - c, products - 2 * gate, products - c),
        m_shift=2 * gate - m,
        y_shift=y_shift,
        c_type=formats.c.type,
        m_type=formats.m.type,
        y_type=formats.y.type,
        rounding=layer.rounding,
        keep=layer.keep,
    )
    reaches = [bound / 2.0**z for bound in op.bounds(formats.x.type).z]
    must_not_clip(functions[0], tables[0], max(reaches[0], reaches[1], reaches[3]))
    must_not_clip(functions[1], tables[1], reaches[2])
    must_not_clip(functions[2], tables[2], 2.0 ** (formats.c.bits - 1 - c))
    return op, formats.x


def candidate_table(function: str, formats: Formats) -> Table:
    """The table for a function of the candidate."""
    return formats.sigma if function.endswith("sigma") else formats.tanh


def aligned(what: str, other: str, shifts: tuple[int, ...]) -> None:
    """Refuse right shifts that would have to be left shifts (HW0244)."""
    if min(shifts) < 0:
        raise fail(
            "HW0244",
            f"{what} has {-min(shifts)} fraction bits fewer than {other} needs",
            "numbers are only ever made coarser on the way",
            "more fraction bits for the one, or fewer for the other",
        )


def _stacked(given: Matrices) -> IntArray:
    if not given.peepholes:
        return np.zeros((0, given.wx.values.shape[1]), dtype=np.int64)
    return np.stack([p.values for p in given.peepholes])


def in_unit(bias: FixedMatrix, z: int) -> IntArray:
    """Biases in units of 2**-z."""
    if bias.fraction <= z:
        return bias.values << (z - bias.fraction)
    shift = bias.fraction - z
    return (bias.values + (1 << (shift - 1))) >> shift
