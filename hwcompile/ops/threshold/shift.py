"""Add, shift, clamp: a requantization by a power of two, which needs no multiplier."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ops.arithmetic.rows import Field, RowTable, merged
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.multiplier import holds, solve_shift
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.requantize import Affine, affine, constant_bits
from hwcompile.ops.threshold.staircase import Staircase, staircase
from hwcompile.ops.threshold.ties import solve_even


class AddShift(BuiltPipe[Threshold]):
    """The integers of a shift, and an adder per lane."""

    @cached_property
    def solution(self) -> tuple[Affine, int]:
        """The integers, and the shift to the left in front."""
        found = _solution(staircase(self.site), self.out_bits)
        if found is None:
            raise InternalError("a shift was asked for thresholds that are no power of two's")
        return found

    @property
    def form(self) -> Affine:
        """The integers."""
        return self.solution[0]

    @cached_property
    def table(self) -> RowTable:
        """Biases, signs and floors of the rows."""
        return RowTable(_fields(self.form, self.out_bits), self.site.inputs[0].shape, self.parallel)

    @property
    def row_groups(self) -> int:
        """See `BuiltPipe.row_groups`."""
        return self.table.groups

    @property
    def stages(self) -> int:
        """Sum, clamp if needed, the floor; the row memory."""
        return 1 + self.form.clamp + self.apart + self.row_stages(self.table.groups)

    @property
    def apart(self) -> bool:
        """A row's floor is added in a cycle of its own."""
        return self.registers > 0 and self.form.offset

    @cached_property
    def needs(self) -> Resources:
        """An adder unless B is zero everywhere, and two comparisons unless nothing is clamped."""
        form, parallel = self.form, self.parallel
        moved = bool(np.any(form.bias != 0) or np.any(form.factor < 0))
        kept = form.sum_bits - form.shift
        clamped = self.out_bits if form.clamp else 0
        # With ties, what is dropped stands in registers too, and is compared with zero.
        dropped = form.shift if form.half_even else 0
        lanes = Resources(
            parallel * (clamped + dropped / 3),
            parallel * ((form.sum_bits if moved else 0) + (2 * kept if form.clamp else 0)),
            parallel * (kept + clamped + dropped),
        )
        table = self.table
        later = self.row_registers(table.groups, table.width)
        later += parallel * 2 * self.out_bits if self.apart else 0
        return lanes + memory(table.groups, table.width) + Resources(ff=later)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Sum and clamp."""
        form, table = self.form, self.table
        total = Path("sum", 1, (form.sum_bits,))
        kept = form.sum_bits - form.shift
        behind = (self.out_bits,) if form.offset and not self.apart else ()
        clamp = Path("clamp", 2 + form.half_even, (kept, *behind))
        return (*self.row_paths(table.groups, table.width, total), clamp)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_rescale`."""
        (form, left), table, kind = self.solution, self.table, self.site.inputs[0].element
        return Instance(
            "hw_rescale",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "InSigned": kind.signed,
                "OutWidth": self.out_bits,
                "BiasWidth": constant_bits(form.bias),
                "SumWidth": form.sum_bits,
                "Left": left,
                "Shift": form.shift,
                "HalfEven": form.half_even,
                **form.clamp_parameters,
                "Groups": table.groups,
                "Shared": table.shared,
                **({"Later": True} if self.apart else self.row_parameters(table.groups)),
                "RowFile": table.image(),
            },
        )

    @property
    def comment(self) -> str:
        """Both shifts."""
        form, left = self.solution
        ties = ", ties to even" if form.half_even else ""
        groups = f"{self.table.groups} group(s) of constants"
        return f"shift left by {left}, right by {form.shift}{ties}, {groups}"


class Shift(Pipe[Threshold]):
    """`clamp(((+-x << left) + B) >> shift)`; with B = 0 and no clamp nothing but a register.

    The shift rounds down, or to the even neighbour where it drops nothing but zeros.
    """

    name = "shift"
    op = Threshold
    built = AddShift
    most_registers = 1

    def unable(self, site: Site[Threshold]) -> str | None:
        """When the rows do not share one power of two."""
        if _solution(staircase(site), site.outputs[0].element.bits) is None:
            return "the thresholds are not those of a common power of two"
        return None


@lru_cache(maxsize=1024)
def _solution(stairs: Staircase, out_bits: int) -> tuple[Affine, int] | None:
    wanted = (stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    solved = solve_shift(*wanted) or solve_even(*wanted)
    if solved is None:
        return None
    found, left = solved
    assert holds(found, *wanted)
    form = affine(found, stairs, out_bits)
    return None if form is None else (form, left)


@lru_cache(maxsize=1024)
def _fields(form: Affine, out_bits: int) -> tuple[Field, ...]:
    fields = [
        Field(form.bias[:, None], constant_bits(form.bias)),
        Field((form.factor < 0).astype(np.int64)[:, None], 1),
    ]
    if form.floor is not None:
        fields.append(Field(form.floor[:, None], out_bits))
    return merged(fields)
