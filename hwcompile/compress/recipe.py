"""Recipes: which layer of a model gets which scheme; the result is a model that compiles."""

from __future__ import annotations

import fnmatch
import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from hwcompile.compress import activations, codebooks, filters, powers, signs, steps
from hwcompile.compress.chains import FACTORS, ThinLayer, check_chain, insert_chain, multiplied_out
from hwcompile.compress.checked import FloatArray
from hwcompile.compress.weights import WeightedLayer, layers_of, remove_unused, replace_weights
from hwcompile.compress.winograd import to_winograd
from hwcompile.frontends.onnx.reading.file import parse
from hwcompile.sparse import pruning

Recipe = Mapping[str, Mapping[str, Any]]
"""Pattern of layer names (as in file names) to `method` and its arguments, or `prune` and its."""


def _kmeans(weights: FloatArray, count: int, fraction: int | None = None) -> FloatArray:
    book = codebooks.kmeans(weights, count)
    return (book if fraction is None else book.with_fraction(fraction)).weights


def _filters(weights: FloatArray, keep: int, scores: Sequence[float] | None = None) -> FloatArray:
    """By scores of the filters, such as scales of a batch normalization; else by L1 norms."""
    return filters.without_filters(weights, scores or filters.filter_norms(weights), keep)


METHODS: Mapping[str, Callable[..., FloatArray]] = {
    "balanced": activations.balanced,
    "binary": signs.binary_weights,
    "dorefa": steps.dorefa,
    "dynamic_fixed_point": steps.dynamic_fixed_point,
    "fixed_point": steps.fixed_point,
    "kmeans": _kmeans,
    "minifloat": powers.minifloat,
    "powers_of_two": powers.powers_of_two,
    "residual_binary": signs.residual_binary,
    "separable_binary": signs.separable_binary,
    "shift_sums": powers.shift_sums,
    "ternary": signs.ternary,
    "trained_ternary": signs.trained_ternary,
}
"""What `method` may be: weights [outputs, ...] become others of the same shape."""

PRUNERS: Mapping[str, Callable[..., FloatArray]] = {
    "bank_balanced": pruning.bank_balanced,
    "filters": _filters,
    "load_balanced": pruning.load_balanced,
    "magnitude": pruning.magnitude,
}
"""What `prune` may be."""

TRANSFORMS: Mapping[str, Callable[[onnx.ModelProto, WeightedLayer], WeightedLayer]] = {
    "winograd": to_winograd,
}
"""What `transform` may be: a layer becomes several ones with the same result, of which one has the
weights that are pruned and projected."""

_STEPS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "transform": TRANSFORMS,
    "prune": PRUNERS,
    "factor": FACTORS,
    "method": METHODS,
}
"""What an entry of a recipe may do, in this order."""


@dataclass(frozen=True)
class Compressed:
    """What became of a layer.

    Attributes:
        name: The node's.
        scheme: Pruner, factors and method.
        weights: How many there are, those of a chain together.
        zeros: How many of them are zero.
        levels: Different numbers.
        error: Mean square of the change, over the mean square of the weights as they were.
    """

    name: str
    scheme: str
    weights: int
    zeros: int
    levels: int
    error: float


def apply(model: Path | str, recipe: Recipe, target: Path | str) -> tuple[Compressed, ...]:
    """Write a model whose weights are compressed.

    Every convolution and fully connected layer with constant weights takes the first entry of the
    recipe whose pattern its node's name fits: transformed first, which changes no result, then
    pruned, then made a chain of thinner layers, then projected, each layer of a chain by itself.
    Quantizers of weights that are projected or factorized go: the numbers that are left are the
    levels. Quantizers of activations, and layers that no pattern fits, stay as they are. Between
    the layers of a chain there is no quantizer.

        apply("model.onnx", {"conv1": {"method": "fixed_point", "bits": 8},
                             "fc*": {"prune": "magnitude", "density": 0.1,
                                     "method": "kmeans", "count": 16, "fraction": 6}}, "small.onnx")

    Args:
        model: QONNX or ONNX file.
        recipe: `transform` is one of `TRANSFORMS`, `prune` of `PRUNERS`, `factor` of `FACTORS`,
            `method` of `METHODS`; other keys are arguments of these.
        target: The file to write, another one than the model; it appears when it is complete.

    Raises:
        CompileError: A file that can not be read as an ONNX model, as `hwcompile.compile` says it.
        ValueError: The target is the model itself; a pattern that no layer fits, an unknown method
            or argument, or weights for which a method is not defined.
    """
    model, target = Path(model), Path(target)
    if target.exists() and target.samefile(model):
        raise ValueError(f"'{target}' is the model itself: name another file for the result")
    proto = parse(model)
    layers = layers_of(proto)
    for pattern, entry in recipe.items():
        _check(pattern, entry, [layer.name for layer in layers])
    done = []
    # From the back, because a new node moves what follows.
    for layer in reversed(layers):
        fitting = [entry for p, entry in recipe.items() if fnmatch.fnmatchcase(layer.name, p)]
        if fitting:
            done.append(_compress(proto, layer, fitting[0]))
    remove_unused(proto)
    with tempfile.TemporaryDirectory(prefix=".compress-", dir=target.parent) as work:
        onnx.save(proto, Path(work) / target.name)
        (Path(work) / target.name).replace(target)
    return tuple(reversed(done))


