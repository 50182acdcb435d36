"""From a TensorFlow Lite file to plain data.

Files come from anywhere: every number is held against the file's size before it is used, and
whatever is wrong is a paragraph with a code.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tflite

from hwcompile.diagnostics import CompileError, Origin, fail, reason_of
from hwcompile.frontends.budget import LARGEST, NODES, STORED, too_large
from hwcompile.frontends.model import Array
from hwcompile.frontends.model_file import first_bytes
from hwcompile.frontends.tflite.contents import (
    WITHOUT_RESULT,
    LiteFile,
    LiteNode,
    LiteTensor,
    beginnings_of,
)
from hwcompile.frontends.tflite.options import TABLES, lite_options
from hwcompile.ir.types import IntArray
from hwcompile_runtime.rows import FloatArray

MAGIC = b"TFL3"
"""At the fifth byte."""

_BROKEN = (
    AttributeError,
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    TypeError,
    UnicodeDecodeError,
    ValueError,
    struct.error,
)
"""What the parser raises when it is led outside the file, or to something else than it expects."""

_TYPES = {
    number: name.lower()
    for name, number in vars(tflite.TensorType).items()
    if isinstance(number, int)
}
_OPERATORS = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)
}
_PLACEHOLDER = 127
"""In the old field of a byte: the operator's number is in the new one."""


def read_file(path: Path) -> LiteFile:
    """The contents of the file at `path`.

    Raises:
        CompileError: HW0101 and HW0102 for a file that can not be read, HW0121 for one that asks
            for too much, HW0301 for several subgraphs.
    """
    start = first_bytes(path, 8)
    if start[4:8] != MAGIC:
        raise _damaged(path, f"it begins with {start!r}")
    try:
        data = path.read_bytes()
    except OSError as error:
        what, fix = f"the model file '{path}' cannot be read", "permission to read it"
        raise fail("HW0101", what, reason_of(error), fix) from error
    try:
        return _File(path, data).contents()
    except CompileError:
        raise
    except _BROKEN as error:
        raise _damaged(path, f"the parser says: {error}") from error


def _damaged(path: Path, why: str) -> CompileError:
    return fail(
        "HW0102",
        f"'{path.name}' is no TensorFlow Lite model, or a damaged or truncated one",
        why,
        "convert or download the model again",
    )


