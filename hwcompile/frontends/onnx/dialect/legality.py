"""Every node is held to ONNX's own rules before its handler sees it.

For operators of the standard set, ONNX's schema says how many inputs and outputs there may be,
which attributes of which types, which element types, and its shape inference what shapes fit and
come out. Handlers rely on that. It is also where sizes are known before anything is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import prod

import numpy as np
import onnx
from onnx import defs, helper, numpy_helper, shape_inference

from hwcompile.diagnostics import CompileError, Diagnostic, InternalError, fail
from hwcompile.frontends.budget import LARGEST, Budget
from hwcompile.frontends.model import Array, SourceModel, SourceNode
from hwcompile.frontends.onnx.dialect.contrib import contrib_problem, is_pact
from hwcompile.frontends.onnx.dialect.folding_cost import cost, has_known_size
from hwcompile.frontends.onnx.dialect.frames import Frames
from hwcompile.frontends.onnx.dialect.rules import broken_rule
from hwcompile.frontends.onnx.reading.nodes import proto_of
from hwcompile.frontends.symbolic.dialect import Shape, Verdict
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    QuantizedConstant,
    Value,
    constant_of,
    shape_of,
)

_FEW = 4096
"""Elements of a constant whose numbers shape inference may look at."""

_UNSUPPORTED = "unsupported type"
"""What onnx says of element types."""

_UNCHECKED = frozenset({"Constant", "If", "Loop", "Scan"})
"""Constants are read elsewhere; graphs in attributes are looked at when they are run."""


def refusal(node: SourceNode, why: str) -> Diagnostic:
    """The finding that a node is not legal."""
    return Diagnostic(
        "HW0107",
        f"this {node.op_type} is not legal ONNX",
        f"onnx says '{why}'",
        "repair the exporter's output",
        node.origin,
    )


@cache
def _schema(kind: str, opset: int, domain: str) -> defs.OpSchema | None:
    try:
        return defs.get_schema(kind, opset, domain)
    except defs.SchemaError:
        return None


class Legality:
    """Element types of the model's tensors, and the verdict on each node."""

    def __init__(self, model: SourceModel, frames: Frames | None) -> None:
        self._model, self._frames, self._budget = model, frames, Budget()
        # Deeploy's files have integers where ONNX's layers take real numbers.
        self._holds_integers = any(is_pact(n) for n in model.nodes)
        self._elements: dict[str, int] = {
            t.name: helper.np_dtype_to_tensor_dtype(t.dtype) for t in model.inputs
        }

    def judge(
        self,
        node: SourceNode,
        inputs: Sequence[Value | None],
        as_written: Sequence[Value | None],
    ) -> Verdict:
        """What ONNX says about the node.

        Args:
            node: The node.
            inputs: Its inputs for one frame.
            as_written: Its inputs where constants hold the batch of the file.

        Raises:
            CompileError: HW0121 when it would make a tensor that is too large.
        """
        if node.op_type in _UNCHECKED and node.domain == "":
            return Verdict()
        schema = _schema(node.op_type, self._model.version, node.domain)
        if schema is None:
            return Verdict(contrib_problem(node) or broken_rule(node, inputs))
        mistyped = _mistyped(schema, node)
        if mistyped:
            return Verdict(mistyped)
        attributes = node.attributes
        windows = prod(attributes.get("kernel_shape") or [1]) if _are_ints(attributes) else 1
        if windows > LARGEST:
            return Verdict(f"the kernel has {windows:,} taps")
        broken = broken_rule(node, inputs)
        if broken:
            return Verdict(broken)
        verdict = self._inferred(schema, node, inputs, as_written)
        if verdict.illegal and self._holds_integers and _UNSUPPORTED in verdict.illegal:
            verdict = self._as_real(schema, node, inputs, as_written)
        for _, shape in verdict.outputs.values():
            if shape is not None:
                self._budget.spend(shape, node.origin)
        return verdict

    def afford(self, node: SourceNode, verdict: Verdict, arrays: Sequence[Array | None]) -> None:
        """Count the work of evaluating a node with known inputs, before it is done.

        Raises:
            CompileError: HW0107 for an illegal node, HW0201 when nobody knows how large the
                result becomes, HW0121 when it takes too long.
        """
        if node.op_type == "Constant" and node.domain == "":
            return
        if verdict.illegal:
            raise CompileError([refusal(node, verdict.illegal)])
        shapes = [shape for _, shape in verdict.outputs.values()]
        if not has_known_size(node, shapes):
            raise fail(
                "HW0201",
                f"the constant operator {node.op_type} cannot be evaluated",
                "nobody knows how large its result becomes, or how long it takes",
                "fold the constants of the model with onnxsim, or remove the operator",
                node.origin,
            )
        self._budget.work(cost(node, arrays, shapes), node.origin)

    def settle(self, node: SourceNode, verdict: Verdict, results: Sequence[Value]) -> None:
        """Hold the handler's results to the verdict, and note what they are.

        Raises:
            InternalError: If ONNX says another shape.
        """
        for name, value in zip(node.outputs, results, strict=False):
            if not name or isinstance(value, Failed):
                continue
            element, shape = verdict.outputs.get(name, (0, None))
            if shape is None:
                self._budget.spend(shape_of(value), node.origin)
            elif shape != shape_of(value) and not _is_disputed(node):
                raise InternalError(
                    f"{node.origin}: the result has shape {list(shape_of(value))}, and ONNX says "
                    f"{list(shape)}"
                )
            self._elements[name] = element or helper.np_dtype_to_tensor_dtype(value.dtype)

    def alias(self, name: str, source: str) -> None:
        """`name` is the tensor `source`."""
        if source in self._elements:
            self._elements[name] = self._elements[source]

    def _as_real(
        self,
        schema: defs.OpSchema,
        node: SourceNode,
        inputs: Sequence[Value | None],
        as_written: Sequence[Value | None],
    ) -> Verdict:
        """What ONNX would say if the node's integers were real numbers; types stay open."""
        kept, known = self._elements, [constant_of(v) for v in inputs]
        real = onnx.TensorProto.FLOAT
        self._elements = kept | {n: real for n in node.inputs if n}
        data = [
            v if a is None or a.dtype.kind == "f" else Constant(a.astype(np.float32))
            for v, a in zip(inputs, known, strict=True)
        ]
        try:
            verdict = self._inferred(schema, node, data, as_written)
        finally:
            self._elements = kept
        outputs = {name: (0, shape) for name, (_, shape) in verdict.outputs.items()}
        return Verdict(verdict.illegal, outputs, verdict.file)

    def _inferred(
        self,
        schema: defs.OpSchema,
        node: SourceNode,
        inputs: Sequence[Value | None],
        as_written: Sequence[Value | None],
    ) -> Verdict:
        here = {n: shape_of(v) for n, v in zip(node.inputs, inputs, strict=True) if v is not None}
        try:
            outputs = self._infer(schema, node, inputs, here)
        except Exception as error:  # onnx raises several classes from its C++ code
            lines = str(error).strip().splitlines() or [type(error).__name__]
            return Verdict(lines[0].removeprefix("[ShapeInferenceError] "))
        small = [s for _, s in outputs.values() if s is not None and any(n < 0 for n in s)]
        if small:
            return Verdict(f"the result would have the shape {list(small[0])}")
        if self._frames is None or not any(self._frames.axis(n) is not None for n in here):
            return Verdict("", outputs)
        file = {n: self._frames.in_file(n, shape) for n, shape in here.items()}
        try:
            wide = self._infer(schema, node, as_written, file)
        except Exception:  # then the file itself is not legal, or not as one batch
            return Verdict("", outputs, dict.fromkeys(node.outputs, ()))
        return Verdict("", outputs, {name: shape for name, (_, shape) in wide.items()})

    def _infer(
        self,
        schema: defs.OpSchema,
        node: SourceNode,
        inputs: Sequence[Value | None],
        shapes: Mapping[str, Shape],
    ) -> dict[str, tuple[int, Shape | None]]:
        types, data = {}, {}
        for name, value in zip(node.inputs, inputs, strict=True):
            if value is None or isinstance(value, Failed):
                continue
            element = self._elements.get(name) or helper.np_dtype_to_tensor_dtype(value.dtype)
            types[name] = helper.make_tensor_type_proto(element, shapes[name])
            small = prod(value.shape) <= _FEW and not isinstance(value, QuantizedConstant)
            if small and isinstance(value, Constant):
                data[name] = numpy_helper.from_array(np.asarray(value.array), name)
        found = shape_inference.infer_node_outputs(
            schema,
            proto_of(node),
            types,
            data,
            opset_imports=[helper.make_opsetid(node.domain, self._model.version)],
        )
        return {name: _type(kind) for name, kind in found.items()}