def _compress(proto: onnx.ModelProto, layer: WeightedLayer, entry: Mapping[str, Any]) -> Compressed:
    name = layer.name
    try:
        if "transform" in entry:
            layer = TRANSFORMS[entry["transform"]](proto, layer)
        links = _links(proto, layer, entry)
    except (TypeError, ValueError) as error:
        raise ValueError(f"layer '{name}': {error}") from error
    weights = links[0].weights
    if "factor" in entry:
        insert_chain(proto, layer, links)
        weights = multiplied_out(links).reshape(layer.weights.shape)
    elif {"prune", "method"} & set(entry):
        replace_weights(proto, layer, weights, quantized="method" not in entry)
    before = layer.weights.astype(np.float64)
    power = float((before**2).mean()) or 1.0
    stored = np.concatenate([link.weights.reshape(-1) for link in links])
    return Compressed(
        name,
        ", ".join(str(entry[key]) for key in _STEPS if key in entry),
        stored.size,
        int((stored == 0).sum()),
        int(np.unique(stored).size),
        float(((weights - before) ** 2).mean()) / power,
    )


def _links(
    proto: onnx.ModelProto, layer: WeightedLayer, entry: Mapping[str, Any]
) -> tuple[ThinLayer, ...]:
    """The layer as it becomes: one link, or those of a chain."""
    weights = layer.weights
    if "prune" in entry:
        prune = PRUNERS[entry["prune"]]
        pruned = prune(weights.reshape(weights.shape[0], -1), **_arguments(prune, entry))
        weights = np.asarray(pruned, dtype=weights.dtype).reshape(weights.shape)
    links: tuple[ThinLayer, ...] = (ThinLayer(weights),)
    if "factor" in entry:
        check_chain(layer, proto.graph.node[layer.node])
        factor = FACTORS[entry["factor"]]
        links = factor(weights, **_arguments(factor, entry))
    if "method" in entry:
        method = METHODS[entry["method"]]
        arguments = _arguments(method, entry)
        links = tuple(replace(one, weights=_projected(method, one, arguments)) for one in links)
    return links


def _projected(
    method: Callable[..., FloatArray], link: ThinLayer, arguments: Mapping[str, Any]
) -> FloatArray:
    changed = method(link.weights, **arguments)
    return np.asarray(changed, dtype=link.weights.dtype).reshape(link.weights.shape)


def _arguments(function: Callable[..., Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    names = [one.name for one in _parameters(function)]
    return {name: entry[name] for name in names if name in entry}


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Of a step, those that a recipe gives: all but the model, the layer or the weights."""
    given = 2 if function in TRANSFORMS.values() else 1
    return list(inspect.signature(function).parameters.values())[given:]


def _check(pattern: str, entry: Mapping[str, Any], layers: list[str]) -> None:
    """Refuse what would be read by nobody."""
    if not fnmatch.filter(layers, pattern):
        raise ValueError(f"'{pattern}' fits no layer; there are {', '.join(layers)}")
    taken = set(_STEPS)
    if not taken & set(entry):
        raise ValueError(f"'{pattern}' names none of {', '.join(_STEPS)}")
    if {"transform", "factor"} <= set(entry):
        raise ValueError(f"'{pattern}': what is transformed is no layer that has factors")
    for key, known in _STEPS.items():
        if key not in entry:
            continue
        if entry[key] not in known:
            raise ValueError(f"'{pattern}': {key} '{entry[key]}' is none of {', '.join(known)}")
        parameters = _parameters(known[entry[key]])
        taken |= {one.name for one in parameters}
        missing = [p.name for p in parameters if p.default is p.empty and p.name not in entry]
        if missing:
            raise ValueError(f"'{pattern}': {entry[key]} needs {', '.join(missing)}")
    if set(entry) - taken:
        raise ValueError(f"'{pattern}': nothing takes {', '.join(sorted(set(entry) - taken))}")
