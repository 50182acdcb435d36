"""A recurrent op on the sequences of a tensor: what goes in, what comes out, and its state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pure import Pure, stream_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntType
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.op import Lstm
from hwcompile.rnn.layers import not_buildable
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import LinearQuantizer
from hwcompile_runtime.rows import floats, integers


@dataclass(frozen=True, eq=False)
class Outputs:
    """What leaves a recurrent op.

    Attributes:
        whole: All outputs [steps, batch, cells] in the order of the sequence.
        last: [1, batch, cells] of the step that was done last.
        state: c [1, batch, cells] of that step, or None where it stays inside.
    """

    whole: Stream
    last: Stream
    state: Stream | None


def placed(
    ctx: Context,
    pure: Pure,
    op: Lstm | Gru,
    fractions: tuple[int, ...],
    backward: bool,
    batch_first: bool,
    node: SourceNode,
    states: tuple[Stream, ...] = (),
) -> Outputs:
    """An op for one sequence on all sequences of a batch, in step.

    Args:
        ctx: State.
        pure: The operand, [steps, batch, inputs] or [batch, steps, inputs].
        op: On the integers of `pure`.
        fractions: Fraction bits of its results, and of c where that leaves.
        backward: Whether it begins with the last step.
        batch_first: Which of the two.
        node: For messages.
        states: The vectors [batch, n] that sequences begin with, if the op takes them.

    Raises:
        CompileError: HW0245 when the op is not legal.
    """
    index = pure.stream.index
    steps_first = index.transpose(1, 0, 2) if batch_first else index
    batch = int(steps_first.shape[1])
    op = replace(op, channels=batch)
    wanted = steps_first.transpose(0, 2, 1).reshape(1, -1, op.inputs * batch)
    wanted = wanted[:, ::-1] if backward else wanted
    values = [ctx.arrange(pure.stream.value, wanted, int(pure.stream.fill), node)]
    for state in states:
        vector = state.index.transpose().reshape(1, 1, -1)
        values.append(ctx.arrange(state.value, vector, int(state.fill), node))
    problems = op.problems(tuple(ctx.type(v) for v in values))
    if problems:
        raise not_buildable(f"this {node.op_type}", problems, node.origin)
    value = ctx.emit(node, op, tuple(values))
    gives = isinstance(op, Lstm) and op.gives_state
    sizes = (op.cells, op.cells) if gives else (op.cells,)
    units = [np.array([2.0**-fraction]) for fraction in fractions[: len(sizes)]]
    each = [np.repeat(u, n * batch) for u, n in zip(units, sizes, strict=True)]
    ctx.describe(value, np.concatenate(each), np.zeros(sum(sizes) * batch, dtype=np.int64))
    places = np.arange(ctx.type(value).size, dtype=np.int64).reshape(-1, sum(sizes), batch)
    places = places.transpose(0, 2, 1)
    whole, kind = places[..., : op.cells], np.dtype(np.float32)
    chains = [Chain(Dequantize(floats(unit))) for unit in units]
    return Outputs(
        Stream(value, whole[::-1] if backward else whole, chains[0], kind),
        Stream(value, whole[-1:], chains[0], kind),
        Stream(value, places[-1:, :, op.cells :], chains[1], kind) if gives else None,
    )


def state_of(
    ctx: Context, value: Value, size: int, element: IntType, fraction: int, node: SourceNode
) -> Stream:
    """A vector of the state, [batch, cells], in the op's format: rounded to it where it is finer.

    Args:
        ctx: State.
        value: Real numbers; of the model's input, the host makes them integers.
        size: Of the vector that the op takes.
        element: Its format.
        fraction: Fraction bits of it.
        node: For messages.

    Raises:
        CompileError: HW0204 when it has another shape, HW0202 when it is no stream.
    """
    step = floats(2.0**-fraction)
    by = Quantization(
        LinearQuantizer(step, integers(0), element, step), None, False, np.dtype(np.float32)
    )
    stream = stream_of(quantize(ctx, value, by, node), node)
    if stream.shape[1:] != (size,):
        raise fail(
            "HW0204",
            f"a state that this {node.op_type} begins with has {list(stream.shape)[1:]} elements",
            f"it has {size} cells",
            "check the exporter",
            node.origin,
        )
    return stream


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
