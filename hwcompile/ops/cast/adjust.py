"""Add, round, shift, fit: the pipeline of a change of format."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.rows import Field, RowTable, merged
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.contract.instance import Instance, Name
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe

_BY_VALUE = {
    "zero": "TowardsZero",
    "half_away": "TiesAway",
    "half_zero": "TiesToZero",
    "half_even": "TiesToEven",
}
_FIT = {"wrap": "Wrap", "saturate": "Saturate", "zero": "Zero"}


class Adjuster(BuiltPipe[Cast]):
    """The constants of a site in the words of `hw_cast`."""

    @cached_property
    def rounding(self) -> str:
        """`Constant` when what is added does not depend on the number."""
        if not np.any(self.site.op.grain > 0):
            return "Constant"
        nonnegative = self.site.inputs[0].element.low >= 0 and np.all(self.site.op.offset >= 0)
        if nonnegative and self.site.op.rounding in ("zero", "half_away", "half_zero"):
            return "Constant"
        return _BY_VALUE.get(self.site.op.rounding, "Constant")

    @cached_property
    def bias(self) -> IntArray:
        """Added to every number of a row, int64 [R]: the offset and a constant rounding."""
        op = self.site.op
        if self.rounding != "Constant":
            return op.offset
        half = (np.int64(1) << op.grain) >> 1
        added = {
            "half_up": half,
            "half_away": half,
            "half_down": np.maximum(half - 1, 0),
            "half_zero": np.maximum(half - 1, 0),
        }
        bias: IntArray = op.offset + added.get(op.rounding, np.zeros_like(half))
        return bias

    @property
    def fit(self) -> str:
        """`None` when no input of the type leaves the range."""
        op = self.site.op
        return _FIT[op.overflow] if op.overflows(self.site.inputs[0].element) else "None"

    @cached_property
    def table(self) -> RowTable:
        """Constants of the rows."""
        return RowTable(merged(self._fields), self.site.inputs[0].shape, self.parallel)

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        op, out = self.site.op, self.out_bits
        columns = [(self.bias, self.bias_bits), ((np.int64(1) << op.grain) - 1, self.mask_bits)]
        if self.fit == "Wrap":
            columns += [(op.period - 1, out), ((op.low < 0).astype(np.int64), 1)]
        elif self.fit != "None":
            # No result lies beyond the element, so no limit has to.
            element = self.site.outputs[0].element
            limits = (np.clip(ends, element.low, element.high) for ends in (op.low, op.high))
            columns += [(ends, out + 1) for ends in limits]
        return tuple(Field(values[:, None], bits) for values, bits in columns)

    @property
    def bias_bits(self) -> int:
        """Bits of the bias in two's complement."""
        return max(int(v if v >= 0 else -v - 1).bit_length() + 1 for v in self.bias.tolist())

    @property
    def mask_bits(self) -> int:
        """Digits that the coarsest row rounds away, at least 1."""
        return max(int(self.site.op.grain.max()), 1)

    @cached_property
    def sum_bits(self) -> int:
        """Bits of the sums, sign included; what is left of them behind the shift too."""
        op, kind = self.site.op, self.site.inputs[0].element
        wide = op.sum_type(kind)
        return max(wide.bits + (not wide.signed), op.right + 1, self.mask_bits + 1, self.bias_bits)

    @property
    def row_groups(self) -> int:
        """See `BuiltPipe.row_groups`."""
        return self.table.groups

    @property
    def stages(self) -> int:
        """The bias, a rounding that depends on the number, the fit; the row memory."""
        biased, rounded = bool(np.any(self.bias)), self.rounding != "Constant"
        return 1 + biased + rounded + self.row_stages(self.table.groups)

    @cached_property
    def needs(self) -> Resources:
        """An adder for a bias, one for a rounding, two comparisons for limits."""
        lanes, kept = self.parallel, self.sum_bits - self.site.op.right
        adders = self.sum_bits * (bool(np.any(self.bias)) + (self.rounding != "Constant"))
        limits = 2 * kept if self.fit in ("Saturate", "Zero") else 0
        logic = self.out_bits * (self.fit != "None") + self.mask_bits * (self.table.groups > 1)
        ff = adders + self.out_bits
        groups, width = self.table.groups, self.table.width
        later = self.row_registers(groups, width)
        total = Resources(lanes * logic, lanes * (adders + limits), lanes * ff + later)
        return total + memory(groups, width)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The bias, a rounding that depends on the number, the fit."""
        table, sums, kept = self.table, (self.sum_bits,), self.sum_bits - self.site.op.right
        found = []
        if np.any(self.bias):
            found.append(Path("bias", carries=sums))
        if self.rounding != "Constant":
            found.append(Path("rounding", 3, sums))
        found.append(Path("fit", 2, (kept,) if self.fit in ("Saturate", "Zero") else ()))
        first, *others = found
        return (*self.row_paths(table.groups, table.width, first), *others)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_cast`."""
        op, table, kind = self.site.op, self.table, self.site.inputs[0].element
        return Instance(
            "hw_cast",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "InSigned": kind.signed,
                "OutWidth": self.out_bits,
                "BiasWidth": self.bias_bits,
                "MaskWidth": self.mask_bits,
                "SumWidth": self.sum_bits,
                "Left": op.left,
                "Right": op.right,
                "Bias": bool(np.any(self.bias)),
                "Rounding": Name("hw_cast_rounding", self.rounding),
                "Fit": Name("hw_cast_fit", self.fit),
                "Groups": table.groups,
                "Shared": table.shared,
                **self.row_parameters(table.groups),
                "RowFile": table.image(),
            },
        )

    @property
    def comment(self) -> str:
        """Both shifts, rounding and overflow in words."""
        op = self.site.op
        how = f"shift left by {op.left}, right by {op.right}, round {op.rounding}"
        return f"{how}, {op.overflow if self.fit != 'None' else 'in range'}"


class Adjust(Pipe[Cast]):
    """`fit(round(x + bias))` with constants per row, in one to three stages."""

    name = "adjust"
    op = Cast
    built = Adjuster
    most_registers = 1
