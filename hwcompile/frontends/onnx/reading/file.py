"""The bytes of a file, and of the files of weights beside it, as one ONNX model."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import onnx
from onnx import AttributeProto
from onnx.external_data_helper import load_external_data_for_model

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model_file import first_bytes
from hwcompile.frontends.onnx.reading.formats import named_by_suffix, refuse_other_formats
from hwcompile.frontends.onnx.reading.structure import check_structure

_SNIFFED = 4096


def parse(path: Path) -> onnx.ModelProto:
    """The model with its external data read and its functions inlined.

    Raises:
        CompileError: HW0101 to HW0104 when the file is missing, damaged, has no graph, or lacks
            its weights; HW0120 for another format; what `check_structure` raises.
    """
    proto = _whole(path)
    if not proto.HasField("graph") or not proto.graph.node:
        raise named_by_suffix(path) or fail(
            "HW0103",
            f"'{path.name}' holds no ONNX graph",
            "the file parses but has no operators, so it is another format or is truncated",
            "pass a file that was exported as ONNX or QONNX",
        )
    check_structure(proto, path.name)
    _load_external(proto, path)
    if not proto.functions:
        return proto
    from onnx.inliner import inline_local_functions

    try:
        inlined: onnx.ModelProto = inline_local_functions(proto)
    except Exception as error:  # the inliner raises whatever its C++ code throws
        raise _damaged(path, "the inliner of its functions", error) from error
    check_structure(inlined, path.name)
    return inlined


def _whole(path: Path) -> onnx.ModelProto:
    refuse_other_formats(path, first_bytes(path, _SNIFFED))
    try:
        proto = onnx.load(str(path), load_external_data=False)
        _check_texts(proto)
    except Exception as error:  # protobuf raises its own, undocumented classes
        raise (named_by_suffix(path) or _damaged(path, "the protobuf parser", error)) from error
    return proto


class _Message(Protocol):
    """A protobuf message, as far as it is looked at here."""

    def ListFields(self) -> list[tuple[_Field, object]]:  # noqa: N802
        """Fields that are set, with their values."""


class _Field(Protocol):
    name: str
    type: int


_TEXT, _NESTED = 9, 11
"""Types of fields: `FieldDescriptor.TYPE_STRING` and `TYPE_MESSAGE`."""


def _check_texts(message: _Message) -> None:
    """Every text is one; protobuf hands out the bytes of what is no UTF-8.

    Raises:
        ValueError: If one is not.
    """
    for field, value in message.ListFields():
        if field.type not in (_TEXT, _NESTED):
            continue
        for part in _parts(value):
            if field.type == _NESTED:
                _check_texts(part)
            elif not isinstance(part, str):
                raise ValueError(f"the field {field.name} holds {part!r}, which is no text")


def _parts(value: Any) -> list[Any]:
    single = isinstance(value, str | bytes) or hasattr(value, "ListFields")
    return [value] if single else list(value)


def _damaged(path: Path, who: str, error: Exception) -> CompileError:
    return fail(
        "HW0102",
        f"'{path.name}' is not a readable ONNX model",
        f"{who} says '{_first_line(error)}'",
        "export or download the model again; the file may be truncated",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _load_external(proto: onnx.ModelProto, path: Path) -> None:
    for tensor in _tensors(proto.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            _check_location(tensor, path)
    try:
        load_external_data_for_model(proto, str(path.parent))
    except Exception as error:
        raise fail(
            "HW0104",
            f"the weights that '{path.name}' keeps in another file cannot be read",
            _first_line(error),
            "keep the external data file beside the model",
        ) from error


def _check_location(tensor: onnx.TensorProto, path: Path) -> None:
    """The file of weights lies in the model's folder, and is long enough."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = PurePosixPath(entries.get("location", ""))
    why = ""
    if location.is_absolute() or ".." in location.parts or not location.parts:
        why = "a model may only name files in its own folder and below"
    elif not all(entries.get(k, "0").isdecimal() for k in ("offset", "length")):
        why = "offset and length must be numbers"
    else:
        file = path.parent / location
        end = int(entries.get("offset", "0")) + int(entries.get("length", "0"))
        if file.is_file() and file.stat().st_size < end:
            why = f"'{location}' has {file.stat().st_size:,} bytes, and the tensor ends at {end:,}"
    if why:
        raise fail(
            "HW0104",
            f"the tensor '{tensor.name}' of '{path.name}' is kept in '{entries.get('location')}'",
            why,
            "keep the external data file, whole, beside the model",
        )


def _tensors(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    """Every tensor of a graph and of the graphs inside it."""
    found = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            found += [attribute.t] if attribute.type == AttributeProto.TENSOR else []
            found += attribute.tensors
            if attribute.type == AttributeProto.GRAPH:
                found += _tensors(attribute.g)
    return found
