"""ONNX, QONNX and ONNX Runtime's operators, as the interpreter asks about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import onnx

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.frontends.model import Array, SourceGraph, SourceModel, SourceNode
from hwcompile.frontends.onnx.absent import ABSENT
from hwcompile.frontends.onnx.dialect.attributes import check_opset, unread_attributes
from hwcompile.frontends.onnx.dialect.contrib import is_invented
from hwcompile.frontends.onnx.dialect.folding import fold
from hwcompile.frontends.onnx.dialect.frames import Frames
from hwcompile.frontends.onnx.dialect.legality import Legality, refusal
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.reading.nodes import source_graph
from hwcompile.frontends.symbolic.dialect import Dialect, Verdict
from hwcompile.frontends.symbolic.values import Constant, Failed, Value, constant_of, shape_of


class OnnxDialect(Dialect):
    """One model's operators, element types, and the axes of its frames."""

    simplify = "simplify it with onnxsim"

    def __init__(
        self, model: SourceModel, operators: Mapping[str, Operator], frames: Frames | None
    ) -> None:
        """Take a model.

        Raises:
            CompileError: HW0263 for an operator set whose meaning is not implemented.
        """
        check_opset(model.file, model.nodes, model.version)
        self._model, self._operators, self._frames = model, operators, frames
        self._legality = Legality(model, frames)

    def treatment(self, node: SourceNode) -> Operator | None:
        """By name; other domains' operators of the same name are other operators."""
        found = self._operators.get(node.op_type)
        if found is None or node.domain not in found.domains or is_invented(node):
            return None
        return found

    def absence(self, node: SourceNode) -> tuple[str, str]:
        """Why a standard operator is not built, where that is known."""
        known = None if node.domain else ABSENT.get(node.op_type)
        return super().absence(node) if known is None else (known.why, known.fix)

    def one_frame(self, node: SourceNode, inputs: list[Value | None]) -> list[Value | None]:
        """The inputs, with the target of a Reshape for one frame instead of the file's batch."""
        frames = self._frames
        if frames is None or len(inputs) < 2 or inputs[0] is None or inputs[1] is None:
            return inputs
        target = constant_of(inputs[1])
        if target is None or target.dtype.kind != "i":
            return inputs
        changed = frames.one_frame(node, shape_of(inputs[0]), target)
        return inputs if changed is target else [inputs[0], Constant(changed), *inputs[2:]]

    def judge(
        self,
        node: SourceNode,
        inputs: Sequence[Value | None],
        as_written: Sequence[Value | None],
    ) -> Verdict:
        """See `Legality.judge`."""
        return self._legality.judge(node, inputs, as_written)

    def refusal(self, node: SourceNode, why: str) -> Diagnostic:
        """HW0107."""
        return refusal(node, why)

    def unread(self, node: SourceNode) -> list[Diagnostic]:
        """See `unread_attributes`; operators that are always refused declare none."""
        operator = self.treatment(node)
        if operator is None or operator.attributes is None:
            return []
        return unread_attributes(node, self._model.version, operator.attributes)

    def fold(
        self,
        node: SourceNode,
        verdict: Verdict,
        arrays: list[Array | None],
        captured: Mapping[str, Array],
    ) -> list[Array]:
        """By onnx's reference implementation, when that ends soon.

        Raises:
            CompileError: HW0201 when nobody can evaluate it, and those of `Legality.afford`.
        """
        self._legality.afford(node, verdict, arrays)
        return fold(self._model, node, arrays, captured)

    def settle(
        self,
        node: SourceNode,
        verdict: Verdict,
        inputs: Sequence[Value | None],
        results: Sequence[Value],
    ) -> None:
        """Check shapes; find the axes of frames.

        Raises:
            InternalError: If ONNX says another shape.
            NotFramesError: If the batch of the file can not be taken as frames.
        """
        self._legality.settle(node, verdict, results)
        first = next((v for v in inputs if v is not None), None)
        if self._frames is None or first is None or node.op_type in ("Shape", "Size"):
            return
        if node.op_type == "Slice" and len(inputs) > 4:
            axes, steps = (None if v is None else constant_of(v) for v in inputs[3:5])
            self._frames.check_steps(node, len(shape_of(first)), axes, steps)
        here = [None if isinstance(v, Failed) else shape_of(v) for v in (first, *results)]
        file = [verdict.file.get(name) for name in node.outputs]
        self._frames.follow(node, here, file, self._model.version)

    def chooses(self, node: SourceNode) -> bool:
        """True for If."""
        return node.op_type == "If" and node.domain == ""

    def branch(self, node: SourceNode, condition: bool, known: Collection[str]) -> SourceGraph:
        """Of an If.

        Raises:
            CompileError: HW0107 when there is none with enough outputs, and those of
                `source_graph`.
        """
        name = "then_branch" if condition else "else_branch"
        proto = node.attributes.get(name)
        if not isinstance(proto, onnx.GraphProto) or len(proto.output) < len(node.outputs):
            raise CompileError([self.refusal(node, f"there is no whole {name}")])
        return source_graph(proto, self._model.file, known)

    def alias(self, name: str, source: str) -> None:
        """Element type and axis of frames are the same."""
        self._legality.alias(name, source)
        if self._frames is not None:
            self._frames.alias(name, source)
