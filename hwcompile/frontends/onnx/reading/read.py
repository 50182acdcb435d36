"""`read_model`: from a path to a plain, ordered list of nodes with every input's shape fixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from hwcompile.diagnostics import CompileError, Diagnostic, Origin, fail
from hwcompile.frontends.budget import LARGEST, too_large
from hwcompile.frontends.model import SourceModel, SourceTensor
from hwcompile.frontends.onnx.reading.file import parse
from hwcompile.frontends.onnx.reading.nodes import source_graph
from hwcompile.frontends.onnx.reading.structure import opset_of

_INPUT_TYPES = frozenset(
    {"float16", "float32", "float64", "bfloat16", "bool", "int2", "uint2", "int4", "uint4",
     "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}
)  # fmt: skip


def read_model(path: str | Path) -> SourceModel:
    """Read the ONNX file at `path`.

    Raises:
        CompileError: HW01xx when the file is missing, damaged, no ONNX model or has no graph;
            HW02xx when an input has a free axis besides the batch.
    """
    path = Path(path)
    proto = parse(path)
    graph = proto.graph
    stored = {t.name for t in graph.initializer} | {t.values.name for t in graph.sparse_initializer}
    problems: list[Diagnostic] = []
    inputs = []
    for value in graph.input:
        if value.name not in stored:
            try:
                inputs.append(_frozen(value, path.name))
            except CompileError as error:
                problems += error.diagnostics
    if problems:
        raise CompileError(problems)
    body = source_graph(graph, path.name, [i.name for i in graph.input])
    if not graph.output or not body.nodes:
        raise fail(
            "HW0105",
            f"'{path.name}' has no output that depends on an operator",
            "there would be nothing to build",
            "name the network's results as outputs of the graph, and export the model again",
        )
    return SourceModel(
        path.stem,
        path.name,
        opset_of(proto),
        tuple(inputs),
        body.outputs,
        body.constants,
        body.nodes,
        _annotated_types(graph),
    )


def _annotated_types(graph: onnx.GraphProto) -> dict[str, str]:
    """QONNX's `finn_datatype` of tensors: integers that a container type does not tell."""
    return {
        annotation.tensor_name: entry.value
        for annotation in graph.quantization_annotation
        for entry in annotation.quant_parameter_tensor_names
        if entry.key == "finn_datatype"
    }


def _frozen(value: onnx.ValueInfoProto, file: str) -> SourceTensor:
    """The input; a free batch is 1.

    Raises:
        CompileError: HW0203 without a fixed shape, HW0125 for elements that are no real numbers,
            HW0121 for a size that nobody means.
    """
    origin = Origin(file, value.name, "graph input")
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        raise fail(
            "HW0203",
            "the input has no shape",
            "hardware is built for one fixed shape",
            "export the model with a fixed input shape",
            origin,
        )
    shape = [d.dim_value if d.HasField("dim_value") else 0 for d in tensor.shape.dim]
    if shape and shape[0] <= 0:
        shape[0] = 1
    free = [i for i, size in enumerate(shape) if size <= 0]
    if free:
        raise fail(
            "HW0203",
            f"axis {free[0]} of the input has no fixed size",
            "only the batch axis may be free; hardware is built for one fixed shape",
            "export the model with a fixed input shape",
            origin,
        )
    if int(np.prod(np.array(shape, dtype=object))) > LARGEST:
        raise too_large("the input", tuple(shape), LARGEST, origin)
    return SourceTensor(value.name, tuple(shape), _element_type(tensor.elem_type, origin))


def _element_type(number: int, origin: Origin) -> np.dtype[np.generic]:
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(number))
        name = dtype.name
    except (KeyError, TypeError):
        name = f"type {number}"
    if name not in _INPUT_TYPES:
        raise fail(
            "HW0125",
            f"the elements of this input are of {name}",
            "an input carries real numbers or integers",
            "export the model with an input of float32, or of an integer type",
            origin,
        )
    return dtype
