"""Multiply, add, shift, clamp, and a bit per step that moves it by one value of x.

Chains that a runtime evaluates in float32 put many thresholds on the wrong side of the line that
they follow, by one value of x each. `requantize` patches a few of them; here every step has a bit
that says whether it comes one value of x later than the line has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.cut_product import CutProduct
from hwcompile.ops.arithmetic.rows import Field, RowTable, row_layout
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.multiplier import solve_late
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.requantize import MOST_SUM_BITS, constant_bits
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_LEVEL_BITS = 12


@dataclass(frozen=True, eq=False)
class LateLine:
    """`y = floor + level - late[level]` where x is the first with that level of the line.

    Attributes:
        factor: int64 [R], not negative.
        bias: int64 [R].
        shift: Bits dropped.
        late: uint8 [R, n + 1]; the first is 0.
        floor: int64 [R].
        sum_bits: Width of products and sums, and of `n << shift`.
    """

    factor: IntArray
    bias: IntArray
    shift: int
    late: IntArray
    floor: IntArray
    sum_bits: int

    @property
    def steps(self) -> int:
        """Steps of a row: n."""
        return int(self.late.shape[1]) - 1

    @property
    def alike(self) -> bool:
        """One row serves all."""
        rows = np.concatenate([self.late, np.stack([self.factor, self.bias, self.floor], 1)], 1)
        return bool(np.all(rows == rows[0]))

    @property
    def row_floor(self) -> bool:
        """The rows' floors differ."""
        return bool(np.any(self.floor != self.floor[0]))


