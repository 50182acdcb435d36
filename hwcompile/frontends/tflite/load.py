"""A TensorFlow Lite model as a graph on integers with the host's part around it.

The meaning is that of TFLite's reference kernels, integer for integer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.names import identifier
from hwcompile.frontends.tflite import (
    dilated,
    elementwise,
    ends,
    functions,
    interpolating,
    linear,
    lstm,
    pooling,
    products,
    repeats,
    states,
    structure,
    svdf,
)
from hwcompile.frontends.tflite.contents import LiteFile, LiteNode
from hwcompile.frontends.tflite.lowering import HostTensor, LiteGraph
from hwcompile.ir.graph import Builder
from hwcompile.ir.verify import verify
from hwcompile_runtime.chain import Chain, Integers
from hwcompile_runtime.host import HostInput, HostOutput, HostSource

Handler = Callable[[LiteGraph, LiteNode], None]

HANDLERS: Mapping[str, Handler] = {
    **linear.HANDLERS,
    **pooling.HANDLERS,
    **elementwise.HANDLERS,
    **functions.HANDLERS,
    **structure.HANDLERS,
    **repeats.HANDLERS,
    **interpolating.HANDLERS,
    **ends.HANDLERS,
    **dilated.HANDLERS,
    **states.HANDLERS,
    **products.HANDLERS,
    **svdf.HANDLERS,
    **lstm.HANDLERS,
}
"""By the names of TFLite's schema."""

SUFFIXES = (".tflite", ".lite")


def load_tflite(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Path | Mapping[str, Any] | None = None,
) -> ImportedModel:
    """Import the model at `path`.

    Args:
        path: The file.
        input_types: None: the file says what its inputs are.
        formats: None likewise.

    Raises:
        CompileError: HW0101, HW0102, HW0121 for a file that can not be read, HW0111 for input
            types or formats, HW0301 to HW0305 for everything that can not be built.
    """
    # The parser takes longer to import than the whole command line.
    from hwcompile.frontends.tflite.read import read_file

    file = read_file(Path(path))
    if input_types or formats:
        raise fail(
            "HW0111",
            f"{'input types' if input_types else 'number formats'} are given for a TFLite model",
            "the file itself says what its integers mean",
            "leave the option out",
        )
    return import_file(file)


def import_file(file: LiteFile) -> ImportedModel:
    """The contents of a file as a graph on integers.

    Raises:
        CompileError: HW0301 to HW0305, HW0121, HW0220.
    """
    return import_with_streams(file)[0]


def import_with_streams(file: LiteFile) -> tuple[ImportedModel, Mapping[int, str]]:
    """The same, and the value of the graph that every tensor of the network is, by its number."""
    stem, known = Path(file.name).stem, len(file.tensors)
    _check_operators(file)
    file = dilated.with_dilations(file)
    ctx = LiteGraph(file, Builder(identifier(stem, "network")))
    hosts = _inputs(ctx)
    for node in file.nodes:
        found = _quantized_input(ctx, node)
        if found is not None:
            hosts.append(found)
        else:
            _lowered(ctx, node)
    outputs = tuple(_output(ctx, number) for number in file.outputs)
    given, left, notes = states.host_ends(ctx)
    hosts, outputs = [*hosts, *given], (*outputs, *left)
    values = dict.fromkeys(s.value for o in outputs for s in o.sources)
    graph = ctx.builder.build(tuple(values))
    verify(graph, "import")
    used = {value for node in graph.nodes for value in node.inputs} | set(graph.outputs)
    for host in hosts:
        if host.value not in used:
            raise _at_the_ends(file, host.source, "no output of the model depends on it")
    return ImportedModel(graph, tuple(hosts), outputs, tuple(notes)), {
        number: value for number, value in ctx.streams.items() if number < known
    }


def _lowered(ctx: LiteGraph, node: LiteNode) -> None:
    """One operator.

    Raises:
        CompileError: HW0303 for sizes that contradict each other, besides those of its handler.
    """
    try:
        with np.errstate(all="ignore"):  # of scales that no converter writes
            HANDLERS[node.operator](ctx, node)
    except (IndexError, OverflowError, ValueError, ZeroDivisionError) as error:
        raise node.refuse(
            "HW0303",
            f"the sizes or options of this {node.operator} contradict each other",
            str(error),
            "convert the model again",
        ) from error


def _check_operators(file: LiteFile) -> None:
    """All operators that are not built, at once."""
    found = [
        Diagnostic(
            "HW0301",
            f"there is no hardware for TFLite's operator {node.operator}",
            "nobody has built it yet",
            "another operator; docs/tflite.md lists those that are built",
            node.origin,
        )
        for node in file.nodes
        if node.operator not in HANDLERS
    ]
    if found:
        raise CompileError(found)


def _at_the_ends(file: LiteFile, name: str, why: str) -> CompileError:
    return fail(
        "HW0304",
        f"nothing can be built for the tensor '{name}'",
        why,
        "check the inputs and outputs of the model",
        Origin(file.name, name, "Tensor"),
    )


def _stand_in(file: LiteFile, number: int) -> LiteNode:
    """For messages about a tensor that the model begins or ends with."""
    name = file.tensors[number].name
    return LiteNode("input", (), (number,), {}, Origin(file.name, name, "Tensor"))


def _inputs(ctx: LiteGraph) -> list[HostInput]:
    """Inputs of integers; those of real numbers wait for their quantizer."""
    return [
        ends.integer_input(ctx, _stand_in(ctx.file, number), number)
        for number in ctx.file.inputs
        if ctx.tensor(number).dtype != "float32"
    ]


def _quantized_input(ctx: LiteGraph, node: LiteNode) -> HostInput | None:
    """The input of real numbers that a `QUANTIZE` reads; None for every other operator."""
    if node.operator != "QUANTIZE" or not set(node.inputs[:1]) & set(ctx.file.inputs):
        return None
    if ctx.tensor(node.inputs[0]).dtype != "float32":
        return None
    return ends.real_input(ctx, node, node.inputs[0])


def _output(ctx: LiteGraph, number: int) -> HostOutput:
    """An output of the model in the type that the file says."""
    tensor = ctx.tensor(number)
    host = ctx.hosts.get(number)
    if host is None:
        if number not in ctx.streams:
            raise _at_the_ends(ctx.file, tensor.name, "no input of the model reaches it")
        host = HostTensor(ctx.streams[number], Integers(), ())
    kind = ctx.builder.types[host.value]
    source = HostSource(
        host.value, np.arange(kind.size, dtype=np.int64).reshape(1, -1), 0, Chain(host.start)
    )
    shape = tensor.shape or (1,)
    return HostOutput(tensor.name, shape, tensor.dtype, "stream", (source,), None, host.steps)
