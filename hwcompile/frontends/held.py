"""Results that the hardware holds: an input that is an output of the frame before.

A model that takes one of two branches may give again, for a frame that needs no work, the result
that it gave before. Models have no state, so that comes in as an input. Where someone says which
output it is, the hardware keeps it, and the input is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.imported import ImportedModel
from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ops.choice.op import Choose, Enter, Hold
from hwcompile_runtime.host import HostInput, HostOutput

GRAMMAR = "INPUT=OUTPUT"

_MOST_FRAMES = 1024
"""Integers of each element that are tried; of more, so many that are spread evenly."""


def named_held(texts: Iterable[str]) -> dict[str, str]:
    """What each of several `INPUT=OUTPUT` says: output by input.

    Raises:
        CompileError: HW0299 when one says nothing, or an input is there twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, output = (part.strip() for part in text.partition("="))
        if not (name and equals and output) or name in found:
            raise _refused(f"'{text}'", "an input is one output of the frame before", GRAMMAR)
        found[name] = output
    return found


def with_held(model: ImportedModel, held: Mapping[str, str]) -> ImportedModel:
    """The model without the inputs that are outputs of the frame before.

    Before the first frame such an output is what zeros at the input mean.

    Args:
        model: Behind its front end.
        held: Output by input, both by the names of the model.

    Raises:
        CompileError: HW0299 where that is something else than holding a result.
    """
    for name, output in held.items():
        model = _with_one(model, name, output)
    return model


def _with_one(model: ImportedModel, name: str, output: str) -> ImportedModel:
    source = _only(model, name)
    result = next((host for host in model.host_outputs if host.name == output), None)
    if result is None:
        names = ", ".join(host.name for host in model.host_outputs)
        why = f"the model has no output '{output}'"
        raise _refused(f"'{name}'", why, f"name one of its outputs: {names}")
    graph = model.graph
    gate, choice = _nodes(graph, source, result)
    starts = np.unique(source.run(np.zeros(source.source_shape)))
    if starts.size != 1:
        why = "zeros are not the same integer in all of its channels"
        raise _refused(f"'{name}'", why, "quantize it with one zero point")
    taken, _, truth = choice.inputs
    hold = replace(choice, op=Hold(int(starts[0])), inputs=(taken, truth))
    inputs = tuple(host for host in model.host_inputs if host is not source)
    return replace(model, graph=_rebuilt(graph, source.value, gate, hold), host_inputs=inputs)


def _only(model: ImportedModel, name: str) -> HostInput:
    found = [host for host in model.host_inputs if host.source == name]
    if not found:
        names = ", ".join(dict.fromkeys(host.source for host in model.host_inputs))
        raise _refused(f"'{name}'", "the model has no such input", f"name one of: {names}")
    if len(found) > 1:
        why = "it enters the network in several orders or on several grids"
        raise _refused(f"'{name}'", why, "quantize it once")
    return found[0]


def _nodes(graph: Graph, source: HostInput, result: HostOutput) -> tuple[Node, Node]:
    """The gate behind the input, and what chooses between it and a branch."""
    readers = graph.consumers(source.value)
    gate = readers[0][0] if len(readers) == 1 and source.value not in graph.outputs else None
    if gate is None or not isinstance(gate.op, Enter) or gate.op.when:
        why = "it is not the result of an If where its condition is false, and that alone"
        raise _refused(f"'{source.source}'", why, "give it as it is in the else branch of an If")
    behind = graph.consumers(gate.outputs[0])
    choice, port = behind[0] if len(behind) == 1 else (gate, 0)
    if not isinstance(choice.op, Choose) or port != 1:
        why = "the else branch does something with it"
        raise _refused(f"'{source.source}'", why, "give it as it is in the else branch of an If")
    values = {one.value for one in result.sources}
    if values != set(choice.outputs) or not _same_numbers(graph, source, result):
        why = f"'{result.name}' is not what the If gives, in the numbers that come in there"
        fix = "name the If's own output, and quantize both branches alike"
        raise _refused(f"'{source.source}'", why, fix)
    return gate, choice


def _same_numbers(graph: Graph, source: HostInput, result: HostOutput) -> bool:
    """Whether the host would make of an output's integers the same ones at the input."""
    (value,) = {one.value for one in result.sources}
    kind = graph.types[value]
    if kind.shape != graph.types[source.value].shape:
        return False
    codes = kind.element.values()
    some = np.linspace(0, codes.size - 1, min(codes.size, _MOST_FRAMES)).astype(np.int64)
    places = np.arange(kind.size, dtype=np.int64).reshape(kind.shape)
    random = np.random.default_rng(1).integers(0, codes.size, kind.shape)
    for first in some:  # each element has every code once, and neighbours have others
        frame = codes[(first + places) % codes.size][None]
        mixed = codes[(first + random) % codes.size][None]
        for integers in (frame, mixed):
            real = result.run({value: integers})
            if real.size != integers.size or not np.array_equal(source.run(real), integers):
                return False
    return True


def _rebuilt(graph: Graph, gone: str, gate: Node, hold: Node) -> Graph:
    builder = Builder(graph.name)
    for value in graph.inputs:
        if value != gone:
            builder.input(value, graph.types[value])
    for node in graph.nodes:
        if node is not gate:
            made = hold if node.name == hold.name else node
            builder.copy(graph, made, made.inputs)
    return builder.build(graph.outputs)


def _refused(which: str, why: str, fix: str) -> CompileError:
    return fail("HW0299", f"the hardware can not hold {which}", why, fix)
