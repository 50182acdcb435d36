"""Symbolic interpretation of a source model, node by node, into a graph on integers.

Handlers are looked up by operator type. A handler that raises `CompileError` fails its node alone;
everything that depends on the node is skipped silently, so that one run finds every problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.reading.nodes import source_graph
from hwcompile.frontends.symbolic.attributes import Attribute, check_opset, unread_attributes
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.contrib import is_invented
from hwcompile.frontends.symbolic.folding import fold
from hwcompile.frontends.symbolic.legality import Legality, Verdict
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    QuantizedConstant,
    Value,
    constant_of,
    shape_of,
)

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
        attributes: How each attribute is treated; None for operators that are always refused.
    """

    handler: Handler
    folds: bool = True
    keeps: bool = False
    domains: frozenset[str] = STANDARD_DOMAINS
    attributes: Mapping[str, Attribute] | None = None


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

    Raises:
        NotFramesError: If the batch of the file can not be taken as frames.
        CompileError: HW0263 for an operator set whose meaning is not implemented.
    """
    check_opset(ctx.model.file, ctx.model.nodes, ctx.model.opset)
    run = _Interpreter(ctx, operators, start)
    run.walk(ctx.model.nodes)
    return run.values, run.problems


class _Interpreter:
    """The values so far, and what was found wrong."""

    def __init__(
        self, ctx: Context, operators: Mapping[str, Operator], start: Mapping[str, Value]
    ) -> None:
        self._ctx, self._operators = ctx, operators
        self._legality = Legality(ctx.model, ctx.frames)
        self.values: dict[str, Value] = {k: Constant(v) for k, v in ctx.model.constants.items()}
        self.values.update(start)
        self.problems: list[Diagnostic] = []

    def walk(self, nodes: Sequence[SourceNode]) -> None:
        """Run nodes one after the other."""
        for node in nodes:
            try:
                results = self._results(node)
            except CompileError as error:
                self.problems += [_located(d, node) for d in error.diagnostics]
                results = []
            for position, name in enumerate(node.outputs):
                if name:
                    self.values[name] = results[position] if position < len(results) else Failed()

    def _results(self, node: SourceNode) -> Sequence[Value]:
        inputs = [self.values[name] if name else None for name in node.inputs]
        if any(isinstance(v, Failed) for v in inputs):
            return []
        if node.op_type == "If" and node.domain == "":
            return self._branch(node, inputs)
        as_written, inputs = inputs, self._for_one_frame(node, inputs)
        verdict = self._legality.judge(node, inputs, as_written)
        try:
            results = self._run(node, inputs, verdict)
        except (CompileError, NotImplementedError):
            raise
        except Exception as error:
            if verdict.illegal or _lacks_attribute(node, error):
                raise CompileError([_malformed(node, error, verdict)]) from error
            raise
        if verdict.illegal and not all(isinstance(v, Failed) for v in results):
            raise CompileError([verdict.diagnostic(node)])
        self._legality.settle(node, verdict, results)
        self._follow_frames(node, inputs, results, verdict)
        return results

    def _run(
        self, node: SourceNode, inputs: list[Value | None], verdict: Verdict
    ) -> Sequence[Value]:
        operator = _operator(self._operators, node)
        folds = operator is None or operator.folds
        outside = [self.values[name] for name in node.captures]
        constant = all(
            v is None or isinstance(v, Constant | QuantizedConstant) for v in (*inputs, *outside)
        )
        if constant and folds and not _keeps_weights(operator, inputs):
            arrays = [None if v is None else constant_of(v) for v in inputs]
            known = {n: constant_of(self.values[n]) for n in node.captures}
            captured = {n: array for n, array in known.items() if array is not None}
            self._legality.afford(node, verdict, arrays)
            return [Constant(a) for a in fold(self._ctx.model, node, arrays, captured)]
        if operator is None:
            domain = f" of domain '{node.domain}'" if node.domain else ""
            raise fail(
                "HW0201",
                f"the operator {node.op_type}{domain} is not supported",
                "there is no hardware for it",
                "replace it by supported operators; `hwcompile ops` lists them",
                node.origin,
            )
        if operator.attributes is not None:
            unread = unread_attributes(node, self._ctx.model.opset, operator.attributes)
            if unread:
                raise CompileError(unread)
        return operator.handler(self._ctx, node, inputs)

    def _branch(self, node: SourceNode, inputs: Sequence[Value | None]) -> Sequence[Value]:
        """The results of the branch that a constant condition takes.

        Raises:
            CompileError: HW0280 when the condition is computed while the network runs.
        """
        condition = constant_of(inputs[0]) if inputs else None
        if condition is None or condition.size != 1:
            raise fail(
                "HW0280",
                "this If chooses its branch while the network runs",
                "hardware is one circuit, and only a constant condition says which",
                "export the model with fixed shapes, or simplify it with onnxsim",
                node.origin,
            )
        name = "then_branch" if condition.reshape(-1)[0] else "else_branch"
        proto = node.attributes.get(name)
        if not isinstance(proto, onnx.GraphProto) or len(proto.output) < len(node.outputs):
            raise CompileError([Verdict(f"there is no whole {name}").diagnostic(node)])
        branch = source_graph(proto, self._ctx.model.file, self.values)
        self.values.update({k: Constant(v) for k, v in branch.constants.items()})
        self.walk(branch.nodes)
        for result, source in zip(node.outputs, branch.outputs, strict=False):
            self._legality.alias(result, source)
            if self._ctx.frames is not None:
                self._ctx.frames.alias(result, source)
        return [self.values[output] for output in branch.outputs]

    def _for_one_frame(self, node: SourceNode, inputs: list[Value | None]) -> list[Value | None]:
        """The inputs, with the target of a Reshape for one frame instead of the file's batch."""
        frames = self._ctx.frames
        if frames is None or len(inputs) < 2 or inputs[0] is None or inputs[1] is None:
            return inputs
        target = constant_of(inputs[1])
        if target is None or target.dtype.kind != "i":
            return inputs
        changed = frames.one_frame(node, shape_of(inputs[0]), target)
        return inputs if changed is target else [inputs[0], Constant(changed), *inputs[2:]]

    def _follow_frames(
        self,
        node: SourceNode,
        inputs: Sequence[Value | None],
        results: Sequence[Value],
        verdict: Verdict,
    ) -> None:
        frames = self._ctx.frames
        first = next((v for v in inputs if v is not None), None)
        if frames is None or first is None:
            return
        if node.op_type in ("Shape", "Size"):
            return
        if node.op_type == "Slice" and len(inputs) > 4:
            axes, steps = (None if v is None else constant_of(v) for v in inputs[3:5])
            frames.check_steps(node, len(shape_of(first)), axes, steps)
        here = [None if isinstance(v, Failed) else shape_of(v) for v in (first, *results)]
        file = [verdict.file.get(name) for name in node.outputs]
        frames.follow(node, here, file, self._ctx.model.opset)


