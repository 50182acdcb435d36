"""Symbolic interpretation of a source model, node by node, into a graph on integers.

Handlers are looked up by operator type. A handler that raises `CompileError` fails its node alone;
everything that depends on the node is skipped silently, so that one run finds every problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import checker, helper
from onnx.reference import ReferenceEvaluator

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.model import SourceModel, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Constant, Failed, QuantizedConstant, Value

Handler = Callable[[Context, SourceNode, Sequence[Value | None]], Sequence[Value]]

STANDARD_DOMAINS = frozenset({"", "com.microsoft"})
QONNX_DOMAINS = frozenset(
    {
        "onnx.brevitas",
        "qonnx.custom_op.general",
        "finn.custom_op.general",
    }
)


@dataclass(frozen=True)
class Operator:
    """How the interpreter treats an operator type.

    Attributes:
        handler: Makes abstract outputs from abstract inputs.
        folds: True when constant inputs are evaluated by onnx's reference implementation
            instead of the handler.
        keeps: True when the handler keeps the integers of quantized weights.
        domains: Operator domains where the name has this meaning.
    """

    handler: Handler
    folds: bool = True
    keeps: bool = False
    domains: frozenset[str] = STANDARD_DOMAINS


def interpret(
    ctx: Context, operators: Mapping[str, Operator], start: Mapping[str, Value]
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """Run all nodes.

    Args:
        ctx: State; its builder receives the nodes.
        operators: By operator type.
        start: Values of the model's inputs.

    Returns:
        Values by tensor name, and everything that was found wrong.
    """
    values: dict[str, Value] = {k: Constant(v) for k, v in ctx.model.constants.items()}
    values.update(start)
    problems: list[Diagnostic] = []
    for node in ctx.model.nodes:
        inputs = [values[name] if name else None for name in node.inputs]
        if any(isinstance(v, Failed) for v in inputs):
            results: Sequence[Value] = [Failed()] * len(node.outputs)
        else:
            try:
                results = _run(ctx, operators, node, inputs)
            except CompileError as error:
                problems += [_located(d, node) for d in error.diagnostics]
                results = [Failed()] * len(node.outputs)
            except (LookupError, ValueError, TypeError, AssertionError) as error:
                problems.append(_malformed(ctx.model, node, error))
                results = [Failed()] * len(node.outputs)
        for position, name in enumerate(node.outputs):
            if name:
                values[name] = results[position] if position < len(results) else Failed()
    return values, problems


def _located(diagnostic: Diagnostic, node: SourceNode) -> Diagnostic:
    if diagnostic.origin is not None:
        return diagnostic
    return Diagnostic(diagnostic.code, diagnostic.what, diagnostic.why, diagnostic.fix, node.origin)


def _malformed(model: SourceModel, node: SourceNode, error: Exception) -> Diagnostic:
    """What ONNX's checker says about a node that a handler could not read.

    Raises:
        Exception: `error`, when the checker finds nothing: then the handler is wrong.
    """
    if isinstance(error, KeyError) and error.args[0] not in node.attributes:
        return Diagnostic(
            "HW0107",
            f"this {node.op_type} lacks the attribute '{error.args[0]}'",
            "",
            "repair the exporter's output",
            node.origin,
        )
    context = checker.C.CheckerContext()
    context.ir_version = 8
    context.opset_imports = {"": model.opset, node.domain or "": model.opset}
    try:
        checker.check_node(node.proto, context)
    except checker.ValidationError as found:
        said = str(found).strip().splitlines()[0]
        return Diagnostic(
            "HW0107",
            f"this {node.op_type} is not legal ONNX",
            f"onnx.checker says '{said}'",
            "repair the exporter's output",
            node.origin,
        )
    raise error


def _run(
    ctx: Context,
    operators: Mapping[str, Operator],
    node: SourceNode,
    inputs: list[Value | None],
) -> Sequence[Value]:
    operator = _operator(operators, node)
    folds = operator is None or operator.folds
    constant = all(v is None or isinstance(v, Constant | QuantizedConstant) for v in inputs)
    if constant and folds and not _keeps_weights(operator, inputs):
        return _fold(ctx.model, node, inputs)
    if operator is None:
        domain = f" of domain '{node.domain}'" if node.domain else ""
        raise fail(
            "HW0201",
            f"the operator {node.op_type}{domain} is not supported",
            "there is no hardware for it",
            "replace it by supported operators; `hwcompile ops` lists them",
            node.origin,
        )
    return operator.handler(ctx, node, inputs)


def _operator(operators: Mapping[str, Operator], node: SourceNode) -> Operator | None:
    """The operator of a node; other domains' operators of the same name are other operators."""
    found = operators.get(node.op_type)
    if found is None or node.domain in found.domains:
        return found
    return None


def _keeps_weights(operator: Operator | None, inputs: list[Value | None]) -> bool:
    return (
        operator is not None
        and operator.keeps
        and any(isinstance(v, QuantizedConstant) for v in inputs)
    )


def _fold(model: SourceModel, node: SourceNode, inputs: list[Value | None]) -> list[Value]:
    """Constant results, by onnx's reference implementation."""
    arrays = [v.array if isinstance(v, Constant | QuantizedConstant) else None for v in inputs]
    try:
        return [Constant(np.asarray(a)) for a in _evaluate(model, node, arrays)]
    except Exception as error:  # the reference implementation raises whatever numpy raises
        raise fail(
            "HW0201",
            f"the constant operator {node.op_type} cannot be evaluated",
            f"the reference implementation says '{error}'",
            "fold the constants of the model with onnxsim, or remove the operator",
            node.origin,
        ) from error


def _evaluate(model: SourceModel, node: SourceNode, arrays: list[Any]) -> list[Any]:
    if node.op_type == "Constant":
        return [_constant_value(node)]
    names = [name for name in node.inputs if name]
    unique = list(dict.fromkeys(names))
    graph = helper.make_graph(
        [node.proto],
        "folded",
        [helper.make_value_info(n, helper.make_tensor_type_proto(0, None)) for n in unique],
        [helper.make_value_info(n, helper.make_tensor_type_proto(0, None)) for n in node.outputs],
    )
    domains = {"": model.opset} | ({node.domain: 1} if node.domain else {})
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(d, v) for d, v in domains.items()]
    )
    feeds = {name: a for name, a in zip(node.inputs, arrays, strict=True) if name}
    return list(ReferenceEvaluator(proto).run(list(node.outputs), feeds))


def _constant_value(node: SourceNode) -> Any:
    for name, dtype in (("value_float", np.float32), ("value_floats", np.float32),
                        ("value_int", np.int64), ("value_ints", np.int64)):  # fmt: skip
        if name in node.attributes:
            return np.array(node.attributes[name], dtype=dtype)
    return node.attributes["sparse_value" if "sparse_value" in node.attributes else "value"]
