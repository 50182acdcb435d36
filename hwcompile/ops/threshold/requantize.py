"""Multiply, add, shift, clamp: the exact form of a requantization, one multiplier per lane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.cut_product import CutProduct
from hwcompile.ops.arithmetic.rows import Field, RowTable, merged
from hwcompile.ops.contract.instance import Instance, Struct, Value
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.multiplier import LevelMultiplier, holds, solve
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase
from hwcompile.ops.threshold.two_lines import solve_two

MOST_SUM_BITS = 62


@dataclass(frozen=True, eq=False)
class Affine:
    """`code = floor + clamp((x * factor + bias) >> shift, low, high) + change`.

    The change is `patch_change[r, p]` where x is `patch_at[r, p]`, and 0 elsewhere. With a pivot,
    `below[r]` takes the place of the bias where x <= pivot[r]. With `half_even`, an odd result of
    the shift that drops nothing but zeros is one less, and that is done before the clamp.

    Attributes:
        factor: int64 [R].
        bias: int64 [R].
        shift: Bits dropped.
        low: Lower clamp.
        high: Upper clamp.
        clamp: Some input needs the clamp, or there is something to add behind it.
        floor: int64 [R], or None when it is in the bias and the clamp, the same for all rows.
        sum_bits: Width of every product and sum, and one that holds both clamps after the shift.
        patch_at: int64 [R, P].
        patch_change: -1, 0 or 1, int64 [R, P].
        pivot: int64 [R], or None where one bias serves all x.
        below: int64 [R].
        half_even: Ties go to the even neighbour.
    """

    factor: IntArray
    bias: IntArray
    shift: int
    low: int
    high: int
    clamp: bool
    floor: IntArray | None
    sum_bits: int
    patch_at: IntArray
    patch_change: IntArray
    pivot: IntArray | None
    below: IntArray | None
    half_even: bool

    @property
    def bias_bits(self) -> int:
        """Bits of a bias, as two's complement."""
        biases = [self.bias] if self.below is None else [self.bias, self.below]
        return constant_bits(np.concatenate(biases))

    @property
    def patches(self) -> int:
        """Patches per row."""
        return int(self.patch_at.shape[1])

    @property
    def offset(self) -> bool:
        """Something is added behind the clamp."""
        return self.patches > 0 or self.floor is not None

    @property
    def repair(self) -> Struct:
        """What makes one line right everywhere."""
        fields = {"patches": self.patches, "two_lines": self.pivot is not None}
        return Struct("hw_repair", "repair", fields)

    @property
    def clamp_parameters(self) -> dict[str, Value]:
        """The parameters of `hw_shift_clamp` and the row floor."""
        return {
            "Clamp": self.clamp,
            "Low": self.low,
            "High": self.high,
            "RowFloor": self.floor is not None,
        }


def affine(found: LevelMultiplier, stairs: Staircase, out_bits: int) -> Affine | None:
    """Fold the floor, find the widths; None when the sum is too wide to be sensible."""
    floor, even = stairs.floor, found.late is not None
    same = bool(np.all(floor == floor[0]))
    low = int(floor[0]) if same else 0
    if found.late is not None and (low + found.late) % 2 == 0:
        # Odd results are the late ones; the step too many is taken away behind the clamp.
        same, low = False, low + 1
    biases = [bias + (low << found.shift) for bias in found.biases]
    products = [x * found.factor.astype(object) for x in (stairs.low, stairs.high)]
    sums = [product + bias for product in products for bias in biases]
    ends = [int(v) for part in (*products, *sums, *biases) for v in part]
    values = [int(v) >> found.shift for part in sums for v in part]
    high = low + stairs.steps
    clamp = even or not same or found.patch_at.size > 0 or min(values) < low or max(values) > high
    after = IntType(min(low, *values), max(high, *values, 0)).bits + 1
    sum_bits = max(constant_bits(ends), found.shift + max(after, out_bits))
    if sum_bits > MOST_SUM_BITS:
        return None
    return Affine(
        found.factor,
        biases[0].astype(np.int64),
        found.shift,
        low,
        high,
        clamp,
        None if same else floor - low,
        sum_bits,
        found.patch_at,
        found.patch_change,
        found.pivot,
        biases[1].astype(np.int64) if found.pivot is not None else None,
        even,
    )


def constant_bits(values: IntArray | list[int]) -> int:
    """Least width of a two's complement number that holds all `values`."""
    if isinstance(values, np.ndarray):
        values = [int(values.min()), int(values.max())]
    return IntType(min(*values, -1), max(*values, 0)).bits


