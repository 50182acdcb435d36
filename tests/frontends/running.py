"""Runs operations that front ends made, and holds them to what they announce."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.numbers.pairing import PairForm
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType


def run(ops: tuple[Op, ...], element: IntType, rows: IntArray) -> tuple[IntType, IntArray]:
    """Apply operations to values [rows, n]; each row is a channel, each column a frame."""
    kind = TensorType((1, 1, rows.shape[0]), element)
    values = np.ascontiguousarray(rows.T)[:, None, None, :]
    return _apply(ops, kind, values)


def _apply(ops: tuple[Op, ...], kind: TensorType, values: IntArray) -> tuple[IntType, IntArray]:
    for op in ops:
        kind, values = step(op, (kind,), (values,))
    return kind.element, values[:, 0, 0, :].T


def step(
    op: Op, kinds: tuple[TensorType, ...], values: tuple[IntArray, ...]
) -> tuple[TensorType, IntArray]:
    """One operation; its type must be legal and hold its results."""
    assert op.problems(kinds) == []
    (kind,) = op.infer(kinds)
    (result,) = op.evaluate(kinds, values)
    assert kind.element.contains(result), f"{op}: results outside {kind}"
    return kind, result


def run_pair(
    form: PairForm, left: IntType, right: IntType, a: IntArray, b: IntArray
) -> tuple[IntType, IntArray]:
    """Apply a pair form to values [rows, n] each."""
    shape = (1, 1, a.shape[0])
    kinds = [TensorType(shape, left), TensorType(shape, right)]
    values = [np.ascontiguousarray(v.T)[:, None, None, :] for v in (a, b)]
    for side, ops in enumerate((form.left, form.right)):
        for op in ops:
            kinds[side], values[side] = step(op, (kinds[side],), (values[side],))
    kind, result = step(form.first, tuple(kinds), tuple(values))
    return _apply(form.then, kind, result)