class MovedSteps(BuiltPipe[Threshold]):
    """A multiplier per lane, and a memory of the bits that move steps."""

    @cached_property
    def line(self) -> LateLine:
        """The line and the steps off it."""
        line = _solution(staircase(self.site))
        if line is None:
            raise InternalError("a line was asked for thresholds that lie off every line")
        return line

    @cached_property
    def table(self) -> RowTable:
        """Factors, biases and floors of the rows."""
        line = self.line
        fields = [
            Field(line.factor[:, None], constant_bits(line.factor)),
            Field(line.bias[:, None], constant_bits(line.bias)),
        ]
        if line.row_floor:
            fields.append(Field(line.floor[:, None], self.out_bits))
        if line.alike:
            fields = [Field(field.values[:1], field.bits) for field in fields]
        return RowTable(tuple(fields), self.site.inputs[0].shape, self.parallel)

    @property
    def product(self) -> CutProduct:
        """The multiplication, in parts for a fast clock."""
        element = self.site.inputs[0].element
        left = element.bits + (not element.signed)
        return CutProduct.of(left, constant_bits(self.line.factor), self.registers)

    @property
    def later(self) -> bool:
        """The bit of a step has a register behind its memory."""
        return self.registers > 0

    @property
    def row_groups(self) -> int:
        """See `BuiltPipe.row_groups`."""
        return self.table.groups

    @property
    def stages(self) -> int:
        """Product; sum, level, the bit of its step, result; the row memory."""
        return self.product.stages + 3 + self.later + self.row_stages(self.table.groups)

    @property
    def bits(self) -> Memory:
        """Of a lane: a bit for every step of every group."""
        return Memory(self.table.groups << self.line.steps.bit_length(), 1)

    @cached_property
    def needs(self) -> Resources:
        """Multiplier, adder, three comparisons and a subtraction per lane; rows and bits."""
        line, parallel, table, out = self.line, self.parallel, self.table, self.out_bits
        product, bias = self.product, constant_bits(line.bias)
        levels, kept = line.steps.bit_length(), line.sum_bits - line.shift
        floor = out if line.row_floor else 0
        registers = 2 * line.sum_bits + bias + 2 * product.right + levels + out + 1
        registers += (product.stages - 1) * (bias + product.right + floor)
        registers += out + 2 if self.later else 0
        lanes = Resources(
            parallel * levels,
            parallel * (line.sum_bits + 2 * kept + line.shift + out),
            parallel * (registers + 3 * floor),
            (),
            product.products(parallel),
        )
        lanes += product.beside(line.sum_bits).times(parallel)
        bits = memory(self.bits.depth, 1, count=parallel)
        later = Resources(ff=self.row_registers(table.groups, table.width))
        return lanes + bits + memory(table.groups, table.width) + later

    @property
    def paths(self) -> tuple[Path, ...]:
        """Product, sum, level, and what becomes of the bit of a step."""
        line, table, out = self.line, self.table, self.out_bits
        first, *parts = self.product.paths(line.sum_bits, self.parallel)
        product = self.row_paths(table.groups, table.width, first)
        total = Path("sum", carries=(line.sum_bits,))
        level = Path("level", 2, (line.sum_bits - line.shift,))
        rest = Path("first of a level", 1, (line.shift,))
        ends = [Path("moved steps and result", 1, (out, out), memory=self.bits)]
        if self.later:
            ends = [Path("moved steps", memory=self.bits), Path("result", 1, (out,))]
        return (*product, *parts, total, level, rest, *ends)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_late_requantize`."""
        line, table, kind = self.line, self.table, self.site.inputs[0].element
        return Instance(
            "hw_late_requantize",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "InSigned": kind.signed,
                "OutWidth": self.out_bits,
                "FactorWidth": constant_bits(line.factor),
                "BiasWidth": constant_bits(line.bias),
                "SumWidth": line.sum_bits,
                "Shift": line.shift,
                "Steps": line.steps,
                "Low": int(line.floor[0]),
                "RowFloor": line.row_floor,
                "Groups": table.groups,
                "Shared": table.shared,
                **({"Later": True} if self.later else {}),
                **self.product.parameters,
                "RowFile": table.image(),
                "LateFile": self._late_image(),
            },
        )

    def _late_image(self) -> MemoryImage:
        """Row {group, level}, a bit per lane."""
        line = self.line
        rows = 1 if line.alike else line.factor.size
        layout = row_layout(rows, self.site.inputs[0].shape, self.parallel)
        depth = 1 << line.steps.bit_length()
        bits = np.zeros((line.late.shape[0], depth), dtype=np.int64)
        bits[:, : line.steps + 1] = line.late
        return MemoryImage.pack(bits[layout].transpose(0, 2, 1).reshape(-1, layout.shape[1]), 1)

    @property
    def comment(self) -> str:
        """Factor, shift, and the steps that are moved."""
        line = self.line
        return (
            f"multiplier of {constant_bits(line.factor)} bits, shift by {line.shift}, "
            f"{int(line.late.sum())} steps moved by one, "
            f"{self.table.groups} group(s) of constants"
        )


class LateRequantize(Pipe[Threshold]):
    """One multiplication per element and one bit of memory per step; see the module.

    Of `registers`, one puts registers behind the memories, two cut a wide factor in two, or else a
    wide input, and three cut both.
    """

    name = "late_requantize"
    op = Threshold
    built = MovedSteps
    most_registers = 3

    def unable(self, site: Site[Threshold]) -> str | None:
        """When rows fall, or steps lie off their line by more than one value of x."""
        stairs = staircase(site)
        if np.any(stairs.slope < 0):
            return "a row falls"
        if stairs.steps.bit_length() > MOST_LEVEL_BITS:
            return f"{stairs.steps} thresholds are too many"
        if _solution(stairs) is None:
            return "thresholds lie off every line by more than one value"
        return None


@lru_cache(maxsize=1024)
def _solution(stairs: Staircase) -> LateLine | None:
    found = solve_late(stairs.thresholds, stairs.low, stairs.high)
    if found is None:
        return None
    line, late = found
    ends = [x * line.factor.astype(object) for x in (stairs.low, stairs.high)]
    values = [int(v) for part in (*ends, *(e + line.bias for e in ends), line.bias) for v in part]
    bits = max(constant_bits(values), line.shift + stairs.steps.bit_length() + 1)
    if bits > MOST_SUM_BITS:
        return None
    late = np.concatenate([np.zeros((late.shape[0], 1), dtype=np.int64), late], axis=1)
    bias = line.bias.astype(np.int64)
    return LateLine(line.factor, bias, line.shift, late, stairs.floor, bits)
