"""Damaged model files: fields of the protobuf message changed at random, or bytes of the file."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import Message

from hwcompile.frontends.load import load_model
from tests.cli.small import model as small_model
from tests.fuzz.attempts import Attempt, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.damage import damaged_bytes, hostile
from tests.fuzz.figures import Figures
from tests.fuzz.files import Files
from tests.fuzz.networks import FLAVOURS, grown

MEMORY = 6 << 30
"""Bytes of address space that reading a model may take."""

INTEGERS = (0, 1, -1, 2, 3, 7, 16, 255, 2**31 - 1, -(2**31), 2**40, 2**63 - 1, -(2**63))
REALS = (0.0, -1.0, 1e38, -1e-38, float("nan"), float("inf"), 0.1)
Place = tuple[Message, Any]


def _places(message: Message) -> Iterator[Place]:
    """Every field that is set, of a message and all below it."""
    for field, value in message.ListFields():
        yield message, field
        if field.message_type is not None:
            inner = value if isinstance(value, Message) else None
            for part in [inner] if inner is not None else value:
                yield from _places(part)


def _scalar(field: Any, before: Any, rng: np.random.Generator) -> Any:
    """Another value of a field's type, or the one it had."""
    kind = field.cpp_type
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return float(rng.choice(REALS))
    if kind == field.CPPTYPE_ENUM:
        return int(rng.choice([v.number for v in field.enum_type.values]))
    if kind == field.CPPTYPE_STRING:
        if isinstance(before, bytes):
            return damaged_bytes(before, rng)
        words = ["", "x", "Conv", "MatMul", "Loop", "If", "LSTM", hostile(rng).replace("\0", "")]
        return str(rng.choice(words))
    value = int(INTEGERS[int(rng.integers(len(INTEGERS)))])
    if kind in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32):
        value = max(0 if kind == field.CPPTYPE_UINT32 else -(2**31), min(value, 2**31 - 1))
    return max(value, 0) if kind == field.CPPTYPE_UINT64 else value


def damage(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Change, clear, repeat, exchange or lose one field."""
    places = list(_places(model))
    message, field = places[int(rng.integers(len(places)))]
    value = getattr(message, field.name)
    if not field.is_repeated if hasattr(field, "is_repeated") else field.label != 3:
        if field.message_type is None and rng.random() < 0.8:
            setattr(message, field.name, _scalar(field, value, rng))
        else:
            message.ClearField(field.name)
        return
    at, kind = int(rng.integers(len(value))), int(rng.integers(5))
    if kind == 0:
        del value[at]
    elif kind == 1:
        value.append(value[at])
    elif kind == 2 and field.message_type is None:
        value[at] = _scalar(field, value[at], rng)
    elif kind == 3 and len(value) > 1:
        rest = list(value)
        other = int(rng.integers(len(rest)))
        if field.message_type is None:
            value[at], value[other] = rest[other], rest[at]
        else:
            copy = type(rest[at])()
            copy.CopyFrom(rest[at])
            value[at].CopyFrom(rest[other])
            value[other].CopyFrom(copy)
    elif field.message_type is None:
        value.append(_scalar(field, value[at], rng))


def _base(rng: np.random.Generator) -> onnx.ModelProto:
    if rng.random() < 0.1:
        return small_model()
    flavour = str(rng.choice(list(FLAVOURS)))
    model, outputs, _ = grown(flavour, rng, most=6)
    return model.proto(outputs)


def run(budget: Budget) -> Figures:
    """Read damaged models."""
    files, path = Files(budget, 1000), budget.folder / "model.onnx"
    if budget.share >= 1:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for case in budget.cases(1000):
        rng = budget.rng(case)
        model = _base(rng)
        for _ in range(int(rng.integers(1, 4))):
            damage(model, rng)
        data = model.SerializeToString()
        if rng.random() < 0.15:
            data = damaged_bytes(data, rng)

        def read(contents: bytes) -> Attempt:
            path.write_bytes(contents)
            return attempt(lambda: load_model(path))

        files.judge(case, "model.onnx", data, read)
    return files.figures
