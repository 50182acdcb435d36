"""What the graphs of a file must hold before their nodes are looked at: sizes, names, no cycles."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import AttributeProto

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.budget import DEPTH, NODES

_Key = tuple[str, str]


def check_structure(proto: onnx.ModelProto, file: str) -> None:
    """Refuse models that cannot be walked through.

    Raises:
        CompileError: HW0122 for functions that call themselves and for graphs that stand too deep
            or have too many nodes, HW0123 for names that are defined twice, HW0126 for operator
            sets that nobody knows.
    """
    _check_opset(proto, file)
    total = _expanded_nodes(proto, file)
    if total > NODES:
        raise fail(
            "HW0122",
            f"'{file}' has {total:,} nodes, functions inlined",
            f"a model may have {NODES:,}",
            "check the exporter's output",
        )
    _check_names(proto.graph, file, frozenset())


def opset_of(proto: onnx.ModelProto) -> int:
    """Version of the standard operator set."""
    return next((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), 1)


def _check_opset(proto: onnx.ModelProto, file: str) -> None:
    newest, opset = onnx.defs.onnx_opset_version(), opset_of(proto)
    if not 1 <= opset <= newest:
        raise fail(
            "HW0126",
            f"'{file}' is written for version {opset} of the ONNX operators",
            f"the installed onnx {onnx.__version__} knows versions 1 to {newest}",
            f"export the model with opset_version={min(newest, 17)}, or install a newer onnx",
        )


def _graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def _expanded_nodes(proto: onnx.ModelProto, file: str) -> int:
    """Nodes of the main graph, with every function's in place of its calls."""
    bodies = {(f.domain, f.name): f for f in proto.functions}
    sizes: dict[_Key, int] = {}
    active: list[_Key] = []

    def count(nodes: list[onnx.NodeProto], depth: int) -> int:
        if depth > DEPTH:
            raise fail(
                "HW0122",
                f"'{file}' has graphs within graphs, more than {DEPTH} deep",
                "no exporter nests branches, loops and functions like that",
                "check the exporter's output",
            )
        total = 0
        for node in nodes:
            total += 1 + sum(count(list(g.node), depth + 1) for g in _graphs(node))
            key = (node.domain, node.op_type)
            if key in bodies:
                total += size(key, node, depth)
        return total

    def size(key: _Key, node: onnx.NodeProto, depth: int) -> int:
        if key in active:
            raise fail(
                "HW0122",
                f"the function '{key[1]}' calls itself",
                "a function of an ONNX file is a list of operators, and has no end then",
                "check the exporter's output",
                Origin(file, node.name or key[1], node.op_type),
            )
        if key not in sizes:
            active.append(key)
            sizes[key] = count(list(bodies[key].node), depth + 1)
            active.pop()
        return sizes[key]

    for key in bodies:  # the inliner reads those that nobody calls as well
        size(key, onnx.NodeProto(op_type=key[1]), 0)
    return count(list(proto.graph.node), 0)


def _check_names(graph: onnx.GraphProto, file: str, outside: frozenset[str]) -> None:
    """Every tensor has one definition; names of branches differ from those outside."""
    defined: dict[str, str] = {}
    inputs = [i.name for i in graph.input]
    stored = [t.name for t in graph.initializer]
    stored += [t.values.name for t in graph.sparse_initializer]
    for kind, names in (("graph input", inputs), ("initializer", stored)):
        seen: set[str] = set()
        for name in names:
            if name in seen or not name:
                raise _twice(name, kind, kind, file)
            seen.add(name)
            defined.setdefault(name, kind)  # an initializer may be an input's default
    for node in graph.node:
        label = f"node '{node.name}'" if node.name else node.op_type
        for name in (n for n in node.output if n):
            if name in defined or name in outside:
                raise _twice(name, defined.get(name, "graph around it"), label, file)
            defined[name] = label
        for inner in _graphs(node):
            _check_names(inner, file, outside | defined.keys())
    results = [o.name for o in graph.output]
    for name in results:
        if results.count(name) > 1 or not name:
            raise _twice(name, "graph output", "graph output", file)


def _twice(name: str, first: str, second: str, file: str) -> CompileError:
    if not name:
        return fail(
            "HW0123",
            f"one {first} of '{file}' has no name",
            "nothing can be wired to it",
            "run the model through onnx.checker and export it again",
        )
    return fail(
        "HW0123",
        f"the tensor '{name}' of '{file}' is defined twice: {first}, {second}",
        "nobody can say which one is meant",
        "run the model through onnx.checker and export it again",
    )
