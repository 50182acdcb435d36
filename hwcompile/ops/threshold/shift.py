"""Add, shift, clamp: a requantization by a power of two, which needs no multiplier."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.needs import memory
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.rows import Field, RowTable, merged
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.threshold.multiplier import holds, solve_shift
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.requantize import Affine, affine, clamp_parameters, signed_bits
from hwcompile.ops.threshold.staircase import Staircase, staircase


class Shift(Pipe):
    """`clamp(((+-x << left) + B) >> shift)`; with B = 0 and no clamp nothing but a register."""

    name = "shift"

    def refuses(self, site: Site) -> str | None:
        """When the rows do not share one power of two."""
        if not isinstance(site.op, Threshold):
            return "the op is not a threshold"
        if _solution(staircase(site), site.outputs[0].element.bits) is None:
            return "the thresholds are not those of a common power of two"
        return None

    def stages(self, site: Site, parameters: Parameters) -> int:
        """Sum, clamp if needed; the row memory."""
        form, _ = _form(site)
        return 1 + form.clamp + (_table(site, parallel_of(parameters)).groups > 1)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """An adder unless B is zero everywhere, and two comparisons unless nothing is clamped."""
        (form, _), parallel = _form(site), parallel_of(parameters)
        table, out = _table(site, parallel), site.outputs[0].element.bits
        moved = bool(np.any(form.bias != 0) or np.any(form.factor < 0))
        kept = form.sum_bits - form.shift
        clamped = out if form.clamp else 0
        lanes = Resources(
            parallel * clamped,
            parallel * ((form.sum_bits if moved else 0) + (2 * kept if form.clamp else 0)),
            parallel * (kept + clamped),
        )
        return lanes + memory(table.groups, table.width)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_rescale`."""
        (form, left), parallel = _form(site), parallel_of(parameters)
        table, kind = _table(site, parallel), site.inputs[0].element
        return Rendered(
            "hw_rescale",
            {
                **word_parameters(site, parallel),
                "InWidth": kind.bits,
                "InSigned": int(kind.signed),
                "OutWidth": site.outputs[0].element.bits,
                "BiasWidth": signed_bits(form.bias),
                "SumWidth": form.sum_bits,
                "Left": left,
                "Shift": form.shift,
                **clamp_parameters(form),
                "Groups": table.groups,
                "Shared": int(table.shared),
            },
            {"RowFile": table.image()},
            f"shift left by {left}, right by {form.shift}, {table.groups} group(s) of constants",
        )


def _form(site: Site) -> tuple[Affine, int]:
    form = _solution(staircase(site), site.outputs[0].element.bits)
    assert form is not None
    return form


@lru_cache(maxsize=1024)
def _solution(stairs: Staircase, out_bits: int) -> tuple[Affine, int] | None:
    solved = solve_shift(stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    if solved is None:
        return None
    found, left = solved
    assert holds(found, stairs.thresholds, stairs.slope, stairs.low, stairs.high)
    form = affine(found, stairs, out_bits)
    return None if form is None else (form, left)


def _table(site: Site, parallel: int) -> RowTable:
    form, _ = _form(site)
    return RowTable(_fields(form, site.outputs[0].element.bits), site.inputs[0].shape, parallel)


@lru_cache(maxsize=1024)
def _fields(form: Affine, out_bits: int) -> tuple[Field, ...]:
    fields = [
        Field(form.bias[:, None], signed_bits(form.bias)),
        Field((form.factor < 0).astype(np.int64)[:, None], 1),
    ]
    if form.floor is not None:
        fields.append(Field(form.floor[:, None], out_bits))
    return merged(fields)
