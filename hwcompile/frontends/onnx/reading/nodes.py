"""Nodes with their attributes as Python values, and the tensors that a graph keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np
import onnx
from onnx import AttributeProto, numpy_helper

from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail
from hwcompile.frontends.budget import LARGEST, SPARSE, STORED, too_large
from hwcompile.frontends.model import Array, Attribute, SourceGraph, SourceNode

_FIELDS = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
    AttributeProto.STRING: "s",
    AttributeProto.TENSOR: "t",
    AttributeProto.GRAPH: "g",
    AttributeProto.SPARSE_TENSOR: "sparse_tensor",
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
    AttributeProto.STRINGS: "strings",
}
"""Where each kind of attribute keeps its value; lists of tensors and graphs are nobody's."""


def dense_tensor(tensor: onnx.TensorProto, origin: Origin) -> Array:
    """The numbers of a tensor of the file.

    Raises:
        CompileError: HW0127 when the tensor is damaged or holds no numbers, HW0121 when it is too
            large.
    """
    shape = tuple(tensor.dims)
    if any(size < 0 for size in shape):
        raise _damaged(tensor.name, f"its shape is {list(shape)}", origin)
    if prod(shape) > STORED:
        raise too_large(f"the constant '{tensor.name}'", shape, STORED, origin)
    try:
        array = np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:  # whatever numpy and onnx raise
        raise _damaged(tensor.name, _first_line(error), origin) from error
    if array.dtype.kind in "OUSc":
        raise fail(
            "HW0127",
            f"the constant '{tensor.name}' holds no real numbers",
            f"its elements are {'complex numbers' if array.dtype.kind == 'c' else 'texts'}",
            "remove the part of the model that uses it",
            origin,
        )
    if array.shape != shape:
        raise _damaged(tensor.name, f"{array.size} elements are no {list(shape)}", origin)
    return array


def expanded(sparse: onnx.SparseTensorProto, origin: Origin) -> Array:
    """A sparse tensor with its zeros.

    ONNX's SparseTensorProto: `indices` are [NNZ] positions in row-major order, or [NNZ, rank]
    coordinates.

    Raises:
        CompileError: HW0127 when it is damaged, HW0121 when it is too large.
    """
    name, shape = sparse.values.name, tuple(sparse.dims)
    if any(size < 0 for size in shape):
        raise _damaged(name, f"its shape is {list(shape)}", origin)
    values, indices = dense_tensor(sparse.values, origin), dense_tensor(sparse.indices, origin)
    limit = min(STORED, max(LARGEST, SPARSE * values.size))
    if prod(shape) > limit:
        raise too_large(f"the sparse constant '{name}'", shape, limit, origin)
    if values.ndim != 1 or indices.dtype != np.int64 or indices.ndim not in (1, 2):
        raise _damaged(name, "its values and indices are no lists", origin)
    fits = indices.shape == (values.size, len(shape))[: indices.ndim]
    limits = np.array(shape if indices.ndim == 2 else prod(shape), dtype=np.int64)
    if not fits or np.any(indices < 0) or np.any(indices >= limits):
        raise _damaged(name, f"its indices do not fit the shape {list(shape)}", origin)
    result = np.zeros(shape, dtype=values.dtype)
    if indices.ndim == 2:
        result[tuple(indices.T)] = values
    else:
        result.reshape(-1)[indices] = values
    return result


