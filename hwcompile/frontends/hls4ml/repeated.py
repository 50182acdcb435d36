"""TimeDistributed: layers between two markers, once for each time step (`nnet_time_distributed.h`).

Behind the first marker tensors have the shape of one step. Where every layer in between treats the
axes in front of its own as more of the same, all steps go through it at once, as a tensor with one
more axis; else each step has layers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.graph import Layer
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ops.concat.op import Concat

AT_ONCE = frozenset(
    {
        "Activation",
        "ApplyAlpha",
        "BatchNormalization",
        "Conv1D",
        "Dense",
        "DepthwiseConv1D",
        "HardActivation",
        "ParametrizedActivation",
        "PointwiseConv1D",
        "TimeDistributed",
    }
)
"""Layers that do the same for every row of a map."""

MOST_STEPS = 64
"""Of layers that each step has for itself."""


def is_begin(layer: Layer) -> bool:
    """The first marker; it knows the name of the second."""
    if layer.class_name != "TimeDistributed":
        return False
    return str(layer.get_attr("wrapped_layer").name) == f"{layer.name}_end"


def end_of(layers: Sequence[Layer], first: int) -> int:
    """Where the second marker of the first one stands."""
    name = f"{layers[first].name}_end"
    return next(n for n in range(first, len(layers)) if layers[n].name == name)


def repeated(
    ctx: Lowering, layers: Sequence[Layer], lower: Callable[[Sequence[Layer]], object]
) -> None:
    """Lower a marker, the layers behind it, and the marker that ends them.

    Args:
        ctx: The graph.
        layers: All of these.
        lower: Lowers layers in order.

    Raises:
        CompileError: HW0294 on streams, HW0295 for too many steps.
    """
    begin, inner, end = layers[0], layers[1:-1], layers[-1]
    ctx.layer = begin
    if ctx.stream:
        raise ctx.refuse(
            "HW0294",
            "there is no TimeDistributed on streams",
            "hls4ml has C++ for its arrays only",
            "io_type='io_parallel'",
        )
    source = ctx.source()
    if all(layer.class_name in AT_ONCE for layer in inner):
        _at_once(ctx, source, inner, lower)
    else:
        _one_by_one(ctx, source, inner, lower)
    ctx.layer = end
    last = ctx.source()
    value = ctx.shaped(last.value, map_shape(ctx.result_shape()))
    ctx.finish(value, last.format)


def _at_once(
    ctx: Lowering, source: Fixed, inner: Sequence[Layer], lower: Callable[[Sequence[Layer]], object]
) -> None:
    """All steps as rows of a map."""
    begin = ctx.node
    for name in begin.outputs:
        ctx.tensors[name] = source
    ctx.repeats.append(source.shape[len(ctx.repeats)])
    lower(inner)
    ctx.repeats.pop()


def _one_by_one(
    ctx: Lowering, source: Fixed, inner: Sequence[Layer], lower: Callable[[Sequence[Layer]], object]
) -> None:
    """The layers again for every step, and their results behind each other."""
    begin, steps = ctx.node, source.shape[0]
    if steps > MOST_STEPS:
        raise ctx.refuse(
            "HW0295",
            f"the layers inside stand for {steps} steps",
            f"each step has circuits of its own, {MOST_STEPS} of them at most",
            f"fewer steps, or layers of {', '.join(sorted(AT_ONCE - {'TimeDistributed'}))} only",
        )
    shape = source.shape[1:]
    places = np.arange(int(np.prod(source.shape)), dtype=np.int64).reshape(steps, -1)
    results = []
    for step in range(steps):
        value = ctx.picked(source.value, places[step].reshape(map_shape(shape)))
        for name in begin.outputs:
            ctx.tensors[name] = replace(source, value=value, shape=shape)
        lower(inner)
        results.append(ctx.tensors[inner[-1].outputs[0]])
    flat = [ctx.shaped(r.value, (1, 1, int(np.prod(r.shape)))) for r in results]
    joined = flat[0] if steps == 1 else ctx.emit(Concat(), *flat)
    whole = replace(results[0], value=joined, shape=(steps, *results[0].shape))
    ctx.tensors[inner[-1].outputs[0]] = whole
