"""A bank of comparators per lane: for few thresholds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.needs import memory
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.rows import Field, RowTable, merged
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_STEPS = 63  # beyond, a search needs a fraction of the logic


class Comparators(Pipe):
    """Compares every input with all thresholds of its row at once and counts the hits."""

    name = "comparators"

    def refuses(self, site: Site) -> str | None:
        """When the op is no threshold, or there are too many."""
        if not isinstance(site.op, Threshold):
            return "the op is not a threshold"
        steps = staircase(site).steps
        if steps > MOST_STEPS:
            return f"{steps} thresholds are too many for a comparator each (at most {MOST_STEPS})"
        return None

    def stages(self, site: Site, parameters: Parameters) -> int:
        """Compare (and count, when there is one); count; the row memory."""
        table = _table(site, parallel_of(parameters))
        return 1 + (staircase(site).steps > 1) + (table.groups > 1)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """A comparator per level, simpler when the threshold is a constant, and a count of hits."""
        stairs, parallel = staircase(site), parallel_of(parameters)
        table, width = _table(site, parallel), site.inputs[0].element.bits
        out = site.outputs[0].element.bits
        compare = stairs.steps * (width + 1)
        fixed = table.groups == 1
        count = 0.0 if stairs.steps == 1 else 1.5 * stairs.steps + out
        registers = out + (stairs.steps if stairs.steps > 1 else 0)
        delayed = 0 if fixed else width
        lanes = Resources(
            lut=parallel * (count + (compare / 3 if fixed else 0)),
            adders=parallel * (0 if fixed else compare),
            ff=parallel * (registers + delayed),
        )
        return lanes + memory(table.groups, table.width)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_threshold`."""
        stairs, parallel = staircase(site), parallel_of(parameters)
        table, kind = _table(site, parallel), site.inputs[0].element
        return Rendered(
            "hw_threshold",
            {
                **word_parameters(site, parallel),
                "InWidth": kind.bits,
                "InSigned": int(kind.signed),
                "OutWidth": site.outputs[0].element.bits,
                "Levels": stairs.steps,
                "Groups": table.groups,
                "Shared": int(table.shared),
            },
            {"RowFile": table.image()},
            f"{stairs.steps} comparators per lane, {table.groups} group(s) of constants",
        )


def _table(site: Site, parallel: int) -> RowTable:
    fields = _fields(staircase(site), site.inputs[0].element.bits + 1, site.outputs[0].element.bits)
    return RowTable(fields, site.inputs[0].shape, parallel)


@lru_cache(maxsize=1024)
def _fields(stairs: Staircase, limit_bits: int, out_bits: int) -> tuple[Field, ...]:
    """Limits t - 1, to be exceeded: they fit one bit more than x. Falling rows count misses."""
    falling = (stairs.slope < 0).astype(np.int64)[:, None]
    return merged(
        [
            Field(stairs.thresholds - 1, limit_bits),
            Field(stairs.floor[:, None], out_bits),
            Field(falling, 1),
        ]
    )
