"""Multiply, add, shift, clamp: the exact form of a requantization, one multiplier per lane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.needs import Product, memory
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.rows import Field, RowTable, merged
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.threshold.multiplier import Multiplier, holds, solve
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_SUM_BITS = 62


@dataclass(frozen=True, eq=False)
class Affine:
    """`code = floor + clamp((x * factor + bias) >> shift, low, high) + change`.

    The change is `patch_change[r, p]` where x is `patch_at[r, p]`, and 0 elsewhere.

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

    @property
    def patches(self) -> int:
        """Patches per row."""
        return int(self.patch_at.shape[1])


def affine(found: Multiplier, stairs: Staircase, out_bits: int) -> Affine | None:
    """Fold the floor, find the widths; None when the sum is too wide to be sensible."""
    floor = stairs.floor
    same = bool(np.all(floor == floor[0]))
    low = int(floor[0]) if same else 0
    bias = found.bias + (low << found.shift)
    products = [x * found.factor.astype(object) for x in (stairs.low, stairs.high)]
    sums = [product + bias for product in products]
    ends = [int(v) for part in (*products, *sums, bias) for v in part]
    values = [int(v) >> found.shift for part in sums for v in part]
    high = low + stairs.steps
    clamp = not same or found.patch_at.size > 0 or min(values) < low or max(values) > high
    after = IntType(min(low, *values), max(high, *values, 0)).bits + 1
    sum_bits = max(signed_bits(ends), found.shift + max(after, out_bits))
    if sum_bits > MOST_SUM_BITS:
        return None
    return Affine(
        found.factor,
        bias.astype(np.int64),
        found.shift,
        low,
        high,
        clamp,
        None if same else floor,
        sum_bits,
        found.patch_at,
        found.patch_change,
    )


def signed_bits(values: IntArray | list[int]) -> int:
    """Least width of a two's complement number that holds all `values`."""
    low, high = min(int(v) for v in values), max(int(v) for v in values)
    return IntType(min(low, -1), max(high, 0)).bits


class Requantize(Pipe):
    """One exact multiplication per element; see `multiplier.py` for how the integers are found."""

    name = "requantize"

    def refuses(self, site: Site) -> str | None:
        """When no integers reproduce every threshold."""
        if not isinstance(site.op, Threshold):
            return "the op is not a threshold"
        if _solution(staircase(site), site.outputs[0].element.bits) is None:
            return "no multiply-add-shift reproduces every threshold"
        return None

    def stages(self, site: Site, parameters: Parameters) -> int:
        """Product, sum, clamp if needed; the row memory."""
        form, table = _form(site), _table(site, parallel_of(parameters))
        return 2 + form.clamp + (table.groups > 1)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Multipliers, an adder and two comparisons per lane, and the memory of the integers."""
        form, parallel = _form(site), parallel_of(parameters)
        table, out = _table(site, parallel), site.outputs[0].element.bits
        element = site.inputs[0].element
        factor, width = signed_bits(form.factor), element.bits + (not element.signed)
        kept = form.sum_bits - form.shift
        clamped = out if form.clamp else 0
        patched = form.patches > 0 or form.floor is not None
        bias = signed_bits(form.bias) if table.groups > 1 else 0
        registers = form.sum_bits + bias + kept + clamped
        lanes = Resources(
            parallel * (clamped + form.patches * (width / 3 + out)),
            parallel * (form.sum_bits + (2 * kept if form.clamp else 0) + (out if patched else 0)),
            parallel * (registers + (2 * out if patched else 0)),
            (),
            (Product(width, factor, parallel),),
        )
        return lanes + memory(table.groups, table.width)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_requantize`."""
        form, parallel = _form(site), parallel_of(parameters)
        table, kind = _table(site, parallel), site.inputs[0].element
        facts = describe(site, parameters)
        return Rendered(
            "hw_requantize",
            {
                **word_parameters(site, parallel),
                "InWidth": kind.bits,
                "InSigned": int(kind.signed),
                "OutWidth": site.outputs[0].element.bits,
                "FactorWidth": facts["multiplier_bits"],
                "BiasWidth": facts["bias_bits"],
                "SumWidth": form.sum_bits,
                "Shift": form.shift,
                **clamp_parameters(form),
                "Patches": form.patches,
                "Groups": table.groups,
                "Shared": int(table.shared),
            },
            {"RowFile": table.image()},
            f"multiplier of {facts['multiplier_bits']} bits, shift by {form.shift}, "
            f"{form.patches} patch(es), {table.groups} group(s) of constants",
        )


def clamp_parameters(form: Affine) -> dict[str, int | str]:
    """The SystemVerilog parameters of `hw_shift_clamp` and the row floor."""
    return {
        "Clamp": int(form.clamp),
        "Low": form.low,
        "High": form.high,
        "RowFloor": int(form.floor is not None),
    }


def describe(site: Site, parameters: Parameters) -> dict[str, int]:
    """Facts for reports: `multiplier_bits`, `bias_bits`, `sum_bits`, `shift`, `patches` per row."""
    form = _form(site)
    return {
        "multiplier_bits": signed_bits(form.factor),
        "bias_bits": signed_bits(form.bias),
        "sum_bits": form.sum_bits,
        "shift": form.shift,
        "patches": form.patches,
    }


def _form(site: Site) -> Affine:
    form = _solution(staircase(site), site.outputs[0].element.bits)
    assert form is not None
    return form


@lru_cache(maxsize=1024)
def _solution(stairs: Staircase, out_bits: int) -> Affine | None:
    found = solve(stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    if found is None:
        return None
    assert holds(found, stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    return affine(found, stairs, out_bits)


def _table(site: Site, parallel: int) -> RowTable:
    kinds = site.inputs[0].element.bits, site.outputs[0].element.bits
    return RowTable(_fields(_form(site), *kinds), site.inputs[0].shape, parallel)


@lru_cache(maxsize=1024)
def _fields(form: Affine, in_bits: int, out_bits: int) -> tuple[Field, ...]:
    fields = [
        Field(form.factor[:, None], signed_bits(form.factor)),
        Field(form.bias[:, None], signed_bits(form.bias)),
    ]
    if form.floor is not None:
        fields.append(Field(form.floor[:, None], out_bits))
    for at, change in zip(form.patch_at.T, form.patch_change.T, strict=True):
        fields.append(Field(at[:, None], in_bits))
        fields.append(Field(change[:, None], 2))
    return merged(fields)
