"""Number formats of an LSTM's signals, and the functions that its tables sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import fail
from hwcompile.ir.types import IntArray, IntType

FloatArray = npt.NDArray[np.float64]

CLIP = 1 / 256
"""How far a function may still be from its limit where its table ends, if sums can reach there."""


@dataclass(frozen=True)
class Format:
    """A signed fixed-point format: an integer q of `bits` bits means q / 2**fraction.

    Without `fraction`, the format of a matrix gets as many fraction bits as its values allow.
    """

    bits: int
    fraction: int | None = None

    @property
    def type(self) -> IntType:
        """The integers of the format."""
        return IntType(-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1)

    def known(self) -> int:
        """Fraction bits of a format that must state them."""
        if self.fraction is None:
            raise fail(
                "HW0244",
                f"the format of {self.bits} bits says nothing about its fraction",
                "only matrices can choose it by themselves",
                "giving `fraction`",
            )
        return self.fraction


@dataclass(frozen=True)
class Table:
    """Samples of a function over [-reach, reach): `size` of them, both powers of two."""

    size: int = 2048
    reach: int = 16

    @property
    def step_bits(self) -> int:
        """The distance of two samples is 2**-step_bits."""
        return self.size.bit_length() - 1 - (2 * self.reach).bit_length() + 1


@dataclass(frozen=True)
class Formats:
    """Formats of all signals of an LSTM.

    Attributes:
        x, y, c, m: Input, output, cell state, and the cell's output before the projection.
            Without a projection the output has the format `m`.
        wx, wr, projection: Weights of the three kinds of matrices; one format for all four gates.
        peepholes: Of the input, forget and output gate.
        bias: Of the biases.
        gate: Results of the tables.
        sigma, tanh: The tables. The candidate's table is `tanh`, or `sigma` if it is a sigmoid.
    """

    x: Format = Format(16, 12)
    y: Format = Format(16, 12)
    c: Format = Format(16, 11)
    m: Format = Format(16, 15)
    wx: Format = Format(12)
    wr: Format = Format(12)
    projection: Format = Format(12)
    peepholes: tuple[Format, Format, Format] = (Format(12), Format(12), Format(12))
    bias: Format = Format(16)
    gate: Format = Format(16, 15)
    sigma: Table = field(default_factory=Table)
    tanh: Table = field(default_factory=lambda: Table(2048, 8))


def _sigma(z: FloatArray) -> FloatArray:
    values: FloatArray = 1 / (1 + np.exp(-z))
    return values


def _hard_sigma(z: FloatArray) -> FloatArray:
    values: FloatArray = np.clip(z / 4 + 0.5, 0, 1)
    return values


def _hard_tanh(z: FloatArray) -> FloatArray:
    values: FloatArray = np.clip(z, -1, 1)
    return values


def _tanh(z: FloatArray) -> FloatArray:
    values: FloatArray = np.tanh(z)
    return values


FUNCTIONS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "sigma": _sigma,
    "tanh": _tanh,
    "hard_sigma": _hard_sigma,
    "hard_tanh": _hard_tanh,
}
"""What gates, candidate and squashing may be: max(0, min(1, z/4 + 1/2)) is `hard_sigma`."""


def samples(function: str, table: Table, form: Format) -> IntArray:
    """The function at the middle of each interval of the table, in the format."""
    sizes = (table.size, table.reach)
    if any(n < 1 or n & (n - 1) for n in sizes) or not 2 <= table.size <= 1 << 16:
        raise fail(
            "HW0243",
            f"a table has {table.size} samples over ±{table.reach}",
            "both must be powers of two, the samples at most 65536",
            "2048 samples over ±16",
        )
    if function not in FUNCTIONS:
        raise fail("HW0243", f"there is no function '{function}'", fix=", ".join(FUNCTIONS))
    steps = np.arange(table.size, dtype=np.float64) - table.size // 2 + 0.5
    places: FloatArray = np.ldexp(steps, -table.step_bits)
    values = np.rint(FUNCTIONS[function](places) * 2.0 ** form.known())
    clipped: IntArray = np.clip(values, form.type.low, form.type.high).astype(np.int64)
    return clipped


def must_not_clip(function: str, table: Table, reach: float) -> None:
    """Refuse a table whose input passes its end while the function has not settled (HW0243)."""
    ends = np.array([float(table.reach), 1e3])
    left = float(abs(np.diff(FUNCTIONS[function](ends)))[0])
    if reach > table.reach and left > CLIP:
        raise fail(
            "HW0243",
            f"the table of {function} ends at ±{table.reach}, where it is {left:.3g} away from its "
            f"limit, but its input reaches {reach:.4g}",
            "values beyond the end get the result at the end",
            f"a table with a larger reach, for example {2 * table.reach}",
        )
