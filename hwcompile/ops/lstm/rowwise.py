"""The kernel `rowwise`: a cell with factors of its own, one row of weights after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Struct, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.contract.needs import (
    Memory,
    MemoryKind,
    Multiplications,
    Resources,
    memory,
)
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Repeated, Timing
from hwcompile.ops.lstm.scaled import GATES, ONE, ScaledLstm

MOST_LANES = 256

_BEHIND = 22
"""Cycles from a sum to the state that it changes: `hw_scaled_cell`."""

_LINES = range(3, 9)
"""Digits between two samples of a function that are tried."""

_NO = np.zeros(1, dtype=np.int64)
_YES = np.ones(1, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Lines:
    """A function of 0 to 2^15 - 1 as lines between samples, and what they miss.

    Attributes:
        digits: Of the distance of two samples.
        starts: int64 [2^(15 - digits)].
        slopes: Likewise.
        rests: int64 [2^15].
    """

    digits: int
    starts: IntArray
    slopes: IntArray
    rests: IntArray

    @staticmethod
    def between(table: IntArray, digits: int) -> _Lines:
        starts = table[:: 1 << digits]
        slopes = np.diff(starts, append=starts[-1:])
        places = np.arange(ONE)
        line = (starts << digits)[places >> digits]
        line = line + slopes[places >> digits] * (places & ((1 << digits) - 1))
        return _Lines(digits, starts, slopes, table - ((line + (1 << (digits - 1))) >> digits))

    @staticmethod
    def of(table: IntArray) -> _Lines:
        """Those that take the fewest bits."""
        return min((_Lines.between(table, digits) for digits in _LINES), key=lambda one: one.bits)

    @property
    def slope_bits(self) -> int:
        return _signed_bits(self.slopes, 2)

    @property
    def rest_bits(self) -> int:
        return _signed_bits(self.rests, 1)

    @property
    def bits(self) -> int:
        return self.starts.size * (15 + self.slope_bits) + ONE * self.rest_bits

    @property
    def samples(self) -> MemoryImage:
        bits = self.slope_bits
        codes = self.starts | (self.slopes & ((1 << bits) - 1)) << 15
        parts = (LanePart(15), LanePart(bits, signed=True))
        return MemoryImage.pack(codes[:, None], 15 + bits, parts=parts)

    @property
    def missing(self) -> MemoryImage:
        return _image(self.rests[:, None], self.rest_bits)

    @property
    def memories(self) -> Resources:
        samples = memory(self.starts.size, 15 + self.slope_bits)
        return samples + memory(ONE, self.rest_bits)


class OneRow(Built[ScaledLstm]):
    """Lanes that multiply a word of y by one row's weights, and one pipeline for what follows."""

    @property
    def lanes(self) -> int:
        """Of a row."""
        return self.number("lanes")

    @property
    def words(self) -> int:
        """Cycles of a row."""
        return -(-self.op.units // self.lanes)

    @property
    def steps(self) -> int:
        """Of a frame."""
        return self.site.inputs[0].shape[1]

    @property
    def _tree(self) -> int:
        """Stages of the tree of adders, which adds four numbers in each."""
        return ((self.lanes - 1).bit_length() + 1) // 2

    @property
    def _sum_bits(self) -> int:
        return self.op.largest_sum.bit_length() + 1

    @property
    def _weight_bits(self) -> int:
        return _signed_bits(self.op.recurrent, 2)

    @cached_property
    def _functions(self) -> tuple[_Lines, _Lines, _Lines]:
        op = self.op
        return _Lines.of(op.sigma), _Lines.of(op.candidate), _Lines.of(op.squash)

    @cached_property
    def ports(self) -> Ports:
        """A unit's gates in a word, states element by element, and y and c of a unit in a word."""
        own, y, c = (kind.element for kind in self.site.inputs)
        units = self.op.units
        return Ports(
            (
                StreamFormat(self.steps, GATES * units, GATES, own),
                StreamFormat(1, units, 1, y),
                StreamFormat(1, units, 1, c),
            ),
            StreamFormat(self.steps, 2 * units, 2, self.site.outputs[0].element),
        )

    @property
    def _row_cycles(self) -> int:
        """Of a unit's rows."""
        return GATES * self.words

    @property
    def _stages(self) -> int:
        """From a unit's first cycle to its result."""
        return self._row_cycles - 1 + 3 + self._tree + _BEHIND

    @cached_property
    def timing(self) -> Timing:
        """States in; units of a step one after the other, the last one until its result is kept."""
        units = self.op.units
        states = {"in0": Access.stream(_NO), "in1": Access.stream(_YES), "in2": Access.stream(_YES)}
        load = Actor(_YES, states, {"out": _NO})
        last = self._unit(self._stages + 1)
        step = Repeated(((self._unit(self._row_cycles), units - 1), (last, 1)))
        return Timing({"main": Repeated(((load, units), (step, self.steps)))}, self._stages)

    def _unit(self, cycles: int) -> Actor:
        reads = {"in0": Access.stream(_YES), "in1": Access.stream(_NO), "in2": Access.stream(_NO)}
        return Actor(cycles * _YES, reads, {"out": _YES})

    @property
    def interval(self) -> int:
        """All states, and all rows of all steps."""
        step = (self.op.units - 1) * self._row_cycles + self._stages + 1
        return self.op.units + self.steps * step

    @cached_property
    def needs(self) -> Resources:
        """Lanes and their memories, the pipeline behind them, and functions."""
        units, lanes, y = self.op.units, self.lanes, self.op.y_type.bits
        product = self._weight_bits + y
        rows = 2 << (self.words - 1).bit_length()
        total = memory(GATES * units * self.words, lanes * self._weight_bits)
        total += memory(GATES * units, _signed_bits(self.op.bias, 2))
        total += memory(rows, y, MemoryKind.RAM, lanes)
        total += memory(1 << (units - 1).bit_length(), 16, MemoryKind.RAM)
        for lines in self._functions:
            total += lines.memories
            total += Resources(
                adders=64, ff=90, products=(Multiplications(lines.slope_bits, lines.digits + 1),)
            )
        products = (
            Multiplications(self._weight_bits, y, lanes),
            Multiplications(self._sum_bits, 32),
            Multiplications(16, 16, 3),
            Multiplications(31, 32),
        )
        adders = lanes * (product + 2) + self._sum_bits + 8 * 32 + 60
        registers = lanes * 2 * product + 16 * (self._tree + 16) + 650
        return total + Resources(lut=260, adders=adders, ff=registers, products=products)

    @property
    def paths(self) -> tuple[Path, ...]:
        """A product behind a memory, the wide products, and sums of two roundings."""
        y, weights = self.op.y_type.bits, GATES * self.op.units * self.words
        row = Memory(weights, self.lanes * self._weight_bits)
        wide = Multiplications(31, 32)
        return (
            Path("product", product=Multiplications(self._weight_bits, y), memory=row),
            Path("factor", product=wide),
            Path("rounding", 2, carries=(self._sum_bits + 33,)),
            Path("function", 1, carries=(32, 18)),
            CONTROL,
        )

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_scaled_lstm`."""
        parts = {**self._sizes(), "Cell": self._cell(), **self._memories()}
        return Instance("hw_scaled_lstm", parts)

    def _sizes(self) -> dict[str, Value]:
        kinds = zip(("Own", "Begin", "Cell"), self.site.inputs, strict=True)
        widths: dict[str, Value] = {}
        for name, kind in kinds:
            widths |= {f"{name}Bits": kind.element.bits, f"{name}Signed": kind.element.signed}
        return {
            "Units": self.op.units,
            "Steps": self.steps,
            "Lanes": self.lanes,
            "WBits": self._weight_bits,
            **widths,
            "OutBits": self.site.outputs[0].element.bits,
        }

    def _cell(self) -> Struct:
        """What follows the sums."""
        op = self.op
        *factors, hidden = op.factors
        y = np.array([op.y_type.low, op.y_type.high])
        fields = {
            "bias_bits": _signed_bits(op.bias, 2),
            "sum_bits": self._sum_bits,
            "y_bits": _signed_bits(y, 1),
            "new_digits": op.new_digits,
            "cell_low": op.c_type.low,
            "cell_high": op.c_type.high,
            "hidden_mantissa": hidden.mantissa,
            "hidden_first": hidden.first,
            "hidden_second": hidden.second,
            "zero": op.zero,
            "low": op.y_type.low,
            "high": op.y_type.high,
        }
        for gate, factor in zip("ifgo", factors, strict=True):
            fields[f"mantissa_{gate}"] = factor.mantissa
            fields[f"first_{gate}"] = factor.first
            fields[f"second_{gate}"] = factor.second
        for name, lines in zip(("sigma", "candidate", "squash"), self._functions, strict=True):
            fields[f"{name}_digits"] = lines.digits
            fields[f"{name}_slope_bits"] = lines.slope_bits
            fields[f"{name}_rest_bits"] = lines.rest_bits
        return Struct("hw_scaled", "cell", fields)

    def _memories(self) -> dict[str, Value]:
        """Rows in the order unit, gate, and their words."""
        units, missing = self.op.units, self.words * self.lanes - self.op.units
        rows = np.pad(self.op.recurrent.transpose(1, 0, 2), ((0, 0), (0, 0), (0, missing)))
        weights = rows.reshape(GATES * units * self.words, self.lanes)
        bias = self.op.bias.T.reshape(-1, 1)
        found: dict[str, Value] = {
            "WeightFile": _image(weights, self._weight_bits),
            "BiasFile": _image(bias, _signed_bits(bias, 2)),
        }
        for name, lines in zip(("Sigma", "Candidate", "Squash"), self._functions, strict=True):
            found |= {f"{name}File": lines.samples, f"{name}RestFile": lines.missing}
        return found

    @property
    def comment(self) -> str:
        """Lanes, and what a step takes."""
        rows = GATES * self.op.units
        return (
            f"{self.steps} steps of {rows} rows of {self.op.units} weights, {self.lanes} at a time"
        )


class RowWise(Kernel[ScaledLstm]):
    """One row of recurrent weights after the other, `lanes` weights at a time.

    A step begins when the last state of the step before is there: rows of a unit take
    `4 * ceil(units / lanes)` cycles, and a step 25 cycles and the adders' more than those of all.

    Parameters:
        lanes: Weights of a row that are multiplied in a cycle, from 1 to the number of units.
    """

    name = "rowwise"
    op = ScaledLstm
    built = OneRow

    def space(self, site: Site[ScaledLstm]) -> Iterable[Parameters]:
        """For every number of cycles of a row the fewest lanes, fewest first."""
        units = site.op.units
        fewest = {-(-units // words) for words in range(1, units + 1)}
        return [{"lanes": lanes} for lanes in sorted(fewest) if lanes <= MOST_LANES]

    def check(self, site: Site[ScaledLstm], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        most = min(site.op.units, MOST_LANES)
        if set(parameters) != {"lanes"}:
            return f"the parameter is lanes, not {sorted(parameters)}"
        lanes = parameters["lanes"]
        if not isinstance(lanes, int) or not 1 <= lanes <= most:
            return f"lanes must be from 1 to {most}, not {lanes!r}"
        return None


def _signed_bits(numbers: IntArray, least: int) -> int:
    """Of two's complement that holds them, at least so many."""
    ends = IntType(min(int(numbers.min()), -1), max(int(numbers.max()), 0))
    return max(ends.bits, least)


def _image(numbers: IntArray, bits: int) -> MemoryImage:
    return MemoryImage.pack(numbers & ((1 << bits) - 1), bits, signed=True)
