"""Writes TensorFlow Lite files: small models with random numbers, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import tflite

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Meaning:
    """Scales and zero points; `axis` is that of several scales."""

    scale: float | Sequence[float]
    zero: int = 0
    axis: int = 0


@dataclass
class LiteWriter:
    """Collects tensors and operators, and writes them.

    Attributes:
        tensors: Name, shape, type, meaning and elements of each.
        operators: Kind, operands, results, options and version of each.
        variables: Numbers of tensors that outlive a frame.
        inner: By an operator's number: tensors that say the scales of what is computed inside.
        once: A second subgraph, for `CALL_ONCE`.
    """

    tensors: list[tuple[str, tuple[int, ...], str, Meaning | None, Array | None]] = field(
        default_factory=list
    )
    operators: list[tuple[str, list[int], list[int], str, Mapping[str, Any], int]] = field(
        default_factory=list
    )
    variables: set[int] = field(default_factory=set)
    inner: dict[int, list[int]] = field(default_factory=dict)
    once: LiteWriter | None = None

    def tensor(
        self,
        shape: Sequence[int],
        meaning: Meaning | None = None,
        dtype: str = "int8",
        data: Array | None = None,
    ) -> int:
        """A tensor; its number."""
        name = f"t{len(self.tensors)}"
        self.tensors.append((name, tuple(shape), dtype, meaning, data))
        return len(self.tensors) - 1

    def constant(self, data: Array, meaning: Meaning | None = None, dtype: str = "") -> int:
        """A constant tensor."""
        return self.tensor(data.shape, meaning, dtype or str(data.dtype), data)

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        result: int | Sequence[int],
        table: str = "",
        version: int = 1,
        **options: Any,
    ) -> None:
        """An operator with the options of a table of the schema."""
        outputs = [result] if isinstance(result, int) else list(result)
        self.operators.append((kind, list(inputs), outputs, table, options, version))

    def save(self, path: Path, inputs: Sequence[int], outputs: Sequence[int]) -> Path:
        """Write the file."""
        path.write_bytes(self.bytes(inputs, outputs))
        return path

    def bytes(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """The file's contents."""
        b = flatbuffers.Builder(1024)
        buffers = [_table(b, "Buffer")]
        parts: list[tuple[LiteWriter, Sequence[int], Sequence[int]]] = [(self, inputs, outputs)]
        if self.once is not None:
            parts.append((self.once, [], []))
        kinds = sorted({(op[0], op[5]) for part, _, _ in parts for op in part.operators})
        codes = [
            _table(
                b,
                "OperatorCode",
                DeprecatedBuiltinCode=min(getattr(tflite.BuiltinOperator, kind), 127),
                BuiltinCode=getattr(tflite.BuiltinOperator, kind),
                Version=version,
            )
            for kind, version in kinds
        ]
        graphs = [part.graph(b, buffers, kinds, x, y) for part, x, y in parts]
        model = _table(
            b,
            "Model",
            Version=3,
            OperatorCodes=_offsets(b, codes),
            Subgraphs=_offsets(b, graphs),
            Buffers=_offsets(b, buffers),
        )
        b.Finish(model, b"TFL3")
        return bytes(b.Output())

    def graph(
        self,
        b: flatbuffers.Builder,
        buffers: list[int],
        kinds: Sequence[tuple[str, int]],
        inputs: Sequence[int],
        outputs: Sequence[int],
    ) -> int:
        """The subgraph in a file; its constants join the buffers."""
        tensors = []
        for i, (name, shape, dtype, meaning, data) in enumerate(self.tensors):
            number = 0
            if data is not None:
                raw = b.CreateNumpyVector(np.frombuffer(_packed(data, dtype), np.uint8))
                buffers.append(_table(b, "Buffer", Data=raw))
                number = len(buffers) - 1
            tensors.append(_tensor(b, name, shape, dtype, meaning, number, i in self.variables))
        operators = [
            _operator(b, op, kinds.index((op[0], op[5])), self.inner.get(i, []))
            for i, op in enumerate(self.operators)
        ]
        return _table(
            b,
            "SubGraph",
            Tensors=_offsets(b, tensors),
            Inputs=b.CreateNumpyVector(np.array(inputs, np.int32)),
            Outputs=b.CreateNumpyVector(np.array(outputs, np.int32)),
            Operators=_offsets(b, operators),
        )


def _packed(data: Array, dtype: str) -> bytes:
    if dtype != "int4":
        return np.ascontiguousarray(data, dtype=dtype).tobytes()
    nibbles = (data.reshape(-1) & 15).astype(np.uint8)
    nibbles = np.append(nibbles, np.zeros(nibbles.size % 2, np.uint8)).reshape(-1, 2)
    return (nibbles[:, 0] | (nibbles[:, 1] << 4)).tobytes()


def _table(b: flatbuffers.Builder, kind: str, **fields: Any) -> int:
    getattr(tflite, f"{kind}Start")(b)
    for name, value in fields.items():
        getattr(tflite, f"{kind}Add{name}")(b, value)
    made: int = getattr(tflite, f"{kind}End")(b)
    return made


def _offsets(b: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    made: int = b.EndVector()
    return made


def _tensor(
    b: flatbuffers.Builder,
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    meaning: Meaning | None,
    buffer: int,
    variable: bool,
) -> int:
    given: dict[str, Any] = {"IsVariable": True} if variable else {}
    if meaning is not None:
        scale = np.atleast_1d(np.asarray(meaning.scale, np.float32))
        given["Quantization"] = _table(
            b,
            "QuantizationParameters",
            Scale=b.CreateNumpyVector(scale),
            ZeroPoint=b.CreateNumpyVector(np.full(scale.size, meaning.zero, np.int64)),
            QuantizedDimension=meaning.axis,
        )
    return _table(
        b,
        "Tensor",
        Name=b.CreateString(name),
        Shape=b.CreateNumpyVector(np.array(shape, np.int32)),
        Type=getattr(tflite.TensorType, dtype.upper()),
        Buffer=buffer,
        **given,
    )


def _operator(
    b: flatbuffers.Builder,
    op: tuple[str, list[int], list[int], str, Mapping[str, Any], int],
    code: int,
    inner: Sequence[int],
) -> int:
    _, inputs, outputs, table, options, _ = op
    given = {}
    if inner:
        given["Intermediates"] = b.CreateNumpyVector(np.array(inner, np.int32))
    if table:
        lists = {n: b.CreateNumpyVector(np.array(v, np.int32)) for n, v in options.items()
                 if isinstance(v, list | tuple)}  # fmt: skip
        lists |= {n: b.CreateString(v) for n, v in options.items() if isinstance(v, str)}
        given["BuiltinOptions"] = _table(b, table, **{**options, **lists})
        given["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, table)
    return _table(
        b,
        "Operator",
        OpcodeIndex=code,
        Inputs=b.CreateNumpyVector(np.array(inputs, np.int32)),
        Outputs=b.CreateNumpyVector(np.array(outputs, np.int32)),
        **given,
    )
