"""Symbolic interpretation of a source model, node by node, into a graph on integers.

The source format says what it says about nodes (`Dialect`), and which handler builds one. A handler
that raises `CompileError` fails its node alone; everything that depends on the node is skipped
silently, so that one run finds every problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from hwcompile.diagnostics import CompileError, Diagnostic, fail
from hwcompile.frontends.model import LacksAttributeError, SourceNode
from hwcompile.frontends.symbolic.branching import Branching
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Dialect, Treatment, Verdict
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    QuantizedConstant,
    Value,
    constant_of,
)


def interpret(
    ctx: Context, dialect: Dialect, start: Mapping[str, Value]
) -> tuple[dict[str, Value], list[Diagnostic]]:
    """Run all nodes.

    Args:
        ctx: State; its builder receives the nodes.
        dialect: The format of the model.
        start: Values of the model's inputs.

    Returns:
        Values by tensor name, and everything that was found wrong.
    """
    run = _Interpreter(ctx, dialect, start)
    run.walk(ctx.model.nodes)
    return run.values, run.problems


class _Interpreter:
    """The values so far, and what was found wrong."""

    def __init__(self, ctx: Context, dialect: Dialect, start: Mapping[str, Value]) -> None:
        self._ctx, self._dialect = ctx, dialect
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
        if self._dialect.chooses(node):
            return self._branch(node, inputs)
        as_written, inputs = inputs, self._dialect.one_frame(node, inputs)
        verdict = self._dialect.judge(node, inputs, as_written)
        try:
            results = self._run(node, inputs, verdict)
        except (CompileError, NotImplementedError):
            raise
        except Exception as error:
            if verdict.illegal or isinstance(error, LacksAttributeError):
                raise CompileError([self._malformed(node, error, verdict)]) from error
            raise
        if verdict.illegal and not all(isinstance(v, Failed) for v in results):
            raise CompileError([self._dialect.refusal(node, verdict.illegal)])
        self._dialect.settle(node, verdict, inputs, results)
        return results

    def _run(
        self, node: SourceNode, inputs: list[Value | None], verdict: Verdict
    ) -> Sequence[Value]:
        operator = self._dialect.treatment(node)
        folds = operator is None or operator.folds
        outside = [self.values[name] for name in node.captures]
        constant = all(
            v is None or isinstance(v, Constant | QuantizedConstant) for v in (*inputs, *outside)
        )
        if constant and folds and not _keeps_weights(operator, inputs):
            arrays = [None if v is None else constant_of(v) for v in inputs]
            known = {n: constant_of(self.values[n]) for n in node.captures}
            captured = {n: array for n, array in known.items() if array is not None}
            return [Constant(a) for a in self._dialect.fold(node, verdict, arrays, captured)]
        if operator is None:
            domain = f" of domain '{node.domain}'" if node.domain else ""
            what = f"the operator {node.op_type}{domain} is not supported"
            raise fail("HW0201", what, *self._dialect.absence(node), node.origin)
        unread = self._dialect.unread(node)
        if unread:
            raise CompileError(unread)
        return operator.handler(self._ctx, node, inputs)

    def _malformed(self, node: SourceNode, error: Exception, verdict: Verdict) -> Diagnostic:
        """The refusal of a node that a handler could not read because it is not legal."""
        if not isinstance(error, LacksAttributeError):
            return self._dialect.refusal(node, verdict.illegal)
        return Diagnostic(
            "HW0107",
            f"this {node.op_type} lacks the attribute '{error.args[0]}'",
            "",
            "repair the exporter's output",
            node.origin,
        )

    def _branch(self, node: SourceNode, inputs: Sequence[Value | None]) -> Sequence[Value]:
        """The results of the branch that a constant condition takes, else of both.

        Raises:
            CompileError: HW0280 when the network can not choose.
        """
        condition = constant_of(inputs[0]) if inputs else None
        if condition is not None and condition.size == 1:
            return self._walked(node, bool(condition.reshape(-1)[0]))
        both = Branching.of(self._ctx, inputs[0] if inputs else None, node)
        for way in (True, False):
            outer = dict(self.values)
            both.take(partial(self._walked, node, way))
            self.values = outer
        return both.results()

    def _walked(self, node: SourceNode, way: bool) -> list[Value]:
        """The results of a branch, built as it stands."""
        branch = self._dialect.branch(node, way, self.values)
        self.values.update({k: Constant(v) for k, v in branch.constants.items()})
        self.walk(branch.nodes)
        for result, source in zip(node.outputs, branch.outputs, strict=False):
            self._dialect.alias(result, source)
        return [self.values[output] for output in branch.outputs][: len(node.outputs)]


def _located(diagnostic: Diagnostic, node: SourceNode) -> Diagnostic:
    if diagnostic.origin is not None:
        return diagnostic
    return Diagnostic(diagnostic.code, diagnostic.what, diagnostic.why, diagnostic.fix, node.origin)


def _keeps_weights(operator: Treatment | None, inputs: list[Value | None]) -> bool:
    return (
        operator is not None
        and operator.keeps
        and any(isinstance(v, QuantizedConstant) for v in inputs)
    )
