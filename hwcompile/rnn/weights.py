"""Weights of an LSTM in fixed point, checked: numbers, shapes, ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.types import IntArray
from hwcompile.rnn.formats import Format, Formats

Matrix = Any
"""A numpy array, a scipy.sparse matrix, or nested lists of numbers."""


@dataclass(frozen=True)
class FixedMatrix:
    """Integers with their fraction bits."""

    values: IntArray
    fraction: int


@dataclass(frozen=True)
class Matrices:
    """The weights in fixed point, with shapes that fit each other."""

    wx: FixedMatrix  # [4, C, X]
    wr: FixedMatrix  # [4, C, Y]
    bias: FixedMatrix  # [4, C]
    peepholes: tuple[FixedMatrix, ...]  # three of [C], or none
    projection: FixedMatrix  # [Y, C], or [0, C]

    @staticmethod
    def of(
        wx: Matrix,
        wr: Matrix,
        bias: Matrix | None,
        peepholes: Matrix | None,
        projection: Matrix | None,
        formats: Formats,
    ) -> Matrices:
        """Check and round the arguments of `lstm`; CompileError HW0240 to HW0242, HW0244."""
        x, r = gates_of(wx, 4, "the input weights"), gates_of(wr, 4, "the recurrent weights")
        cells, outputs = x.shape[1], r.shape[2]
        if r.shape[1] != cells:
            raise misfit("the recurrent weights", r.shape, f"[4, {cells}, outputs]")
        b = array_of(np.zeros((4, cells)) if bias is None else bias, "the biases")
        if b.size != 4 * cells:
            raise misfit("the biases", b.shape, f"[4, {cells}]")
        p = array_of(np.zeros((0, cells)) if projection is None else projection, "the projection")
        rows = outputs if projection is not None else 0
        if p.shape != (rows, cells):
            raise misfit("the projection", p.shape, f"[{outputs}, {cells}]")
        if projection is None and outputs != cells:
            raise misfit("the recurrent weights", r.shape, f"[4, {cells}, {cells}]")
        peeps = []
        if peepholes is not None:
            array = array_of(peepholes, "the peepholes")
            if array.shape != (3, cells):
                raise misfit("the peepholes", array.shape, f"[3, {cells}]")
            peeps = [
                fixed(row, form, "the peepholes")
                for row, form in zip(array, formats.peepholes, strict=True)
            ]
        return Matrices(
            fixed(x, formats.wx, "the input weights"),
            fixed(r, formats.wr, "the recurrent weights"),
            fixed(b.reshape(4, cells), formats.bias, "the biases"),
            tuple(peeps),
            fixed(p, formats.projection, "the projection"),
        )


def misfit(what: str, shape: tuple[int, ...], wanted: str) -> CompileError:
    """The finding that a matrix does not fit the others (HW0241)."""
    return fail(
        "HW0241",
        f"{what} have the shape {list(shape)} instead of {wanted}",
        "the shapes of a layer's matrices follow from each other",
        "the gates' matrices stacked, one below the other",
    )


def array_of(matrix: Matrix, what: str) -> npt.NDArray[Any]:
    """A dense array of finite numbers."""
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    try:
        array = np.asarray(dense)
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        what = f"{what} are not an array of numbers"
        raise fail("HW0240", what, fix="a numpy array, or a matrix of scipy.sparse") from None
    if not np.isfinite(numbers).all():
        count = int(np.count_nonzero(~np.isfinite(numbers)))
        where = [int(i) for i in np.argwhere(~np.isfinite(numbers))[0]]
        raise fail(
            "HW0240",
            f"{what} hold {count} values that are not finite, the first at {where}",
            "fixed-point numbers have neither infinity nor NaN",
            "checking the training or the export",
        )
    return array if np.issubdtype(array.dtype, np.integer) else numbers


def gates_of(matrix: Matrix, count: int, what: str) -> npt.NDArray[Any]:
    """[count, C, n] from one stacked matrix or from `count` of them."""
    if isinstance(matrix, Sequence) and len(matrix) == count and hasattr(matrix[0], "shape"):
        parts = [array_of(part, what) for part in matrix]
        if any(part.ndim != 2 or part.shape != parts[0].shape for part in parts):
            raise misfit(what, parts[0].shape, "[cells, inputs], equal for all gates")
        array = np.stack(parts)
    else:
        array = array_of(matrix, what)
        if array.ndim == 2 and array.shape[0] % count == 0:
            array = array.reshape(count, -1, array.shape[1])
    if array.ndim != 3 or array.shape[0] != count or array.size == 0:
        raise misfit(what, array.shape, f"[{count} * cells, inputs]")
    return array


def fixed(array: npt.NDArray[Any], form: Format, what: str) -> FixedMatrix:
    """Floats rounded to the format, integers as they are."""
    if not 2 <= form.bits <= 24:
        bits, why = f"the format of {what} has {form.bits} bits", "2 to 24 are supported"
        raise fail("HW0244", bits, why, "a format of 24 bits or fewer")
    limit = form.type
    if np.issubdtype(array.dtype, np.integer):
        values = array.astype(np.int64)
        if not limit.contains(values):
            reach = f"[{int(values.min())}, {int(values.max())}]"
            raise fail(
                "HW0242",
                f"{what} reach over {reach}, which is more than {form.bits} bits hold",
                "integer weights are taken as they are",
                "a wider format, or weights as floating-point numbers",
            )
        return FixedMatrix(values, form.fraction or 0)
    largest = float(np.abs(array).max(initial=0.0))
    fraction = form.fraction
    if fraction is None:
        exponent = int(np.ceil(np.log2(largest))) if largest > 0 else 0
        fraction = form.bits - 1 - exponent
        if round(largest * 2.0**fraction) > limit.high:
            fraction -= 1
    elif largest * 2.0**fraction > limit.high + 1:
        raise fail(
            "HW0242",
            f"{what} reach {largest:g}, which {form.bits} bits with {fraction} behind the point "
            "do not hold",
            fix="fewer fraction bits, or none stated, so that they are chosen",
        )
    rounded = np.clip(np.rint(array * 2.0**fraction), limit.low, limit.high)
    return FixedMatrix(rounded.astype(np.int64), fraction)
