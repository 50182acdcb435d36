"""The verifier: is this graph well-formed? Runs after every pass."""

from __future__ import annotations

import re

from hwcompile.diagnostics import InternalError
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import IntType

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")


def verify(graph: Graph, after: str = "construction") -> None:
    """Check structure, types and ranges of a graph.

    Structure: names are legal and unique, every use follows its definition, every value is typed.
    Types: every op accepts its inputs, declared shapes equal inferred ones, declared intervals
    contain inferred ones (a pass may widen, never narrow).

    Raises:
        InternalError: Names the pass and every problem found; broken IR is the compiler's fault.
    """
    problems = _structure(graph)
    if not problems:
        problems = [text for node in graph.nodes for text in _typing(graph, node)]
    if problems:
        lines = "\n  ".join(problems)
        raise InternalError(f"graph '{graph.name}' is broken after {after}:\n  {lines}")


def _structure(graph: Graph) -> list[str]:
    problems: list[str] = []
    defined: set[str] = set()
    names: set[str] = set()

    def define(value: str, what: str) -> None:
        if not _NAME.match(value):
            problems.append(f"{what} '{value}' is not a legal name")
        if value in defined:
            problems.append(f"{what} '{value}' is defined twice")
        if value not in graph.types:
            problems.append(f"{what} '{value}' has no type")
        defined.add(value)

    for value in graph.inputs:
        define(value, "input")
    for node in graph.nodes:
        if node.name in names:
            problems.append(f"two nodes are called '{node.name}'")
        names.add(node.name)
        problems += [
            f"node '{node.name}' reads '{value}' before it is defined"
            for value in node.inputs
            if value not in defined
        ]
        for value in node.outputs:
            define(value, f"output of node '{node.name}'")
    problems += [f"output '{v}' is not defined" for v in graph.outputs if v not in defined]
    problems += [f"type of unknown value '{v}'" for v in graph.types if v not in defined]
    return problems


def _typing(graph: Graph, node: Node) -> list[str]:
    inputs = graph.input_types(node)
    problems = [f"node '{node.name}': {text}" for text in node.op.problems(inputs)]
    if problems:
        return problems
    inferred = node.op.infer(inputs)
    if len(inferred) != len(node.outputs):
        return [f"node '{node.name}' has {len(node.outputs)} outputs for {len(inferred)} results"]
    for value, want in zip(node.outputs, inferred, strict=True):
        have = graph.types[value]
        if have.shape != want.shape:
            problems.append(f"'{value}' has shape {have.shape}, its op gives {want.shape}")
        if not _contains(have.element, want.element):
            problems.append(f"'{value}' is {have.element}, its op can give {want.element}")
    return problems


def _contains(outer: IntType, inner: IntType) -> bool:
    if outer.encoding is not inner.encoding:
        return False
    return outer.low <= inner.low and outer.high >= inner.high
