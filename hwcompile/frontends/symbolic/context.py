"""The state of one interpretation: the graph under construction and what was learnt about it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Protocol, cast

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.model import Array, SourceModel, SourceNode
from hwcompile.frontends.names import identifier
from hwcompile.frontends.rounding import EXACT, MODEL
from hwcompile.frontends.symbolic.arranging import is_canonical, is_permutation
from hwcompile.ir.graph import Builder
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.reshape.op import Reshape
from hwcompile.rnn.description import Description
from hwcompile_runtime.host import HostInput

_Key = tuple[str, tuple[Hashable, ...], tuple[str, ...], TensorType | None]


def _contents(op: Op) -> tuple[Hashable, ...]:
    """The fields of an operation, comparable."""
    values = [getattr(op, f.name) for f in fields(op)]  # type: ignore[arg-type]
    return tuple(
        (v.shape, v.tobytes()) if isinstance(v, np.ndarray) else cast(Hashable, v) for v in values
    )


_ROLES = {"threshold": "quant", "table": "quant"}
"""What a node's second operation is called; by default, its family."""


class FixedBatch(Protocol):
    """Which axis of each tensor is the batch that the file fixes."""

    def in_file(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that the file means where the network has `shape`."""


@dataclass
class Context:
    """What handlers share.

    Attributes:
        model: The source model.
        builder: The graph under construction.
        layouts: For graph inputs (by number) whose natural order would cost a permutation in
            hardware: the positions of the natural order in the order that the network wants,
            int64 [H, W, C].
        wishes: Permutations of graph inputs that this interpretation met; become `layouts` of
            the next one.
        bounds: For values whose channels reach different intervals: (low, high), int64 [C].
        frames: Which axis of each tensor is the batch that the file fixes, if it does.
        formats: Number formats of recurrent nodes, see `hwcompile.rnn.description`.
        roundings: Mode by quantizer, "" for all others; see `hwcompile.frontends.rounding`.
        rounded: Nodes that had a rounding to choose.
        inputs: How the host makes the network's inputs.
        notes: Remarks for the user.
    """

    model: SourceModel
    builder: Builder
    layouts: Mapping[int, IntArray] = field(default_factory=dict)
    wishes: dict[int, IntArray] = field(default_factory=dict)
    bounds: dict[str, tuple[IntArray, IntArray]] = field(default_factory=dict)
    frames: FixedBatch | None = None
    formats: Description = field(default_factory=dict)
    roundings: Mapping[str, str] = field(default_factory=dict)
    rounded: set[str] = field(default_factory=set)
    inputs: list[HostInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _arranged: dict[tuple[str, tuple[int, ...], bytes, int], str] = field(default_factory=dict)
    _from_input: dict[str, str] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)
    _emitted: dict[_Key, str] = field(default_factory=dict)

    def rounds_once(self, node: SourceNode) -> bool:
        """The user wishes that a quantizer rounds the exact number, instead of float32's."""
        return self.roundings.get(node.name, self.roundings.get("", MODEL)) == EXACT

    def type(self, value: str) -> TensorType:
        """The type of an IR value."""
        return self.builder.types[value]

    def emit(
        self,
        node: SourceNode,
        op: Op,
        inputs: tuple[str, ...],
        role: str = "",
        kind: TensorType | None = None,
    ) -> str:
        """Append an operation that comes from `node` and return its (first) output.

        The same operation on the same values is built once: exporters like to repeat quantizers
        for each consumer.

        Args:
            node: The source node; gives the name and the origin.
            op: The operation.
            inputs: IR values.
            role: Appended to the name of helpers beside a node's main operation.
            kind: The output's type with its meaning, when it is not the inferred one.
        """
        key = (type(op).__name__, _contents(op), inputs, kind)
        if key in self._emitted:
            return self._emitted[key]
        if not role and node.name in self._named:
            role = _ROLES.get(op.family, op.family)
        elif not role:
            self._named.add(node.name)
        name = identifier(node.name, node.op_type) + (f"_{role}" if role else "")
        types = None if kind is None else (kind,)
        value = self.builder.add(name, op, inputs, node.origin, types)[0]
        self._emitted[key] = value
        return value

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is emitted meanwhile is not used again for what is emitted later."""
        known = dict(self._emitted), dict(self._arranged)
        try:
            yield
        finally:
            self._emitted, self._arranged = known

    def describe(self, value: str, scale: Array, zero_point: IntArray) -> None:
        """Note what the integers of an IR value mean; constants are per channel."""
        kind = self.type(value)
        if np.all(scale == scale[0]) and np.all(zero_point == zero_point[0]):
            scale, zero_point = scale[:1], zero_point[:1]
        self.builder.types[value] = TensorType(
            kind.shape,
            kind.element,
            tuple(float(s) for s in scale),
            tuple(int(z) for z in zero_point),
        )

    def follow(self, value: str, source: str) -> None:
        """Note that `value` is `source`, element by element: it has the same order."""
        if source in self._from_input:
            self._from_input[value] = self._from_input[source]
        elif source in self.builder.inputs:
            self._from_input[value] = source

    def arrange(self, value: str, wanted: IntArray, fill: int, node: SourceNode) -> str:
        """The IR value with the elements of `value` in the order `wanted`.

        Free when only the shape changes; a `Gather` otherwise.

        Args:
            value: An IR value.
            wanted: int64 [H, W, C], flat positions in `value`, -1 for `fill`.
            fill: The integer at places that come from nowhere.
            node: Who wants it.

        Raises:
            CompileError: HW0234 when all elements come from nowhere.
        """
        kind = self.type(value)
        shape = (int(wanted.shape[0]), int(wanted.shape[1]), int(wanted.shape[2]))
        free = is_canonical(wanted, kind.size)
        if free and shape == kind.shape:
            return value
        key = (value, shape, b"" if free else np.ascontiguousarray(wanted).tobytes(), fill)
        if key not in self._arranged:
            self._arranged[key] = self._rearranged(value, wanted, shape, fill, free, node)
        return self._arranged[key]

    def _rearranged(
        self,
        value: str,
        wanted: IntArray,
        shape: tuple[int, int, int],
        fill: int,
        free: bool,
        node: SourceNode,
    ) -> str:
        if free:
            result = self.emit(node, Reshape(shape), (value,), "reshape")
            if value in self.bounds and shape[2] == self.type(value).channels:
                self.bounds[result] = self.bounds[value]
            return result
        source = self._from_input.get(value, value if value in self.builder.inputs else None)
        if source is not None and is_permutation(wanted, self.type(value).size):
            self.wishes.setdefault(self.builder.inputs.index(source), wanted)
        if int(wanted.max(initial=-1)) < 0:
            raise fail(
                "HW0234",
                f"this {node.op_type} cannot be built: it reads padding alone",
                "no element of its operand comes from the model's input",
                "check the pads and the slices in front of it",
                node.origin,
            )
        op = Gather(np.ascontiguousarray(wanted, dtype=np.int64), int(fill))
        return self.emit(node, op, (value,), "order")

    def shape_in_file(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that the file means where the network, for one frame, has `shape`."""
        return shape if self.frames is None else self.frames.in_file(name, shape)

    def input(self, wish: str, kind: TensorType) -> str:
        """Declare a graph input; its name comes from the source model's."""
        return self.builder.input(identifier(wish, "in"), kind)

    def note(self, text: str, origin: Origin) -> None:
        """Tell the user something that is not an error, once."""
        line = f"{origin}: {text}"
        if line not in self.notes:
            self.notes.append(line)
