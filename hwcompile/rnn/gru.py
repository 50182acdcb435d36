"""GRU layers as graphs."""

from __future__ import annotations

from dataclasses import replace

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
from hwcompile.rnn.weights import Fixed, Matrix, array_of, fixed, gates_of, misfit


def gru(
    wx: Matrix,
    wr: Matrix,
    bias: Matrix | None = None,
    recurrent_bias: Matrix | None = None,
    *,
    formats: Formats | None = None,
    gates: str = "sigma",
    candidate: str = "tanh",
    reset_after: bool = True,
    rounding: str = "half_up",
    steps: int = 1,
    keep: bool = False,
    start: bool = False,
    channels: int = 1,
    name: str = "gru",
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
        gates: Function of both gates, a name in `FUNCTIONS`.
        candidate: That of the candidate.
        reset_after: Whether the reset gate acts after the recurrent matrix (PyTorch, cuDNN, Keras'
            default) or before (ONNX's default).
        rounding: `half_up` or `floor`.
        steps: Time steps per frame, T.
        keep: Whether the state survives the end of a frame; else each frame is a sequence.
        start: With `keep`: a second input (1, T, channels) whose 1 starts a sequence.
        channels: Independent sequences in step, for which every weight is read once. Element e of
            channel b stands at e * channels + b of a step's vector.
        name: Name of graph and node.

    Returns:
        A graph with the input `x` (1, T, X * channels), perhaps `start`, and one output
        (1, T, C * channels).

    Raises:
        CompileError: HW0240 to HW0245, as for `lstm`.
    """
    chosen = formats or Formats()
    x, r = gates_of(wx, 3, "the input weights"), gates_of(wr, 3, "the recurrent weights")
    cells = x.shape[1]
    if r.shape != (3, cells, cells):
        raise misfit("the recurrent weights", r.shape, f"[3, {cells}, {cells}]")
    op = _op(
        fixed(x, chosen.wx, "the input weights"),
        fixed(r, chosen.wr, "the recurrent weights"),
        (_biases(bias, cells, chosen), _biases(recurrent_bias, cells, chosen)),
        chosen,
        (gates, candidate),
        (reset_after, rounding, keep),
    )
    op = replace(op, channels=channels)
    builder = Builder(name)
    inputs = frame_inputs(builder, op, chosen.x, steps, start)
    kinds = tuple(builder.types[value] for value in inputs)
    problems = op.problems(kinds)
    if problems:
        raise not_buildable(f"the GRU '{name}'", problems)
    (result,) = op.infer(kinds)
    result = TensorType(result.shape, result.element, format_scale(chosen.m))
    (output,) = builder.add(name, op, inputs, Origin("rnn", name, "GRU"), types=(result,))
    return builder.build((output,))


def _biases(bias: Matrix | None, cells: int, formats: Formats) -> Fixed:
    array = array_of(np.zeros((3, cells)) if bias is None else bias, "the biases")
    if array.size != 3 * cells:
        raise misfit("the biases", array.shape, f"[3, {cells}]")
    return fixed(array.reshape(3, cells), formats.bias, "the biases")


def _op(
    wx: Fixed,
    wr: Fixed,
    biases: tuple[Fixed, Fixed],
    formats: Formats,
    functions: tuple[str, str],
    style: tuple[bool, str, bool],
) -> Gru:
    reset_after, rounding, keep = style
    x, h, gate = formats.x.known(), formats.m.known(), formats.gate.known()
    z = max(x + wx.fraction, h + wr.fraction)
    v = z + gate if reset_after else z
    tables = (formats.sigma, candidate_table(functions[1], formats))
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
        sigma=samples(functions[0], tables[0], formats.gate),
        candidate=samples(functions[1], tables[1], formats.gate),
        table_shifts=shifts,
        one=1 << gate,
        reset_shift=gate,
        h_shifts=(product - 2 * gate, product - gate - h, product - h),
        h_type=formats.m.type,
        rounding=rounding,
        reset_after=reset_after,
        keep=keep,
    )
    limit = op.bounds(formats.x.type)
    must_not_clip(functions[0], tables[0], limit.gates / 2.0**z)
    must_not_clip(functions[1], tables[1], limit.candidate / 2.0**v)
    return op
