"""States that outlive a frame: they go into the network, and what is left of them comes out.

A network is a graph without loops, so a variable of the file is an input that holds what the frame
before left and an output of the same shape, as the states of ONNX's recurrent operators are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.names import identifier
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor, variable_name
from hwcompile.frontends.tflite.lowering import LiteGraph, State, unsupported
from hwcompile.frontends.tflite.structure import places, same_numbers
from hwcompile.ir.types import TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.host import HostInput, HostOutput, HostSource
from hwcompile_runtime.quantizers import IntegerQuantizer
from hwcompile_runtime.rows import floats, integers


def given_state(ctx: LiteGraph, node: LiteNode, name: str, tensor: LiteTensor) -> str:
    """The state as it is now: an input of the network when nothing was assigned in this frame."""
    if name in ctx.states:
        same_numbers(node, ctx.states[name].tensor, tensor)
        return ctx.states[name].left
    element = ctx.interval(node, tensor)
    kind = TensorType(
        map_shape(tensor.shape), element, (float(tensor.scale[0]),), (int(tensor.zero_point[0]),)
    )
    value = ctx.builder.input(identifier(name, "state"), kind)
    ctx.states[name] = State(tensor, value, value)
    return value


def leave_state(ctx: LiteGraph, node: LiteNode, name: str, value: str) -> None:
    """The state behind this operator, with the shape that it was read in."""
    state = ctx.states[name]
    if ctx.kind(value).size != state.tensor.size:
        raise unsupported(
            node,
            f"gives the variable '{name}' {ctx.kind(value).size} elements",
            f"it has the shape {list(state.tensor.shape)}",
            "convert the model again",
        )
    state.left = ctx.shaped(node, value, map_shape(state.tensor.shape))


def _read(ctx: LiteGraph, node: LiteNode) -> None:
    """`READ_VARIABLE`."""
    name = variable_name(ctx.file.nodes, node)
    ctx.finish(node, given_state(ctx, node, name, ctx.result(node)))


def _assign(ctx: LiteGraph, node: LiteNode) -> None:
    """`ASSIGN_VARIABLE`; what nobody reads needs no state."""
    name, tensor = variable_name(ctx.file.nodes, node), ctx.operand(node, 1)
    value = ctx.stream(node, 1)
    if not any(
        other.operator == "READ_VARIABLE" and variable_name(ctx.file.nodes, other) == name
        for other in ctx.file.nodes
    ):
        return
    given_state(ctx, node, name, tensor)
    leave_state(ctx, node, name, value)


def _nothing(ctx: LiteGraph, node: LiteNode) -> None:
    """`VAR_HANDLE` and `CALL_ONCE` say names and beginnings, which the reader took in."""


def host_ends(ctx: LiteGraph) -> tuple[list[HostInput], list[HostOutput], list[str]]:
    """Inputs and outputs for all states, and what a user must know.

    Raises:
        CompileError: HW0303 for a variable that is only read.
    """
    inputs, outputs, notes = [], [], []
    for name, state in ctx.states.items():
        tensor, left = state.tensor, _kept_apart(ctx, name, state)
        where = places(tensor).reshape(map_shape(tensor.shape))
        element = ctx.kind(state.given).element
        inputs.append(
            HostInput(
                state.given,
                name,
                tensor.shape or (1,),
                where,
                0.0,
                Chain(Dequantize(floats(1))),
                IntegerQuantizer(floats(1), integers(0), element),
            )
        )
        source = HostSource(left, where.reshape(1, -1), 0, Chain(Integers()))
        shape = tensor.shape or (1,)
        outputs.append(
            HostOutput(f"{name}_next", shape, tensor.dtype, "stream", (source,), None, ())
        )
        notes.append(
            f"the state '{name}' goes in with every frame, and '{name}_next' is what the next "
            f"frame takes; in front of the first one it is {_beginning(ctx, name, tensor)}"
        )
    return inputs, outputs, notes


def _kept_apart(ctx: LiteGraph, name: str, state: State) -> str:
    """What is left, as a value that no input of the network is."""
    node = LiteNode("variable", (), (), {}, Origin(ctx.file.name, name, "Variable"))
    if state.left == state.given:
        raise unsupported(
            node,
            "is read and never assigned",
            "what never changes is a constant",
            "freeze the variable before the model is converted",
        )
    if state.left in ctx.builder.inputs:
        return ctx.emit(node, Linear((1,), 0), state.left)
    return state.left


def _beginning(ctx: LiteGraph, name: str, tensor: LiteTensor) -> str:
    data = ctx.file.beginnings.get(name)
    if data is None and tensor.variable:
        # As `ResetVariableTensors`: what 0.0 is, of int8 alone.
        data = np.full(1, tensor.zero_point[0] if tensor.dtype == "int8" else 0)
    if data is None:
        return "what you choose, for the file does not say it"
    if np.all(data == data.reshape(-1)[0]):
        return f"{int(data.reshape(-1)[0])} in all places"
    return "what the file assigns once"


HANDLERS: dict[str, Callable[[LiteGraph, LiteNode], None]] = {
    "VAR_HANDLE": _nothing,
    "CALL_ONCE": _nothing,
    "READ_VARIABLE": _read,
    "ASSIGN_VARIABLE": _assign,
}
