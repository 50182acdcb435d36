"""What an LSTM or GRU of a model may be, and what is refused by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Value, constant_of, shape_of

ACTIVATIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
"""ONNX's defaults."""


def directions(node: SourceNode) -> tuple[bool, ...]:
    """Whether each direction goes backward."""
    name = str(node.attributes.get("direction", "forward"))
    return {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[name]


def check(ctx: Context, node: SourceNode, given: Sequence[Value | None]) -> None:
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
    usual = ACTIVATIONS[node.op_type] * len(directions(node))
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
        if array is not None and np.any(array != 0):
            why = "an engine starts from zeros, or from numbers that come in with every frame"
            fix = "leave it out, or make it an input of the model"
            found.append((f"has a constant {name} that is not zero", why, fix))
    if node.op_type == "LSTM" and comes_in(given[5]) != comes_in(given[6]):
        one, other = ("h", "c") if comes_in(given[5]) else ("c", "h")
        why = "both vectors of the state come in, or none"
        fix = f"make initial_{other} an input of the model, too"
        found.append((f"has an initial_{one} and no initial_{other}", why, fix))
    return found


def _all_steps(given: Sequence[Value | None], node: SourceNode) -> bool:
    """Whether sequence_lens is nothing but the number of steps, as Brevitas writes it."""
    lengths, x = constant_of(given[4]), given[0]
    if lengths is None or x is None:
        return False
    return bool(np.all(lengths == shape_of(x)[1 if node.attributes.get("layout", 0) else 0]))


def comes_in(value: Value | None) -> bool:
    """Whether a state is computed while the network runs."""
    return value is not None and constant_of(value) is None


def is_used(ctx: Context, tensor: str) -> bool:
    """Whether another node, or the model's user, takes a tensor."""
    consumed = any(tensor in other.inputs for other in ctx.model.nodes)
    return consumed or tensor in ctx.model.outputs
