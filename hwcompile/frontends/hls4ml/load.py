"""From hls4ml's `ModelGraph` to a graph on integers with the host's part around it.

The meaning is that of hls4ml's C simulation with its Vitis backend, integer for integer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail
from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml import (
    activations,
    einsum,
    elementwise,
    hgq,
    layernorm,
    linear,
    pooling,
    recurrent,
    repeated,
    softmax,
    structure,
)
from hwcompile.frontends.hls4ml.formats import format_of
from hwcompile.frontends.hls4ml.graph import Layer, ModelGraph
from hwcompile.frontends.hls4ml.values import Fixed, Lowering, origin_of
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.names import identifier
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ir.verify import verify
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.host import HostInput, HostOutput, HostSource
from hwcompile_runtime.quantizers import FixedQuantizer
from hwcompile_runtime.rows import floats, integers

BACKENDS = ("Vitis", "hwcompile")
"""Whose graphs are read; the others compute other numbers."""

Handler = Callable[[Lowering], None]

HANDLERS: Mapping[str, Handler] = {
    **linear.HANDLERS,
    **einsum.HANDLERS,
    **layernorm.HANDLERS,
    **activations.HANDLERS,
    **softmax.HANDLERS,
    **elementwise.HANDLERS,
    **hgq.HANDLERS,
    **pooling.HANDLERS,
    **structure.HANDLERS,
    **recurrent.HANDLERS,
}

BUILT = frozenset({*HANDLERS, "Input", "TimeDistributed"})
"""Layers that have hardware: those with a handler, inputs, and what `repeated` takes apart."""

REFUSED = {
    "GarNet": "its arithmetic over distances is not built",
    "GarNetStack": "its arithmetic over distances is not built",
    "SimpleRNN": "hls4ml's Vitis backend has no C++ for it",
    "Einsum": "products of two tensors are not built yet",
    "Dot": "products of two tensors are not built yet",
    "MatMul": "products of two tensors are not built yet",
    "SymbolicExpression": "expressions are not lowered",
    "DACombinational": "the strategy distributed_arithmetic prints C++ instead of a layer",
}
"""Layers that have no hardware yet, and why."""


def import_model_graph(model: ModelGraph) -> ImportedModel:
    """The model as a graph on integers.

    Args:
        model: Of hls4ml's converters, for the backend Vitis (or hwcompile).

    Raises:
        CompileError: HW0293 for another backend; every layer that can not be built.
    """
    return import_with_tensors(model)[0]


def import_with_tensors(model: ModelGraph) -> tuple[ImportedModel, Mapping[str, Fixed]]:
    """The same, and the value of the graph that stands for each tensor of hls4ml, by its name."""
    name = str(model.config.get_project_name())
    _check_backend(model, name)
    stream = model.config.get_config_value("IOType") == "io_stream"
    ctx = Lowering(Builder(identifier(name, "model")), name, stream)
    layers = list(model.get_layers())
    _check_layers(layers, name)
    hosts = _lowered(ctx, layers)
    outputs = [ctx.tensors[output] for output in model.outputs]
    graph = ctx.builder.build(tuple(fixed.value for fixed in outputs))
    verify(graph, "import")
    ends = tuple(
        _output(name, fixed, graph.types[fixed.value])
        for name, fixed in zip(model.outputs, outputs, strict=True)
    )
    return ImportedModel(graph, tuple(hosts), ends, tuple(ctx.notes)), ctx.tensors


def _lowered(ctx: Lowering, layers: Sequence[Layer]) -> list[HostInput]:
    """Lower the layers in their order; the inputs among them."""
    hosts, number = [], 0
    while number < len(layers):
        ctx.layer = layer = layers[number]
        end = number
        if layer.class_name == "Input":
            hosts.append(_input(ctx))
        elif repeated.is_begin(layer):
            end = repeated.end_of(layers, number)
            repeated.repeated(ctx, layers[number : end + 1], partial(_lowered, ctx))
        else:
            HANDLERS[layer.class_name](ctx)
        number = end + 1
    return hosts


def _check_backend(model: ModelGraph, name: str) -> None:
    backend = model.config.backend
    backend = getattr(backend, "name", backend)
    if backend not in BACKENDS:
        raise fail(
            "HW0293",
            f"the model graph is made for hls4ml's backend '{backend}'",
            "the numbers that are built are those of the Vitis backend's C simulation",
            "backend='Vitis' or backend='hwcompile' when hls4ml converts the model",
            Origin(name, name, "ModelGraph"),
        )


def _check_layers(layers: list[Layer], file: str) -> None:
    found = []
    for layer in layers:
        if layer.class_name in BUILT:
            continue
        why = REFUSED.get(layer.class_name, "nobody has said what it computes")
        found.append(
            Diagnostic(
                "HW0290",
                f"there is no hardware for hls4ml's layer {layer.class_name}",
                why,
                "another layer; docs/hls4ml.md lists those that are built",
                origin_of(layer, file),
            )
        )
    if found:
        raise CompileError(found)


def _input(ctx: Lowering) -> HostInput:
    tensor = ctx.node.get_output_variable()
    form = format_of(tensor.type.precision, ctx.origin)
    shape = tuple(int(n) for n in tensor.shape)
    kind = TensorType(map_shape(shape), form.element, (2.0**-form.fraction,))
    value = ctx.builder.input(identifier(ctx.node.name, "input"), kind)
    ctx.tensors[ctx.node.outputs[0]] = Fixed(value, shape, form.fraction, form)
    step, zero = floats(2.0**-form.fraction), integers(0)
    quantizer = FixedQuantizer(
        step, zero, form.element, form.fraction, form.rounding, form.overflow
    )
    places = np.arange(kind.size, dtype=np.int64).reshape(kind.shape)
    chain = Chain(Dequantize(floats(1)))
    return HostInput(value, ctx.node.name, (1, *shape), places, 0.0, chain, quantizer)


def _output(name: str, fixed: Fixed, kind: TensorType) -> HostOutput:
    places: IntArray = np.arange(kind.size, dtype=np.int64).reshape(1, *fixed.shape)
    start = Dequantize(floats(2.0**-fixed.fraction), integers(0))
    source = HostSource(fixed.value, places, 0, Chain(start))
    return HostOutput(name, (1, *fixed.shape), "float32", "stream", (source,), None, ())
