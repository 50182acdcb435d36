"""Constants of hls4ml's layers as integers, through the text that hls4ml writes them as.

hls4ml prints weights with as many decimal digits as their format has binary ones, and its C++
reads that text into the format, with the format's own modes. So the integers are those of the
text, not those of the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.frontends.hls4ml.formats import FloatArray, Format, format_of
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
    precision_fmt: str


@dataclass(frozen=True, eq=False)
class Constants:
    """Integers of a weight variable and their format."""

    values: IntArray
    format: Format


def constants_of(variable: Variable, origin: Origin) -> Constants:
    """The integers that hls4ml's C++ computes with, in the shape of the data.

    Raises:
        CompileError: HW0291 for a type that is no fixed-point format.
    """
    form = format_of(variable.type.precision, origin)
    data = np.asarray(variable.data, dtype=np.float64)
    text = [variable.precision_fmt.format(value) for value in data.reshape(-1)]
    reals = np.array([float(value) for value in text], dtype=np.float64)
    return Constants(form.of_reals(reals).reshape(data.shape), form)
