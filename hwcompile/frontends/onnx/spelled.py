"""Normalizations that a file spells out in small operators, found in the source model as a whole.

Exporters write LayerNormalization below operator set 17, and RMSNormalization below 23, as

    d = x - ReduceMean(x)            (RMSNormalization: d = x)
    y = d / Sqrt(ReduceMean(d ^ 2) + epsilon)

or, with the variance as `ReduceMean(x ^ 2) - ReduceMean(x) ^ 2`, which may be held above 0 by a Max
or Relu,

    y = d / Sqrt(variance + epsilon)

and scale and bias behind it, which are a chain like any other. Flax multiplies the reciprocal of
the root by the scale first, Keras and `tf.nn.batch_normalization` multiply the mean as well:

    y = d * (scale / Sqrt(...)) + bias
    y = x * (scale / Sqrt(...)) + (bias - ReduceMean(x) * (scale / Sqrt(...)))

A mean may be a sum over the count, and lose its axes for an Unsqueeze to bring them back.

Node by node that is a quotient of two streams with real numbers pending, which few integers hold;
as a whole it is `Normalize`, near the model. So it is looked for only in a model that is refused as
it stands: what compiles node by node is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from onnx import helper

from hwcompile.frontends.model import SourceModel, SourceNode
from hwcompile.frontends.onnx.spelled_parts import PatternNodes, Statistics, Trail, is_standard

DOMAIN = "hwcompile.spelled"
NORMALIZATION = "SpelledNormalization"
"""Operator type of what is found. Attributes: `axes`, `epsilon`, `centered` (0: RMS), and `counts`,
what sums along the axes are divided by: right where so many elements are there."""


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
    taken = {name for node in model.nodes for name in (*node.inputs, *node.outputs)}
    taken.update(model.constants)
    nodes = (n for node in kept for n in _standing(node, found.get((*node.outputs, "")[0]), taken))
    return replace(model, nodes=tuple(nodes))


@dataclass(frozen=True)
class _Whole:
    """A normalization.

    Attributes:
        operand: The tensor that is normalized.
        attributes: Of the node that stands for it.
        inside: Tensors between the operand and the result.
        behind: What follows inside the pattern: `Mul` by a tensor, then `Add` of another one.
    """

    operand: str
    attributes: Mapping[str, Any]
    inside: frozenset[str] = frozenset()
    behind: tuple[tuple[str, str], ...] = ()


def _standing(node: SourceNode, whole: _Whole | None, taken: set[str]) -> Iterator[SourceNode]:
    """The node, or those that stand for the pattern that ends in it; new names are taken then."""
    if whole is None:
        yield node
        return
    (last,) = node.outputs
    found, kinds = whole.operand, ((NORMALIZATION, ""), *whole.behind)
    for place, (kind, second) in enumerate(kinds):
        output = last if place == len(kinds) - 1 else _free(f"{last}_of_{kind}", taken)
        plain = kind != NORMALIZATION
        inputs = (found, second) if plain else (found,)
        yield replace(
            node,
            op_type=kind,
            domain="" if plain else DOMAIN,
            inputs=inputs,
            outputs=(output,),
            attributes={} if plain else whole.attributes,
            entry=helper.make_node(kind, inputs, (output,), node.name) if plain else None,
        )
        found = output


def _free(name: str, taken: set[str]) -> str:
    """A name like this one that nothing has, which is taken then."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


