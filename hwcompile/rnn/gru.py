"""GRU layers as graphs."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import TensorType
from hwcompile.ops.gru.op import Gru
from hwcompile.rnn.formats import Formats, must_not_clip, samples
from hwcompile.rnn.layers import (
    aligned,
    candidate_table,
    format_scale,
    frame_inputs,
    in_unit,
    not_buildable,
)
from hwcompile.rnn.options import CompleteOptions, LayerOptions
from hwcompile.rnn.weights import FixedMatrix, Matrix, array_of, fixed, gates_of, misfit


def gru(
    wx: Matrix,
    wr: Matrix,
    bias: Matrix | None = None,
    recurrent_bias: Matrix | None = None,
    *,
    formats: Formats | None = None,
    reset_after: bool = True,
    **options: Unpack[LayerOptions],
) -> Graph:
    """A GRU layer as a graph; see `hwcompile.ops.gru.op.Gru` for the equations.

    Args:
        wx: [3*C, X], or three matrices [C, X]: reset, update, candidate (PyTorch's order; Keras
            and ONNX put update first).
        wr: [3*C, C], or three matrices [C, C].
        bias: [3*C] or [3, C]; zero without it.
        recurrent_bias: The same, added to the recurrent sums: inside the reset's product with
            `reset_after`.
        formats: Number formats; `m` is that of the state. Projection and peepholes do not count.
        reset_after: Whether the reset gate acts after the recurrent matrix (PyTorch, cuDNN, Keras'
            default) or before (ONNX's default).
        options: See `LayerOptions`.

    Returns:
        A graph with the input `x` (1, T, X * channels), perhaps `start`, and one output
        (1, T, C * channels).

    Raises:
        CompileError: HW0240 to HW0245, as for `lstm`.
    """
    chosen, layer = formats or Formats(), CompleteOptions.of("gru", options)
    x, r = gates_of(wx, 3, "the input weights"), gates_of(wr, 3, "the recurrent weights")
    cells = x.shape[1]
    if r.shape != (3, cells, cells):
        raise misfit("the recurrent weights", r.shape, f"[3, {cells}, {cells}]")
    op = _op(
        fixed(x, chosen.wx, "the input weights"),
        fixed(r, chosen.wr, "the recurrent weights"),
        (_biases(bias, cells, chosen), _biases(recurrent_bias, cells, chosen)),
        chosen,
        layer,
        reset_after,
    )
    op = replace(op, channels=layer.channels)
    builder = Builder(layer.name)
    inputs = frame_inputs(builder, op, chosen.x, layer)
    kinds = tuple(builder.types[value] for value in inputs)
    problems = op.problems(kinds)
    if problems:
        raise not_buildable(f"the GRU '{layer.name}'", problems)
    (result,) = op.infer(kinds)
    result = TensorType(result.shape, result.element, format_scale(chosen.m))
    (output,) = builder.add(
        layer.name, op, inputs, Origin("rnn", layer.name, "GRU"), types=(result,)
    )
    return builder.build((output,))


def _biases(bias: Matrix | None, cells: int, formats: Formats) -> FixedMatrix:
    array = array_of(np.zeros((3, cells)) if bias is None else bias, "the biases")
    if array.size != 3 * cells:
        raise misfit("the biases", array.shape, f"[3, {cells}]")
    return fixed(array.reshape(3, cells), formats.bias, "the biases")


def _op(
    wx: FixedMatrix,
    wr: FixedMatrix,
    biases: tuple[FixedMatrix, FixedMatrix],
    formats: Formats,
    layer: CompleteOptions,
    reset_after: bool,
) -> Gru:
    x, h, gate = formats.x.known(), formats.m.known(), formats.gate.known()
    z = max(x + wx.fraction, h + wr.fraction)
    v = z + gate if reset_after else z
    tables = (formats.sigma, candidate_table(layer.candidate, formats))
    shifts = (z - tables[0].step_bits, v - tables[1].step_bits)
    aligned("the sums of the gates", "their tables", shifts)
    product = max(2 * gate, gate + h)
    given, recurrent = (in_unit(bias, z) for bias in biases)
    op = Gru(
        wx=wx.values,
        wr=wr.values,
        bias=np.concatenate([given[:2] + recurrent[:2], given[2:], recurrent[2:]]),
        x_shift=z - x - wx.fraction,
        r_shift=z - h - wr.fraction,
        n_shift=v - z,
        sigma=samples(layer.gates, tables[0], formats.gate),
        candidate=samples(layer.candidate, tables[1], formats.gate),
        table_shifts=shifts,
        one=1 << gate,
        reset_shift=gate,
        h_shifts=(product - 2 * gate, product - gate - h, product - h),
        h_type=formats.m.type,
        rounding=layer.rounding,
        reset_after=reset_after,
        keep=layer.keep,
    )
    limit = op.bounds(formats.x.type)
    must_not_clip(layer.gates, tables[0], limit.gates / 2.0**z)
    must_not_clip(layer.candidate, tables[1], limit.candidate / 2.0**v)
    return op
