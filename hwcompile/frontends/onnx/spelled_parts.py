"""What normalizations that a file spells out are made of: means, squares, roots, and their nodes.

See `spelled`, which looks for the patterns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hwcompile.frontends.model import Array, SourceModel, SourceNode

_INPUTS: Mapping[str, tuple[int, ...]] = {
    "Add": (2,), "Div": (2,), "Identity": (1,), "Max": (2,), "Mul": (2,), "Neg": (1,),
    "Pow": (2,), "Reciprocal": (1,), "ReduceMean": (1, 2), "ReduceSum": (1, 2), "Relu": (1,),
    "Sqrt": (1,), "Sub": (2,), "Unsqueeze": (1, 2),
}  # fmt: skip
"""Standard operators that patterns are made of, and how many inputs they have."""


@dataclass(frozen=True)
class Statistics:
    """What a root is taken of.

    Attributes:
        base: The tensor whose mean square it is; "" where that is a difference.
        operand: The tensor whose variance it is; None for a mean square alone.
        axes: Along which.
        epsilon: What is added.
    """

    base: str
    operand: str | None
    axes: tuple[int, ...]
    epsilon: float


@dataclass
class Trail:
    """The way of a pattern.

    Attributes:
        nodes: Those that it went through, by their output.
        counts: What their sums are divided by.
    """

    nodes: dict[str, SourceNode] = field(default_factory=dict)
    counts: list[float] = field(default_factory=list)

    def copy(self) -> Trail:
        """The same way, that may go on elsewhere."""
        return Trail(dict(self.nodes), list(self.counts))

    def through(self, node: SourceNode) -> Trail:
        """The way that goes on through a node."""
        return Trail({**self.nodes, node.outputs[0]: node}, list(self.counts))

    def take(self, other: Trail) -> None:
        """Go another way, too."""
        self.nodes.update(other.nodes)
        self.counts += other.counts

    def reads(self) -> Counter[str]:
        """How often the nodes read each tensor."""
        return Counter(name for node in self.nodes.values() for name in node.inputs)


def is_standard(node: SourceNode, kind: str) -> bool:
    """The standard operator of that kind, with its inputs and one output."""
    inputs, outputs = len(node.inputs), len(node.outputs)
    return (
        node.op_type == kind
        and not node.domain
        and inputs in _INPUTS.get(kind, ())
        and (outputs == 1)
    )


class PatternNodes:
    """Who makes and who reads each tensor, and which are constants."""

    def __init__(self, model: SourceModel) -> None:
        self._model = model
        self.makers = {name: node for node in model.nodes for name in node.outputs if name}
        self.reads = Counter(n for node in model.nodes for n in (*node.inputs, *node.captures))
        self.reads.update(model.outputs)
        self.fixed = set(model.constants)
        for node in model.nodes:
            if not node.captures and all(n in self.fixed for n in node.inputs if n):
                self.fixed.update(node.outputs)

    def statistics(self, root: tuple[str, bool], trail: Trail) -> Statistics | None:
        """What is under a root, or under its reciprocal."""
        shifted = self._radicand(*root, trail)
        if shifted is None:
            return None
        mean_square, epsilon = self._with_epsilon(shifted, trail)
        if not np.isfinite(epsilon) or epsilon < 0:
            return None
        operand, along = self._difference(mean_square, trail)
        if along is not None:
            return Statistics("", operand, along, epsilon)
        base, axes = self._mean_square(mean_square, trail)
        if axes is None:
            return None
        return Statistics(base, self.centered(base, axes, trail), axes, epsilon)

    def _radicand(self, name: str, reciprocal: bool, trail: Trail) -> str | None:
        """What the root is taken of: Sqrt, Pow(0.5), or their reciprocals, in every spelling."""
        if reciprocal:
            power = self.made(name, "Pow", trail)
            if power is not None:
                return power.inputs[0] if self.number(power.inputs[1]) == -0.5 else None
            inverse = self.made(name, "Reciprocal", trail)
            if inverse is None:
                inverse = self.made(name, "Div", trail)
                if inverse is None or self.number(inverse.inputs[0]) != 1:
                    return None
            name = inverse.inputs[-1]
        root = self.made(name, "Sqrt", trail)
        if root is not None:
            return root.inputs[0]
        power = self.made(name, "Pow", trail)
        half = power is not None and self.number(power.inputs[1]) == 0.5
        return power.inputs[0] if power is not None and half else None

    def _with_epsilon(self, name: str, trail: Trail) -> tuple[str, float]:
        """A tensor and the number that is added to it, 0 without."""
        added = self.makers.get(name)
        if added is not None and is_standard(added, "Add"):
            for tensor, constant in (added.inputs, added.inputs[::-1]):
                number = self.number(constant)
                if number is not None:
                    trail.nodes[name] = added
                    return tensor, number
        return name, 0.0

    def _difference(self, name: str, trail: Trail) -> tuple[str, tuple[int, ...] | None]:
        """x, and the axes of its variance `mean(x ^ 2) - mean(x) ^ 2`; no axes for another one."""
        inner = Trail()
        node = self.made(self._held(name, inner), "Sub", inner)
        if node is None:
            return "", None
        base, axes = self._mean_square(node.inputs[0], inner)
        mean = self._squared(node.inputs[1], inner)
        if axes is None or mean is None or self.mean(mean, inner) != (base, axes):
            return "", None
        trail.take(inner)
        return base, axes

    def _held(self, name: str, trail: Trail) -> str:
        """The tensor that is held above 0, by a Relu or Max; itself otherwise."""
        relu = self.made(name, "Relu", trail)
        if relu is not None:
            return relu.inputs[0]
        node = self.makers.get(name)
        if node is not None and is_standard(node, "Max"):
            for tensor, constant in (node.inputs, node.inputs[::-1]):
                if self.number(constant) == 0:
                    trail.nodes[name] = node
                    return tensor
        return name

    def _mean_square(self, name: str, trail: Trail) -> tuple[str, tuple[int, ...] | None]:
        """What is squared and averaged, and along which axes."""
        square, axes = self.mean(name, trail)
        base = None if axes is None else self._squared(square, trail)
        return ("", None) if base is None else (base, axes)

    def mean(self, name: str, trail: Trail) -> tuple[str, tuple[int, ...] | None]:
        """What a mean is taken of, and along which axes; they stay as axes of one element."""
        inner = Trail()
        back = self.made(name, "Unsqueeze", inner)
        node = self._averaged(name if back is None else back.inputs[0], inner)
        if node is None:
            return "", None
        axes = self._axes(node)
        kept = node.attributes.get("keepdims", 1) == 1
        if (
            axes is None
            or kept != (back is None)
            or (back is not None and self._axes(back) != axes)
        ):
            return "", None
        trail.take(inner)
        return node.inputs[0], axes

    def _averaged(self, name: str, trail: Trail) -> SourceNode | None:
        """The ReduceMean, or the ReduceSum whose result is divided by a count."""
        mean = self.made(name, "ReduceMean", trail)
        if mean is not None:
            return mean
        node = self.makers.get(name)
        if node is None or not any(is_standard(node, kind) for kind in ("Div", "Mul")):
            return None
        pairs = [node.inputs] if node.op_type == "Div" else [node.inputs, node.inputs[::-1]]
        for tensor, constant in pairs:
            count = self.number(constant)
            total = self.makers.get(tensor)
            if count and total is not None and is_standard(total, "ReduceSum"):
                trail.nodes.update({name: node, tensor: total})
                trail.counts.append(count if node.op_type == "Div" else 1 / count)
                return total
        return None

    def _axes(self, node: SourceNode) -> tuple[int, ...] | None:
        """The axes that a node says, in an attribute or as a constant."""
        axes = node.attributes.get("axes")
        if axes is None and len(node.inputs) > 1:
            axes = self._constant(node.inputs[1])
        numbers = np.asarray([] if axes is None else axes).reshape(-1)
        if numbers.size == 0 or numbers.dtype.kind != "i":
            return None
        return tuple(int(a) for a in numbers)

    def _squared(self, name: str, trail: Trail) -> str | None:
        power = self.made(name, "Pow", trail)
        if power is not None:
            return power.inputs[0] if self.number(power.inputs[1]) == 2 else None
        product = self.made(name, "Mul", trail)
        same = product is not None and product.inputs[0] == product.inputs[1]
        return product.inputs[0] if product is not None and same else None

    def centered(self, name: str, axes: tuple[int, ...], trail: Trail) -> str | None:
        """The tensor whose mean along the axes was subtracted from it; None for any other one."""
        node = self.makers.get(name)
        if node is None or not is_standard(node, "Sub"):
            return None
        inner = Trail({name: node})
        operand, along = self.mean(node.inputs[1], inner)
        if operand != node.inputs[0] or along != axes:
            return None
        trail.take(inner)
        return operand

    def made(self, name: str, kind: str, trail: Trail) -> SourceNode | None:
        """The standard operator of that kind that makes a tensor; the trail goes through it."""
        node = self.makers.get(name)
        if node is None or not is_standard(node, kind):
            return None
        trail.nodes[name] = node
        return node

    def number(self, name: str) -> float | None:
        """A constant of one element."""
        array = self._constant(name)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def _constant(self, name: str) -> Array | None:
        """A constant of the file: an initializer, or what a node says."""
        if name in self._model.constants:
            return self._model.constants[name]
        node = self.makers.get(name)
        if node is None or node.domain or node.captures:
            return None
        if is_standard(node, "Identity"):
            return self._constant(node.inputs[0])
        if node.op_type != "Constant" or len(node.attributes) != 1:
            return None
        ((kind, value),) = node.attributes.items()
        known = ("value", "value_float", "value_floats", "value_int", "value_ints")
        return np.asarray(value) if kind in known else None