def _damaged(name: str, why: str, origin: Origin) -> CompileError:
    return fail(
        "HW0127",
        f"the constant '{name}' is damaged",
        why,
        "export or download the model again",
        origin,
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def attribute_value(attribute: AttributeProto, origin: Origin) -> Attribute:
    """The Python value: numbers, texts, lists of them, arrays, or a graph.

    Raises:
        CompileError: HW0107 when it has no value of its type, HW0127 and HW0121 for tensors.
    """
    field = _FIELDS.get(attribute.type)
    if field is None or attribute.ref_attr_name:
        raise fail(
            "HW0107",
            f"the attribute '{attribute.name}' has no value",
            f"its type is {attribute.type}" if field is None else "it refers to a function's",
            "repair the exporter's output",
            origin,
        )
    value = getattr(attribute, field)
    if field == "t":
        return dense_tensor(value, origin)
    if field == "sparse_tensor":
        return expanded(value, origin)
    if field == "s":
        return str(value.decode(errors="replace"))
    if field == "strings":
        return [v.decode(errors="replace") for v in value]
    return list(value) if field in ("floats", "ints") else value


def source_node(proto: onnx.NodeProto, file: str) -> SourceNode:
    """The node, named by its first output where it has no name.

    Raises:
        CompileError: As `attribute_value`, and HW0107 for an attribute that is given twice.
    """
    name = proto.name or next((o for o in proto.output if o), proto.op_type)
    origin = Origin(file, name, proto.op_type)
    names = [a.name for a in proto.attribute]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise fail(
            "HW0107",
            f"the attribute '{twice}' is given twice",
            "",
            "repair the exporter's output",
            origin,
        )
    return SourceNode(
        name=name,
        op_type=proto.op_type,
        domain="" if proto.domain == "ai.onnx" else proto.domain,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        attributes={a.name: attribute_value(a, origin) for a in proto.attribute},
        origin=origin,
        captures=tuple(captured(proto)),
        entry=proto,
    )


def proto_of(node: SourceNode) -> onnx.NodeProto:
    """The node as it is in the file; empty for one that is not."""
    return node.entry if isinstance(node.entry, onnx.NodeProto) else onnx.NodeProto()


def captured(proto: onnx.NodeProto) -> Iterator[str]:
    """Names outside that the graphs in a node's attributes use."""
    for attribute in proto.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield from _free_names(attribute.g)


def _free_names(graph: onnx.GraphProto) -> Iterator[str]:
    known = {i.name for i in graph.input} | {t.name for t in graph.initializer}
    known |= {t.values.name for t in graph.sparse_initializer}
    for node in graph.node:
        yield from (n for n in (*node.input, *captured(node)) if n and n not in known)
        known.update(node.output)
    yield from (o.name for o in graph.output if o.name not in known)


def source_graph(proto: onnx.GraphProto, file: str, known: Iterable[str]) -> SourceGraph:
    """The nodes that an output depends on, in order, and the constants they use.

    Args:
        proto: The graph.
        file: The file's name, for messages.
        known: Names that are defined outside, the graph's inputs included.

    Raises:
        CompileError: HW0106 for names that nothing defines, and what `source_node` raises.
    """
    problems: list[Diagnostic] = []
    outputs = tuple(o.name for o in proto.output)
    nodes = []
    for node in _live(proto.node, outputs):
        try:
            nodes.append(source_node(node, file))
        except CompileError as error:
            problems += error.diagnostics
    used = {n for node in nodes for n in (*node.inputs, *node.captures)} | set(outputs)
    constants: dict[str, Array] = {}
    stored = {t.name for t in proto.initializer} | {t.values.name for t in proto.sparse_initializer}
    for tensor in (*proto.initializer, *proto.sparse_initializer):
        sparse = isinstance(tensor, onnx.SparseTensorProto)
        name = tensor.values.name if sparse else tensor.name
        if name in used:
            try:
                origin = Origin(file, name, "initializer")
                constants[name] = (expanded if sparse else dense_tensor)(tensor, origin)
            except CompileError as error:
                problems += error.diagnostics
    problems += _undefined(nodes, outputs, {*known, *stored}, file) if not problems else []
    if problems:
        raise CompileError(problems)
    return SourceGraph(outputs, constants, tuple(nodes))


def _live(nodes: Iterable[onnx.NodeProto], outputs: Iterable[str]) -> list[onnx.NodeProto]:
    """The nodes that an output needs; exporters leave unused shape computations behind."""
    needed = set(outputs)
    kept: list[onnx.NodeProto] = []
    for node in reversed(list(nodes)):
        if needed.intersection(o for o in node.output if o):
            needed.update(i for i in (*node.input, *captured(node)) if i)
            kept.append(node)
    return kept[::-1]


def _undefined(
    nodes: list[SourceNode], outputs: tuple[str, ...], known: set[str], file: str
) -> Iterator[Diagnostic]:
    """One problem per tensor that is used before anything defines it."""
    for node in nodes:
        for name in (*node.inputs, *node.captures):
            if name and name not in known:
                known.add(name)
                yield Diagnostic(
                    "HW0106",
                    f"the input '{name}' is not defined before this node",
                    "nodes of an ONNX file must be in topological order",
                    "run the model through onnx.checker and export it again",
                    node.origin,
                )
        known.update(node.outputs)
    for name in outputs:
        if name not in known:
            yield Diagnostic(
                "HW0124",
                "no node makes this output",
                "",
                "run the model through onnx.checker and export it again",
                Origin(file, name, "graph output"),
            )