class _File:
    """The file while it is read."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path, self.bytes = path, data
        self.model: Any = tflite.Model.GetRootAs(data, 0)

    def contents(self) -> LiteFile:
        count = self.model.SubgraphsLength()
        if not count:
            raise ValueError("a model without a subgraph")
        tensors, nodes = self._graph(0)
        graph = self.model.Subgraphs(0)
        inputs, outputs = (
            self._numbers(vector, tensors, least=0)
            for vector in (graph.InputsAsNumpy(), graph.OutputsAsNumpy())
        )
        once = {n.whole("InitSubgraphIndex") for n in nodes if n.operator == "CALL_ONCE"}
        if once != set(range(1, count)):
            raise fail(
                "HW0301",
                f"the model has {count} subgraphs",
                "one network is built; conditions and loops have subgraphs of their own",
                "convert the model without control flow",
                Origin(self.path.name, self.path.stem, "Model"),
            )
        beginnings: dict[str, Array] = {}
        for number in sorted(once):
            beginnings |= beginnings_of(*self._graph(number))
        return LiteFile(self.path.name, tensors, nodes, inputs, outputs, beginnings)

    def _graph(self, number: int) -> tuple[tuple[LiteTensor, ...], tuple[LiteNode, ...]]:
        """Tensors and operators of a subgraph."""
        graph = self.model.Subgraphs(number)
        tensors = tuple(self._tensor(graph.Tensors(i)) for i in self._each(graph.TensorsLength()))
        nodes = tuple(
            self._node(graph.Operators(i), tensors) for i in self._each(graph.OperatorsLength())
        )
        return tensors, nodes

    def _each(self, count: int) -> range:
        """As many tensors or operators as the file can hold."""
        if count > min(NODES, len(self.bytes) // 4):
            raise ValueError(f"a list of {count} entries")
        return range(count)

    def _numbers(
        self, vector: Any, tensors: Sequence[LiteTensor], least: int = -1
    ) -> tuple[int, ...]:
        """Numbers of tensors; a list that is left out is an empty one."""
        found = tuple(int(n) for n in np.atleast_1d(vector)) if not isinstance(vector, int) else ()
        if any(not least <= n < len(tensors) for n in found):
            raise IndexError(f"there are {len(tensors)} tensors, not number {max(found)}")
        return found

    def _tensor(self, tensor: Any) -> LiteTensor:
        name = (tensor.Name() or b"").decode()
        origin = Origin(self.path.name, name, "Tensor")
        dtype = _TYPES[tensor.Type()]
        rank = tensor.ShapeLength()
        if not 0 <= rank <= 8:
            raise ValueError(f"a tensor of {rank} axes")
        shape = tuple(int(tensor.Shape(i)) for i in range(rank))
        if any(n < 0 for n in shape):
            raise ValueError(f"a tensor of shape {list(shape)}")
        size = int(np.prod(shape, dtype=object))
        buffer = self.model.Buffers(tensor.Buffer())
        stored = buffer is not None and buffer.DataLength() > 0
        if size > (STORED if stored else LARGEST):
            raise too_large(f"tensor '{name}'", shape, STORED if stored else LARGEST, origin)
        data = _elements(buffer.DataAsNumpy(), dtype, shape, size) if stored else None
        if tensor.Sparsity() is not None:
            raise fail(
                "HW0302",
                f"the tensor '{name}' is stored as a sparse one",
                "sparse constants are not read",
                "convert the model without sparsity; zeros cost no hardware either way",
                origin,
            )
        variable = bool(tensor.IsVariable())
        return LiteTensor(name, dtype, shape, *_quantization(tensor.Quantization()), data, variable)

    def _node(self, operator: Any, tensors: Sequence[LiteTensor]) -> LiteNode:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        old, new = code.DeprecatedBuiltinCode(), code.BuiltinCode()
        number = max(old, new) if old != _PLACEHOLDER else new
        kind = _OPERATORS.get(number, f"NUMBER_{number}")
        inputs = self._numbers(operator.InputsAsNumpy(), tensors)
        outputs = self._numbers(operator.OutputsAsNumpy(), tensors, least=0)
        inner = self._numbers(operator.IntermediatesAsNumpy(), tensors, least=0)
        if not outputs and kind not in WITHOUT_RESULT:
            raise ValueError(f"a {kind} without a result")
        named = outputs or inputs
        name = (tensors[named[-1]].name.split(";")[0] if named else "") or kind
        origin = Origin(self.path.name, name, kind)
        given = operator.BuiltinOptions() if kind in TABLES else None
        return LiteNode(kind, inputs, outputs, lite_options(kind, given), origin, inner)


def _quantization(given: Any) -> tuple[FloatArray, IntArray, int]:
    """Scales, zero points, and the axis that they belong to."""
    if given is None or not given.ScaleLength():
        return np.zeros(0, np.float32), np.zeros(0, np.int64), 0
    scale = np.array(given.ScaleAsNumpy(), dtype=np.float32)
    zero = np.zeros(scale.size, np.int64)
    if given.ZeroPointLength():
        zero = np.broadcast_to(np.array(given.ZeroPointAsNumpy(), np.int64), scale.shape).copy()
    if not (np.all(np.isfinite(scale)) and np.all(scale > 0)):
        raise ValueError("a scale is not a positive number")
    return scale, zero, int(given.QuantizedDimension())


def _elements(raw: Array, dtype: str, shape: tuple[int, ...], size: int) -> Array:
    """Elements of a constant; two of 4 bits share a byte, the first in its low half."""
    if dtype == "int4":
        nibbles = np.stack([raw & 15, raw >> 4], axis=1).reshape(-1)[:size].astype(np.int8)
        return np.where(nibbles > 7, nibbles - 16, nibbles).astype(np.int8).reshape(shape)
    if dtype == "string":
        return raw
    return np.frombuffer(raw.tobytes(), dtype=np.dtype(dtype)).reshape(shape)