def _located(diagnostic: Diagnostic, node: SourceNode) -> Diagnostic:
    if diagnostic.origin is not None:
        return diagnostic
    return Diagnostic(diagnostic.code, diagnostic.what, diagnostic.why, diagnostic.fix, node.origin)


def _lacks_attribute(node: SourceNode, error: Exception) -> bool:
    return (
        isinstance(error, KeyError)
        and isinstance(error.args[0], str)
        and error.args[0] not in node.attributes
        and error.args[0].isidentifier()
    )


def _malformed(node: SourceNode, error: Exception, verdict: Verdict) -> Diagnostic:
    """The refusal of a node that a handler could not read because it is not legal."""
    if not _lacks_attribute(node, error):
        return verdict.diagnostic(node)
    return Diagnostic(
        "HW0107",
        f"this {node.op_type} lacks the attribute '{error.args[0]}'",
        "",
        "repair the exporter's output",
        node.origin,
    )


def _operator(operators: Mapping[str, Operator], node: SourceNode) -> Operator | None:
    """The operator of a node; other domains' operators of the same name are other operators."""
    found = operators.get(node.op_type)
    if found is None or node.domain not in found.domains or is_invented(node):
        return None
    return found


def _keeps_weights(operator: Operator | None, inputs: list[Value | None]) -> bool:
    return (
        operator is not None
        and operator.keeps
        and any(isinstance(v, QuantizedConstant) for v in inputs)
    )