def _mistyped(schema: defs.OpSchema, node: SourceNode) -> str:
    """An attribute of another type than the operator's; empty when there is none.

    What has the right type is all that further rules need to expect.
    """
    for attribute in proto_of(node).attribute:
        wanted = schema.attributes.get(attribute.name)
        if wanted is None:
            continue
        kind = onnx.AttributeProto.AttributeType.Name(attribute.type)
        name = str(wanted.type).rpartition(".")[2]
        if kind != name:
            return f"the attribute {attribute.name} is of type {kind}, not {name}"
    return ""


def _is_disputed(node: SourceNode) -> bool:
    """Windows whose number ONNX's shape inference counts otherwise than all executors do.

    It counts a window that starts behind the map (`ceil_mode`), which executors leave out, and it
    adds `output_padding` to a ConvTranspose whose size `auto_pad` gives.
    """
    attributes = node.attributes
    padded = str(attributes.get("auto_pad", "NOTSET")).startswith("SAME")
    return bool(attributes.get("ceil_mode", 0)) or (node.op_type == "ConvTranspose" and padded)


def _are_ints(attributes: Mapping[str, object]) -> bool:
    value = attributes.get("kernel_shape")
    return isinstance(value, list) and all(isinstance(v, int) and v >= 0 for v in value)


def _type(kind: onnx.TypeProto) -> tuple[int, Shape | None]:
    tensor = kind.tensor_type
    if not tensor.HasField("shape"):
        return tensor.elem_type, None
    if not all(d.HasField("dim_value") for d in tensor.shape.dim):
        return tensor.elem_type, None
    return tensor.elem_type, tuple(d.dim_value for d in tensor.shape.dim)