class _Graph(PatternNodes):
    """Finds patterns in a model."""

    def whole(self, node: SourceNode) -> Iterator[_Whole]:
        """The normalization that ends in a node, if one does."""
        for pattern in (self._quotients, self._moved):
            for found, trail in pattern(node):
                inside = frozenset(trail.nodes) - {node.outputs[0]}
                reads = trail.reads()
                alone = all(self.reads[name] == reads[name] for name in inside)
                if alone and found.operand not in self.fixed:
                    counts = {"counts": trail.counts}
                    yield replace(found, inside=inside, attributes={**found.attributes, **counts})
                    return

    def _quotients(self, node: SourceNode) -> Iterator[tuple[_Whole, Trail]]:
        """A tensor over the root of its own mean square, perhaps with a scale in the root."""
        if not node.outputs or not is_standard(node, node.op_type) or len(node.inputs) != 2:
            return
        for numerator, divisor in (node.inputs, node.inputs[::-1]):
            if node.op_type == "Mul":
                for root, scale, trail in self._scaled(divisor, Trail({node.outputs[0]: node})):
                    behind = (("Mul", scale),) if scale else ()
                    yield from self._normalized(numerator, root, behind, trail)
            elif node.op_type == "Div" and divisor == node.inputs[1]:
                trail = Trail({node.outputs[0]: node})
                yield from self._normalized(numerator, (divisor, False), (), trail)

    def _scaled(self, name: str, trail: Trail) -> Iterator[tuple[tuple[str, bool], str, Trail]]:
        """What may be the reciprocal of a root, and the constant that it is multiplied by."""
        yield (name, True), "", trail
        product = self.makers.get(name)
        if product is not None and is_standard(product, "Mul"):
            for root, scale in (product.inputs, product.inputs[::-1]):
                if scale in self.fixed and root not in self.fixed:
                    yield (root, True), scale, trail.through(product)

    def _normalized(
        self,
        numerator: str,
        root: tuple[str, bool],
        behind: tuple[tuple[str, str], ...],
        trail: Trail,
    ) -> Iterator[tuple[_Whole, Trail]]:
        """`numerator` over the root of its own mean square."""
        found = self.statistics(root, trail)
        if found is None:
            return
        attributes = {"axes": list(found.axes), "epsilon": found.epsilon}
        if found.operand is None:
            if found.base == numerator:
                yield _Whole(numerator, attributes | {"centered": 0}, behind=behind), trail
        elif self.centered(numerator, found.axes, trail) == found.operand:
            yield _Whole(found.operand, attributes | {"centered": 1}, behind=behind), trail

    def _moved(self, node: SourceNode) -> Iterator[tuple[_Whole, Trail]]:
        """`x * r + (bias - mean(x) * r)` with a reciprocal root r, perhaps of a scale."""
        if not node.outputs or not any(is_standard(node, kind) for kind in ("Add", "Sub")):
            return
        for first, rest in (node.inputs, node.inputs[::-1]):
            start = Trail({node.outputs[0]: node})
            product = self.made(first, "Mul", start)
            if product is None or (node.op_type == "Sub" and first != node.inputs[0]):
                continue
            for x, factor in (product.inputs, product.inputs[::-1]):
                for root, scale, trail in self._scaled(factor, start.copy()):
                    found = self.statistics(root, trail)
                    if found is None or found.operand != x:
                        continue
                    bias = self._mean_taken(rest, x, factor, found, node.op_type == "Sub", trail)
                    if bias is None:
                        continue
                    behind = [("Mul", scale)] * bool(scale) + [("Add", bias)] * bool(bias)
                    said = {"axes": list(found.axes), "epsilon": found.epsilon, "centered": 1}
                    yield _Whole(x, said, behind=tuple(behind)), trail

    def _mean_taken(
        self, name: str, x: str, factor: str, known: Statistics, negative: bool, trail: Trail
    ) -> str | None:
        """The constant in `constant - mean * factor`, "" without one; None for anything else.

        Args:
            name: The tensor.
            x: Whose mean it is.
            factor: The tensor that multiplies it.
            known: The axes of the mean.
            negative: Whether the tensor is subtracted, so that it is `mean * factor` itself.
            trail: Goes through what is found.
        """
        constant = ""
        node = self.makers.get(name)
        if not negative and node is not None and any(is_standard(node, k) for k in ("Add", "Sub")):
            pairs = [node.inputs] if node.op_type == "Sub" else [node.inputs, node.inputs[::-1]]
            chosen = next((pair for pair in pairs if pair[0] in self.fixed), None)
            if chosen is None:
                return None
            trail.nodes[name] = node
            constant, name = chosen
            negative = node.op_type == "Sub"
        product = self.made(name, "Mul", trail)
        if product is None or factor not in product.inputs:
            return None
        mean = product.inputs[1 if product.inputs[0] == factor else 0]
        if not negative:
            turned = self.made(mean, "Neg", trail)
            if turned is None:
                return None
            mean = turned.inputs[0]
        return constant if self.mean(mean, trail) == (x, known.axes) else None
