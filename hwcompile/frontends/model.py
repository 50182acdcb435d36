"""Reading an ONNX file into a plain, ordered list of nodes with every shape fixed.

The batch axis is frozen to 1 here. Nothing in this file knows what an operator means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SourceNode:
    """One operator of the source model.

    Attributes:
        name: The node's name in the file, or its first output where it has none.
        op_type: ONNX operator type.
        domain: Operator domain; "ai.onnx" is written "".
        inputs: Tensor names; "" stands for an absent optional input.
        outputs: Tensor names.
        attributes: Python values; tensors are numpy arrays, texts are `str`.
        origin: Where it is, for messages.
        proto: The node as it is in the file, for constant folding.
    """

    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    origin: Origin
    proto: onnx.NodeProto


@dataclass(frozen=True)
class SourceTensor:
    """An input or output of the source model: name, fixed shape, and element type."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class SourceModel:
    """A model with fixed shapes, in topological order, without dead nodes.

    Attributes:
        name: Stem of the file.
        file: Name of the file without its folder, for messages.
        opset: Version of the standard operator set.
        inputs: Graph inputs that are no initializers, batch axis 1.
        outputs: Names of the outputs.
        constants: Initializers.
        nodes: Nodes that an output depends on.
    """

    name: str
    file: str
    opset: int
    inputs: tuple[SourceTensor, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Array]
    nodes: tuple[SourceNode, ...]


def read_model(path: str | Path) -> SourceModel:
    """Read the ONNX file at `path`.

    Raises:
        CompileError: HW01xx when the file is missing, damaged, no ONNX model or has no graph;
            HW02xx when an input has a free axis besides the batch.
    """
    path = Path(path)
    proto = _parse(path)
    graph = proto.graph
    constants = _constants(graph, path)
    problems: list[Diagnostic] = []
    inputs = tuple(
        tensor
        for value in graph.input
        if value.name not in constants
        for tensor in _frozen(value, path.name, problems)
    )
    nodes = _live([_node(n, path.name) for n in graph.node], [o.name for o in graph.output])
    problems += _undefined(nodes, {i.name for i in graph.input} | set(constants), path)
    if problems:
        raise CompileError(problems)
    if not graph.output or not nodes:
        raise fail("HW0105", f"'{path.name}' has no output that depends on an operator")
    opset = next((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), 1)
    outputs = tuple(o.name for o in graph.output)
    return SourceModel(path.stem, path.name, opset, inputs, outputs, constants, tuple(nodes))


def _parse(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise fail("HW0101", f"there is no model file '{path}'", fix="check the path")
    if path.stat().st_size == 0:
        raise fail("HW0102", f"'{path.name}' is empty", fix="export or download the model again")
    try:
        proto = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf raises its own, undocumented classes
        raise fail(
            "HW0102",
            f"'{path.name}' is not a readable ONNX model",
            f"the protobuf parser says '{_first_line(error)}'",
            "export or download the model again; the file may be truncated",
        ) from error
    if not proto.HasField("graph") or not proto.graph.node:
        raise fail(
            "HW0103",
            f"'{path.name}' holds no ONNX graph",
            "the file parses but has no operators, so it is another format or is truncated",
            "pass a file that was exported as ONNX or QONNX",
        )
    try:
        onnx.load_external_data_for_model(proto, str(path.parent))
    except Exception as error:
        raise fail(
            "HW0104",
            f"the weights that '{path.name}' keeps in another file cannot be read",
            _first_line(error),
            "keep the external data file beside the model",
        ) from error
    if proto.functions:
        from onnx.inliner import inline_local_functions

        proto = inline_local_functions(proto)
    return proto


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _constants(graph: onnx.GraphProto, path: Path) -> dict[str, Array]:
    try:
        return {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    except Exception as error:
        raise fail(
            "HW0102",
            f"an initializer of '{path.name}' is damaged",
            _first_line(error),
            "export or download the model again; the file may be truncated",
        ) from error


def _frozen(
    value: onnx.ValueInfoProto, file: str, problems: list[Diagnostic]
) -> tuple[SourceTensor, ...]:
    """The input with batch 1, or nothing and one problem."""
    origin = Origin(file, value.name, "graph input")
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        problems.append(
            Diagnostic(
                "HW0203",
                "the input has no shape",
                "hardware is built for one fixed shape",
                "export the model with a fixed input shape",
                origin,
            )
        )
        return ()
    shape = [d.dim_value if d.HasField("dim_value") else 0 for d in tensor.shape.dim]
    if shape and shape[0] <= 0:
        shape[0] = 1
    free = [i for i, size in enumerate(shape) if size <= 0]
    if free:
        problems.append(
            Diagnostic(
                "HW0203",
                f"axis {free[0]} of the input has no fixed size",
                "only the batch axis may be free; hardware is built for one fixed shape",
                "export the model with a fixed input shape",
                origin,
            )
        )
        return ()
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    return (SourceTensor(value.name, tuple(shape), dtype),)


def _attribute(attribute: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if attribute.type == onnx.AttributeProto.TENSOR:
        return numpy_helper.to_array(value)
    if attribute.type == onnx.AttributeProto.STRING:
        return value.decode(errors="replace")
    if attribute.type == onnx.AttributeProto.STRINGS:
        return [v.decode(errors="replace") for v in value]
    return value


def _node(proto: onnx.NodeProto, file: str) -> SourceNode:
    name = proto.name or next((o for o in proto.output if o), proto.op_type)
    return SourceNode(
        name=name,
        op_type=proto.op_type,
        domain="" if proto.domain == "ai.onnx" else proto.domain,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        attributes={a.name: _attribute(a) for a in proto.attribute},
        origin=Origin(file, name, proto.op_type),
        proto=proto,
    )


def _live(nodes: list[SourceNode], outputs: list[str]) -> list[SourceNode]:
    """The nodes that an output needs; exporters leave unused shape computations behind."""
    needed = set(outputs)
    kept: list[SourceNode] = []
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed.update(i for i in node.inputs if i)
            kept.append(node)
    return kept[::-1]


def _undefined(nodes: list[SourceNode], known: set[str], path: Path) -> list[Diagnostic]:
    """One problem per tensor that is used before anything defines it."""
    problems = []
    known = set(known)
    for node in nodes:
        for name in node.inputs:
            if name and name not in known:
                known.add(name)
                problems.append(
                    Diagnostic(
                        "HW0106",
                        f"the input '{name}' is not defined before this node",
                        "nodes of an ONNX file must be in topological order",
                        "run the model through onnx.checker and export it again",
                        node.origin,
                    )
                )
        known.update(node.outputs)
    return problems
