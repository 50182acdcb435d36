"""Normalizations that a file spells out in small operators, found in the source model as a whole.

Exporters write LayerNormalization below operator set 17, and RMSNormalization below 23, as

    d = x - ReduceMean(x)            (RMSNormalization: d = x)
    y = d / Sqrt(ReduceMean(d ^ 2) + epsilon)

or, with the variance as `ReduceMean(x ^ 2) - ReduceMean(x) ^ 2`, which may be held above 0 by a Max
or Relu,

    y = d / Sqrt(variance + epsilon)

and scale and bias behind it, which are a chain like any other. Node by node that is a quotient of
two streams with real numbers pending, which few integers hold; as a whole it is `Normalize`, near
the model. So it is looked for only in a model that is refused as it stands: what compiles node by
node is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwcompile.frontends.model import Array, SourceModel, SourceNode

DOMAIN = "hwcompile.spelled"
NORMALIZATION = "SpelledNormalization"
"""Operator type of what is found. Attributes: `axes`, `epsilon`, `centered` (0: RMS)."""

_INPUTS: Mapping[str, tuple[int, ...]] = {
    "Add": (2,), "Div": (2,), "Identity": (1,), "Max": (2,), "Mul": (2,), "Pow": (2,),
    "Reciprocal": (1,), "ReduceMean": (1, 2), "Relu": (1,), "Sqrt": (1,), "Sub": (2,),
}  # fmt: skip
"""Standard operators that patterns are made of, and how many inputs they have."""


def with_normalizations(model: SourceModel) -> SourceModel:
    """The model with one node for each normalization that is spelled out; itself without any.

    A node stands where the pattern's last one stood and has its name and output. Nothing is found
    where a number inside is also read elsewhere, or a constant is another one.
    """
    if any(node.domain == DOMAIN for node in model.nodes):
        return model
    graph = _Graph(model)
    found = {node.outputs[0]: whole for node in model.nodes for whole in graph.whole(node)}
    if not found:
        return model
    gone = {name for whole in found.values() for name in whole.inside}
    kept = (node for node in model.nodes if gone.isdisjoint(node.outputs))
    nodes = (_standing(node, found.get((*node.outputs, "")[0])) for node in kept)
    return replace(model, nodes=tuple(nodes))


@dataclass(frozen=True)
class _Whole:
    """A normalization.

    Attributes:
        operand: The tensor that is normalized.
        attributes: Of the node that stands for it.
        inside: Tensors between the operand and the result.
    """

    operand: str
    attributes: Mapping[str, Any]
    inside: frozenset[str]


def _standing(node: SourceNode, whole: _Whole | None) -> SourceNode:
    """The node, or the one that stands for the pattern that ends in it."""
    if whole is None:
        return node
    inputs, kind = (whole.operand,), NORMALIZATION
    return replace(
        node, op_type=kind, domain=DOMAIN, inputs=inputs, attributes=whole.attributes, entry=None
    )


@dataclass
class _Trail:
    """The nodes that a pattern went through, and how often they read each tensor."""

    nodes: dict[str, SourceNode] = field(default_factory=dict)

    def reads(self) -> Counter[str]:
        return Counter(name for node in self.nodes.values() for name in node.inputs)


def _is(node: SourceNode, kind: str) -> bool:
    """The standard operator of that kind, with its inputs and one output."""
    inputs, outputs = len(node.inputs), len(node.outputs)
    return (
        node.op_type == kind
        and not node.domain
        and inputs in _INPUTS.get(kind, ())
        and (outputs == 1)
    )


class _Graph:
    """Who makes and who reads each tensor, and which are constants."""

    def __init__(self, model: SourceModel) -> None:
        self._model = model
        self._makers = {name: node for node in model.nodes for name in node.outputs if name}
        self._reads = Counter(n for node in model.nodes for n in (*node.inputs, *node.captures))
        self._reads.update(model.outputs)
        self._fixed = set(model.constants)
        for node in model.nodes:
            if not node.captures and all(n in self._fixed for n in node.inputs if n):
                self._fixed.update(node.outputs)

    def whole(self, node: SourceNode) -> Iterator[_Whole]:
        """The normalization that ends in a node, if one does."""
        for numerator, root in self._quotients(node):
            trail = _Trail({node.outputs[0]: node})
            found = self._normalized(numerator, root, trail)
            if found is None or found.operand in self._fixed:
                continue
            inside = frozenset(trail.nodes) - {node.outputs[0]}
            reads = trail.reads()
            if all(self._reads[name] == reads[name] for name in inside):
                yield replace(found, inside=inside)
                return

    def _quotients(self, node: SourceNode) -> Iterator[tuple[str, tuple[str, bool]]]:
        """What may be divided by what: tensors, and whether the second is a reciprocal."""
        if not node.outputs or not _is(node, node.op_type) or len(node.inputs) != 2:
            return
        left, right = node.inputs
        if node.op_type == "Div":
            yield left, (right, False)
        elif node.op_type == "Mul":
            yield left, (right, True)
            yield right, (left, True)

    def _normalized(self, numerator: str, root: tuple[str, bool], trail: _Trail) -> _Whole | None:
        """`numerator` over the root of its own mean square."""
        shifted = self._radicand(*root, trail)
        if shifted is None:
            return None
        mean_square, epsilon = self._with_epsilon(shifted, trail)
        if not np.isfinite(epsilon) or epsilon < 0:
            return None
        operand, along = self._difference(mean_square, trail)
        if along is not None:
            attributes = {"axes": list(along), "epsilon": epsilon, "centered": 1}
            same = self._centered(numerator, along, trail) == operand
            return _Whole(operand, attributes, frozenset()) if same else None
        base, axes = self._mean_square(mean_square, trail)
        if axes is None:
            return None
        attributes = {"axes": list(axes), "epsilon": epsilon}
        centered = self._centered(base, axes, trail)
        if centered is not None and self._centered(numerator, axes, trail) == centered:
            return _Whole(centered, attributes | {"centered": 1}, frozenset())
        if base != numerator or centered is not None:
            return None
        return _Whole(base, attributes | {"centered": 0}, frozenset())

    def _radicand(self, name: str, reciprocal: bool, trail: _Trail) -> str | None:
        """What the root is taken of: Sqrt, Pow(0.5), or their reciprocals, in every spelling."""
        if reciprocal:
            power = self._made(name, "Pow", trail)
            if power is not None:
                return power.inputs[0] if self._number(power.inputs[1]) == -0.5 else None
            inverse = self._made(name, "Reciprocal", trail)
            if inverse is None:
                inverse = self._made(name, "Div", trail)
                if inverse is None or self._number(inverse.inputs[0]) != 1:
                    return None
            name = inverse.inputs[-1]
        root = self._made(name, "Sqrt", trail)
        if root is not None:
            return root.inputs[0]
        power = self._made(name, "Pow", trail)
        half = power is not None and self._number(power.inputs[1]) == 0.5
        return power.inputs[0] if power is not None and half else None

    def _with_epsilon(self, name: str, trail: _Trail) -> tuple[str, float]:
        """A tensor and the number that is added to it, 0 without."""
        added = self._makers.get(name)
        if added is not None and _is(added, "Add"):
            for tensor, constant in (added.inputs, added.inputs[::-1]):
                number = self._number(constant)
                if number is not None:
                    trail.nodes[name] = added
                    return tensor, number
        return name, 0.0

    def _difference(self, name: str, trail: _Trail) -> tuple[str, tuple[int, ...] | None]:
        """x, and the axes of its variance `mean(x ^ 2) - mean(x) ^ 2`; no axes for another one."""
        inner = _Trail()
        node = self._made(self._held(name, inner), "Sub", inner)
        if node is None:
            return "", None
        base, axes = self._mean_square(node.inputs[0], inner)
        mean = self._squared(node.inputs[1], inner)
        if axes is None or mean is None or self._mean(mean, inner) != (base, axes):
            return "", None
        trail.nodes.update(inner.nodes)
        return base, axes

    def _held(self, name: str, trail: _Trail) -> str:
        """The tensor that is held above 0, by a Relu or Max; itself otherwise."""
        relu = self._made(name, "Relu", trail)
        if relu is not None:
            return relu.inputs[0]
        node = self._makers.get(name)
        if node is not None and _is(node, "Max"):
            for tensor, constant in (node.inputs, node.inputs[::-1]):
                if self._number(constant) == 0:
                    trail.nodes[name] = node
                    return tensor
        return name

    def _mean_square(self, name: str, trail: _Trail) -> tuple[str, tuple[int, ...] | None]:
        """What is squared and averaged, and along which axes."""
        square, axes = self._mean(name, trail)
        base = None if axes is None else self._squared(square, trail)
        return ("", None) if base is None else (base, axes)

    def _mean(self, name: str, trail: _Trail) -> tuple[str, tuple[int, ...] | None]:
        """What a mean is taken of, and along which axes; they stay as axes of one element."""
        node = self._made(name, "ReduceMean", trail)
        if node is None or node.attributes.get("keepdims", 1) != 1:
            return "", None
        axes = node.attributes.get("axes")
        if axes is None and len(node.inputs) > 1:
            axes = self._constant(node.inputs[1])
        numbers = np.asarray([] if axes is None else axes).reshape(-1)
        if numbers.size == 0 or numbers.dtype.kind != "i":
            return "", None
        return node.inputs[0], tuple(int(a) for a in numbers)

    def _squared(self, name: str, trail: _Trail) -> str | None:
        power = self._made(name, "Pow", trail)
        if power is not None:
            return power.inputs[0] if self._number(power.inputs[1]) == 2 else None
        product = self._made(name, "Mul", trail)
        same = product is not None and product.inputs[0] == product.inputs[1]
        return product.inputs[0] if product is not None and same else None

    def _centered(self, name: str, axes: tuple[int, ...], trail: _Trail) -> str | None:
        """The tensor whose mean along the axes was subtracted from it; None for any other one."""
        node = self._makers.get(name)
        if node is None or not _is(node, "Sub"):
            return None
        inner = _Trail({name: node})
        operand, along = self._mean(node.inputs[1], inner)
        if operand != node.inputs[0] or along != axes:
            return None
        trail.nodes.update(inner.nodes)
        return operand

    def _made(self, name: str, kind: str, trail: _Trail) -> SourceNode | None:
        """The standard operator of that kind that makes a tensor; the trail goes through it."""
        node = self._makers.get(name)
        if node is None or not _is(node, kind):
            return None
        trail.nodes[name] = node
        return node

    def _number(self, name: str) -> float | None:
        array = self._constant(name)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def _constant(self, name: str) -> Array | None:
        """A constant of the file: an initializer, or what a node says."""
        if name in self._model.constants:
            return self._model.constants[name]
        node = self._makers.get(name)
        if node is None or node.domain or node.captures:
            return None
        if _is(node, "Identity"):
            return self._constant(node.inputs[0])
        if node.op_type != "Constant" or len(node.attributes) != 1:
            return None
        ((kind, value),) = node.attributes.items()
        known = ("value", "value_float", "value_floats", "value_int", "value_ints")
        return np.asarray(value) if kind in known else None
