"""Constants of hls4ml's layers as integers, through the text that hls4ml writes them as.

hls4ml prints weights with as many decimal digits as their format has binary ones, and its C++
reads that text into the format, with the format's own modes. So the integers are those of the
text, not those of the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.frontends.hls4ml.formats import FloatArray, Format, Precision, format_of
from hwcompile.ir.types import IntArray


class Named(Protocol):
    """hls4ml's `NamedType`."""

    name: str
    precision: object


class Variable(Protocol):
    """hls4ml's `WeightVariable`."""

    name: str
    type: Named
    data: FloatArray
    shape: list[int]
    precision_fmt: str


@dataclass(frozen=True, eq=False)
class Constants:
    """Integers of a weight variable and their format.

    Where the format is one of exponents, an integer is twice the exponent, plus 1 for a negative
    number.
    """

    values: IntArray
    format: Format


def constants_of(variable: Variable, origin: Origin) -> Constants:
    """The integers that hls4ml's C++ computes with, in the shape of the data.

    Raises:
        CompileError: HW0291 for a type that is no fixed-point format.
    """
    if _kind(variable.type.precision).startswith("Exponent"):
        return _exponents(variable)
    form = format_of(variable.type.precision, origin)
    data = np.asarray(_dense(variable), dtype=np.float64)
    reals = [_read(variable, value) for value in data.reshape(-1)]
    return Constants(form.of_reals(np.array(reals, dtype=np.float64)).reshape(data.shape), form)


def is_compressed(variable: Variable) -> bool:
    """hls4ml keeps the numbers that are not zero alone."""
    return _kind(variable).startswith("Compressed")


def _kind(thing: object) -> str:
    return type(thing).__name__.removeprefix("AP").removeprefix("AC")


def _read(variable: Variable, value: float) -> float:
    """What the text of a number says."""
    return float(variable.precision_fmt.format(value))


def _dense(variable: Variable) -> FloatArray:
    """The data; those of a compressed variable are (column, row, number) of what is not zero."""
    if not is_compressed(variable):
        return variable.data
    matrix = np.zeros(variable.shape, dtype=np.float64)
    for column, row, number in variable.data:
        matrix[int(row), int(column)] = float(number)
    return matrix


def _exponents(variable: Variable) -> Constants:
    """Signs and logarithms as `ExponentWeightVariable` writes them, which has no zero."""
    bits = cast(Precision, variable.type.precision).width
    data = np.asarray(variable.data, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms = np.log2(np.abs(data)).astype(np.int64)
    texts = [_read(variable, value) for value in logarithms.reshape(-1).tolist()]
    codes = np.array([int(text) % (1 << bits) for text in texts], dtype=np.int64)
    exponents = codes - ((codes >> (bits - 1)) << bits)
    values = 2 * exponents.reshape(data.shape) + (data < 0)
    return Constants(values, Format(bits, bits, True, whole=True, exponent=True))