class MultiplyAddShift(BuiltPipe[Threshold]):
    """The integers of a requantization, and a multiplier per lane."""

    @cached_property
    def form(self) -> Affine:
        """The integers."""
        form = _solution(staircase(self.site), self.out_bits)
        if form is None:
            raise InternalError("integers were asked for thresholds that none reproduce")
        return form

    @cached_property
    def table(self) -> RowTable:
        """Factors, biases, floors and patches of the rows."""
        fields = _fields(self.form, self.site.inputs[0].element.bits, self.out_bits)
        return RowTable(fields, self.site.inputs[0].shape, self.parallel)

    @property
    def factor_bits(self) -> int:
        """Bits of the multiplier, as two's complement."""
        return constant_bits(self.form.factor)

    @property
    def product(self) -> CutProduct:
        """The multiplication, in parts for a fast clock."""
        element = self.site.inputs[0].element
        left = element.bits + (not element.signed)
        return CutProduct.of(left, self.factor_bits, self.registers)

    @property
    def apart(self) -> bool:
        """What a floor and patches add has a cycle of its own."""
        return self.registers > 0 and self.form.offset

    @property
    def row_groups(self) -> int:
        """See `BuiltPipe.row_groups`."""
        return self.table.groups

    @property
    def stages(self) -> int:
        """Product; sum, clamp if needed, what is added behind it; the row memory."""
        ends = 1 + self.form.clamp + self.apart
        return self.product.stages + ends + self.row_stages(self.table.groups)

    @cached_property
    def needs(self) -> Resources:
        """Multipliers, an adder and two comparisons per lane, and the memory of the integers."""
        form, parallel, table, out = self.form, self.parallel, self.table, self.out_bits
        product = self.product
        kept = form.sum_bits - form.shift
        clamped = out if form.clamp else 0
        bias = form.bias_bits if table.groups > 1 or form.pivot is not None else 0
        registers = form.sum_bits + bias + kept + clamped
        turn = 0 if form.pivot is None else product.left + form.bias_bits
        lanes = Resources(
            parallel * (clamped + form.patches * (product.left / 3 + out) + turn),
            parallel
            * (form.sum_bits + (2 * kept if form.clamp else 0) + (out if form.offset else 0)),
            parallel * (registers + (2 * out if form.offset else 0)),
            (),
            product.products(parallel),
        )
        apart = 2 * form.patches + 2 * out if self.apart else 0
        apart += (product.stages - 1) * (bias + (out if form.offset else 0))
        lanes += product.beside(form.sum_bits).times(parallel) + Resources(ff=parallel * apart)
        later = self.row_registers(table.groups, table.width)
        return lanes + memory(table.groups, table.width) + Resources(ff=later)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Product, sum, clamp, and what a floor and patches add."""
        form, table, element = self.form, self.table, self.site.inputs[0].element
        first, *parts = self.product.paths(form.sum_bits, self.parallel)
        product = self.row_paths(table.groups, table.width, first)
        side = () if form.pivot is None else (Path("side", 1, (element.bits + 1,)),)
        total = Path("sum", carries=(form.sum_bits,))
        return (*product, *parts, *side, total, *self._clamp_paths())

    def _clamp_paths(self) -> tuple[Path, ...]:
        form, out, levels = self.form, self.out_bits, 2
        kept = form.sum_bits - form.shift
        if not form.offset:
            return (Path("clamp", levels, (kept,)),)
        search = patch_levels(self.site.inputs[0].element.bits) if form.patches else 0
        sums = (out,) * (form.patches - (form.floor is None))
        if not self.apart:
            patches = Path("patches", search, sums)
            return (Path("clamp and patches", levels, (kept, out)), patches)
        found, added = Path("patches", search), Path("sum of patches", 0, sums or (out,))
        return (Path("clamp", levels, (kept,)), found, added)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_requantize`."""
        form, table, kind = self.form, self.table, self.site.inputs[0].element
        return Instance(
            "hw_requantize",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "InSigned": kind.signed,
                "OutWidth": self.out_bits,
                "FactorWidth": self.factor_bits,
                "BiasWidth": form.bias_bits,
                "SumWidth": form.sum_bits,
                "Shift": form.shift,
                **form.clamp_parameters,
                "Repair": form.repair,
                "Groups": table.groups,
                "Shared": table.shared,
                **self.product.parameters,
                **({"Later": True} if self.apart else self.row_parameters(table.groups)),
                "RowFile": table.image(),
            },
        )

    @property
    def comment(self) -> str:
        """Factor, shift, and patches or two lines."""
        form = self.form
        kind = f"{form.patches} patch(es)" if form.pivot is None else "a bias for either side"
        return (
            f"multiplier of {self.factor_bits} bits, shift by {form.shift}, {kind}, "
            f"{self.table.groups} group(s) of constants"
        )


class Requantize(Pipe[Threshold]):
    """One exact multiplication per element; `multiplier.py` and `two_lines.py` find integers.

    Of `registers`, one puts a register behind the memory and one behind the clamp, two cut a wide
    factor in two, or else a wide input, and three cut both.
    """

    name = "requantize"
    op = Threshold
    built = MultiplyAddShift
    most_registers = 3

    def unable(self, site: Site[Threshold]) -> str | None:
        """When no integers reproduce every threshold."""
        if _solution(staircase(site), site.outputs[0].element.bits) is None:
            return "no multiply-add-shift reproduces every threshold"
        return None


def patch_levels(in_bits: int) -> int:
    """Look-up tables one after the other that compare two numbers, two bits of each at first."""
    left, levels = -(-in_bits // 2), 1
    while left > 1:
        left, levels = -(-left // 4), levels + 1
    return levels


@lru_cache(maxsize=1024)
def _solution(stairs: Staircase, out_bits: int) -> Affine | None:
    wanted = (stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    found = solve(*wanted) or solve_two(*wanted)
    if found is None:
        return None
    assert holds(found, *wanted)
    return affine(found, stairs, out_bits)


@lru_cache(maxsize=1024)
def _fields(form: Affine, in_bits: int, out_bits: int) -> tuple[Field, ...]:
    fields = [
        Field(form.factor[:, None], constant_bits(form.factor)),
        Field(form.bias[:, None], form.bias_bits),
    ]
    if form.floor is not None:
        fields.append(Field(form.floor[:, None], out_bits))
    for at, change in zip(form.patch_at.T, form.patch_change.T, strict=True):
        fields.append(Field(at[:, None], in_bits))
        fields.append(Field(change[:, None], 2))
    if form.pivot is not None and form.below is not None:
        fields.append(Field(form.below[:, None], form.bias_bits))
        fields.append(Field(form.pivot[:, None], in_bits + 1))
    return merged(fields)
