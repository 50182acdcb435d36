"""The text form of a graph: `parse(to_text(graph))` is the same graph.

One block per node, one fact per line, so that two dumps can be compared with `diff`::

    graph digits
    input pixels : 8x8x1 int[0,15] scale [1.0] zero [0]
    node conv1 : conv.Conv
      inputs pixels
      attributes {"weights": {"shape": [1, 2], "data": [1, -1]}, "groups": 1}
      output conv1 : 6x6x16 int[-90,120] scale [1.0] zero [0]
      origin ["digits.onnx", "Conv_0", "Conv"]
    outputs conv1

Arrays of more than 64 elements are zlib-compressed little-endian int64 in base64.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from hwcompile.diagnostics import InternalError, Origin
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType

_INLINE_ELEMENTS = 64
_TYPE = re.compile(r"(\d+)x(\d+)x(\d+) (\S+) scale (\[.*\]) zero (\[.*\])\Z")
_INTERVAL = re.compile(r"int\[(-?\d+),(-?\d+)\]\Z")


def to_text(graph: Graph) -> str:
    """Print a graph; ends with a newline."""
    lines = [f"graph {graph.name}"]
    lines += [f"input {v} : {_type_text(graph.types[v])}" for v in graph.inputs]
    for node in graph.nodes:
        lines.append(f"node {node.name} : {node.op.family}.{type(node.op).__name__}")
        lines.append("  inputs " + " ".join(node.inputs))
        lines.append("  attributes " + json.dumps(_attributes(node.op)))
        lines += [f"  output {v} : {_type_text(graph.types[v])}" for v in node.outputs]
        origin = [node.origin.file, node.origin.node, node.origin.op_type]
        lines.append("  origin " + json.dumps(origin))
    lines.append("outputs " + " ".join(graph.outputs))
    return "\n".join(lines) + "\n"


def parse_graph(text: str, op_classes: dict[str, type[Op]]) -> Graph:
    """Parse the text form.

    Args:
        text: What `to_text` printed.
        op_classes: `"family.Class"` to class; see `hwcompile.ops.op_classes`.

    Raises:
        InternalError: Names the line that does not fit the form.
    """
    name = ""
    inputs: list[str] = []
    outputs: tuple[str, ...] = ()
    types: dict[str, TensorType] = {}
    nodes: list[Node] = []
    lines = _Lines(text)
    for word, rest in lines:
        if word == "graph":
            name = rest
        elif word == "input":
            inputs.append(_declare(rest, types, lines))
        elif word == "node":
            nodes.append(_parse_node(rest, types, lines, op_classes))
        elif word == "outputs":
            outputs = tuple(rest.split())
        else:
            raise lines.error("expected 'graph', 'input', 'node' or 'outputs'")
    return Graph(name, tuple(inputs), outputs, tuple(nodes), types)


class _Lines:
    """Iterates (first word, rest) over non-empty lines and remembers where it is."""

    def __init__(self, text: str) -> None:
        self._lines = [line.strip() for line in text.splitlines() if line.strip()]
        self._next = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._next < len(self._lines):
            yield self._take()

    def expect(self, word: str) -> str:
        """Take the next line, which must start with `word`, and return the rest."""
        got, rest = self._take() if self._next < len(self._lines) else ("", "")
        if got != word:
            raise self.error(f"expected '{word}'")
        return rest

    def starts_with(self, word: str) -> bool:
        """True when the next line starts with `word`."""
        return self._next < len(self._lines) and self._lines[self._next].startswith(word + " ")

    def error(self, what: str) -> InternalError:
        """An error about the line taken last."""
        return InternalError(f"line {self._next} of the text form: {what}")

    def _take(self) -> tuple[str, str]:
        line = self._lines[self._next]
        self._next += 1
        word, _, rest = line.partition(" ")
        return word, rest


def _parse_node(
    header: str, types: dict[str, TensorType], lines: _Lines, op_classes: dict[str, type[Op]]
) -> Node:
    name, _, kind = header.partition(" : ")
    if kind not in op_classes:
        raise lines.error(f"unknown operation '{kind}'")
    inputs = tuple(lines.expect("inputs").split())
    op = _build(op_classes[kind], json.loads(lines.expect("attributes")))
    outputs = []
    while lines.starts_with("output"):
        outputs.append(_declare(lines.expect("output"), types, lines))
    origin = Origin(*json.loads(lines.expect("origin")))
    return Node(name, op, inputs, tuple(outputs), origin)


def _declare(text: str, types: dict[str, TensorType], lines: _Lines) -> str:
    name, _, kind = text.partition(" : ")
    match = _TYPE.match(kind)
    if not match:
        raise lines.error(f"'{kind}' is not a tensor type")
    height, width, channels, element, scale, zero = match.groups()
    types[name] = TensorType(
        (int(height), int(width), int(channels)),
        _parse_element(element),
        tuple(json.loads(scale)),
        tuple(json.loads(zero)),
    )
    return name


def _type_text(kind: TensorType) -> str:
    return f"{kind} scale {json.dumps(list(kind.scale))} zero {json.dumps(list(kind.zero_point))}"


def _parse_element(text: str) -> IntType:
    if text == "bipolar":
        return BIPOLAR
    match = _INTERVAL.match(text)
    if not match:
        raise InternalError(f"'{text}' is not an element type")
    return IntType(int(match[1]), int(match[2]))


def _attributes(op: Op) -> dict[str, Any]:
    values = ((f.name, getattr(op, f.name)) for f in fields(op))  # type: ignore[arg-type]
    return {name: _to_json(value) for name, value in values}


def _to_json(value: object) -> object:
    if isinstance(value, np.ndarray):
        return _array_to_json(value)
    if isinstance(value, IntType):
        return {"type": str(value)}
    if isinstance(value, tuple):
        return [int(item) for item in value]
    if isinstance(value, str | bool):
        return value
    return int(value)  # type: ignore[call-overload]


def _array_to_json(array: IntArray) -> dict[str, object]:
    head: dict[str, object] = {"shape": list(array.shape)}
    if array.size <= _INLINE_ELEMENTS:
        return {**head, "data": array.ravel().tolist()}
    raw = np.ascontiguousarray(array, dtype="<i8").tobytes()
    return {**head, "zlib": base64.b64encode(zlib.compress(raw, 6)).decode()}


def _build(op_class: type[Op], attributes: dict[str, Any]) -> Op:
    return op_class(**{name: _from_json(value) for name, value in attributes.items()})


def _from_json(value: Any) -> object:
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, dict):
        return value
    if "type" in value:
        return _parse_element(value["type"])
    if "data" in value:
        data = np.array(value["data"], dtype=np.int64)
    else:
        raw = zlib.decompress(base64.b64decode(value["zlib"]))
        data = np.frombuffer(raw, dtype="<i8").astype(np.int64)
    return data.reshape(value["shape"])
