"""The graph: an ordered list of nodes in SSA form over named, typed values.

Nodes and graphs are plain frozen data. A pass builds a new graph, usually through `Builder` or
`rewrite`; nothing is edited in place. Node order is a topological order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from hwcompile.diagnostics import InternalError, Origin
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType

Watch = Callable[[str, IntArray], None]
"""What is shown a value's name and its integers [frames, height, width, channels]."""


@dataclass(frozen=True)
class Node:
    """One operation: `outputs = op(inputs)`. Value names are unique in the graph."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True)
class Graph:
    """A network on integers.

    Attributes:
        name: Identifier of the design, legal in SystemVerilog.
        inputs: Names of the input values, in the order of the model.
        outputs: Names of the output values, in the order of the model.
        nodes: In topological order.
        types: The type of every value.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    types: Mapping[str, TensorType]

    @property
    def remembers(self) -> bool:
        """Whether results depend on the frames before: then no frame can be evaluated alone."""
        return any(node.op.remembers for node in self.nodes)

    def producer(self, value: str) -> Node | None:
        """The node that defines `value`, or None for a graph input."""
        return self._producers.get(value)

    def consumers(self, value: str) -> tuple[tuple[Node, int], ...]:
        """The nodes that read `value`, each with the input position, in node order."""
        return tuple(self._consumers.get(value, ()))

    def node(self, name: str) -> Node:
        """The node called `name`.

        Raises:
            KeyError: If there is none.
        """
        return self._by_name[name]

    def input_types(self, node: Node) -> tuple[TensorType, ...]:
        """Types of the node's inputs, in order."""
        return tuple(self.types[v] for v in node.inputs)

    def output_types(self, node: Node) -> tuple[TensorType, ...]:
        """Types of the node's outputs, in order."""
        return tuple(self.types[v] for v in node.outputs)

    def evaluate(
        self, inputs: Mapping[str, IntArray], keep: bool = False, watch: Watch | None = None
    ) -> dict[str, IntArray]:
        """Run the network on integers: the definition of its meaning.

        Args:
            inputs: For every graph input, int64 [frames, height, width, channels].
            keep: Return every value of the graph, not only the outputs.
            watch: Is shown every value as soon as it is known, inputs first, then in node order.

        Returns:
            Value name to int64 [frames, height, width, channels].
        """
        values: dict[str, IntArray] = {}
        for name in self.inputs:
            array = np.asarray(inputs[name], dtype=np.int64)
            kind = self.types[name]
            if array.shape[1:] != kind.shape or not kind.element.contains(array):
                raise ValueError(f"input '{name}' does not fit {kind}: got shape {array.shape}")
            values[name] = array
            if watch:
                watch(name, array)
        last_use = {v: i for i, n in enumerate(self.nodes) for v in n.inputs}
        for index, node in enumerate(self.nodes):
            results = node.op.evaluate(
                self.input_types(node), tuple(values[v] for v in node.inputs)
            )
            values.update(zip(node.outputs, results, strict=True))
            if watch:
                for name in node.outputs:
                    watch(name, values[name])
            if not keep:
                for value in node.inputs:
                    if last_use[value] == index and value not in self.outputs:
                        values.pop(value, None)
        return values if keep else {name: values[name] for name in self.outputs}

    @property
    def _producers(self) -> dict[str, Node]:
        return self._index()[0]

    @property
    def _consumers(self) -> dict[str, list[tuple[Node, int]]]:
        return self._index()[1]

    @property
    def _by_name(self) -> dict[str, Node]:
        return self._index()[2]

    def _index(
        self,
    ) -> tuple[dict[str, Node], dict[str, list[tuple[Node, int]]], dict[str, Node]]:
        cached = self.__dict__.get("_index_cache")
        if cached is None:
            consumers: dict[str, list[tuple[Node, int]]] = {}
            for node in self.nodes:
                for position, value in enumerate(node.inputs):
                    consumers.setdefault(value, []).append((node, position))
            producers = {v: n for n in self.nodes for v in n.outputs}
            cached = (producers, consumers, {n.name: n for n in self.nodes})
            object.__setattr__(self, "_index_cache", cached)
        return cached


@dataclass
class Builder:
    """Collects nodes in order, infers their types, and hands out unique names."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    types: dict[str, TensorType] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def unique(self, wish: str) -> str:
        """Return `wish`, or `wish_2`, `wish_3`... when it is taken, and reserve it."""
        name, count = wish, 1
        while name in self._names:
            count += 1
            name = f"{wish}_{count}"
        self._names.add(name)
        return name

    def input(self, name: str, kind: TensorType) -> str:
        """Declare a graph input and return the name of its value."""
        value = self.unique(name)
        self.types[value] = kind
        self.inputs.append(value)
        return value

    def add(
        self,
        name: str,
        op: Op,
        inputs: tuple[str, ...],
        origin: Origin,
        types: tuple[TensorType, ...] | None = None,
    ) -> tuple[str, ...]:
        """Append a node and return the names of its outputs.

        The node is called `name` (made unique); its outputs carry the node's name, numbered when
        there are several. `types` overrides the inferred types (for example to attach a scale);
        shapes must agree and intervals must contain the inferred ones.

        Raises:
            InternalError: If the op refuses the inputs.
        """
        name = self.unique(name)
        kinds = tuple(self.types[v] for v in inputs)
        problems = op.problems(kinds)
        if problems:
            raise InternalError(f"node '{name}' ({op.family}) is not legal: {'; '.join(problems)}")
        inferred = op.infer(kinds)
        outputs = (
            (name,)
            if len(inferred) == 1
            else tuple(self.unique(f"{name}.{i}") for i in range(len(inferred)))
        )
        self.types.update(zip(outputs, types or inferred, strict=True))
        self.nodes.append(Node(name, op, tuple(inputs), outputs, origin))
        return outputs

    def copy(self, graph: Graph, node: Node, inputs: tuple[str, ...]) -> None:
        """Append `node` of `graph` unchanged except for its inputs, re-inferring its types.

        The output types keep the real-world meaning they had in `graph`. Intervals of its inputs
        may be tighter than they were there.
        """
        kinds = tuple(self.types[v] for v in inputs)
        op = node.op.narrowed(graph.input_types(node), kinds)
        inferred = op.infer(kinds)
        for value, new in zip(node.outputs, inferred, strict=True):
            old = graph.types[value]
            meaning_kept = old.shape == new.shape
            self.types[value] = (
                TensorType(new.shape, new.element, old.scale, old.zero_point)
                if meaning_kept
                else new
            )
            self._names.add(value)
        self._names.add(node.name)
        self.nodes.append(Node(node.name, op, tuple(inputs), node.outputs, node.origin))

    def build(self, outputs: tuple[str, ...]) -> Graph:
        """Freeze into a graph with the given output values."""
        return Graph(
            self.name, tuple(self.inputs), tuple(outputs), tuple(self.nodes), dict(self.types)
        )


def walk(graph: Graph) -> Iterator[tuple[Node, tuple[TensorType, ...], tuple[TensorType, ...]]]:
    """Yield every node with its input and output types, in order."""
    for node in graph.nodes:
        yield node, graph.input_types(node), graph.output_types(node)
