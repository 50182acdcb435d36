"""A bank of comparators per lane: for few thresholds."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ops.arithmetic.rows import Field, RowTable, merged
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_STEPS = 63  # beyond, a search needs a fraction of the logic


class ComparatorBank(BuiltPipe[Threshold]):
    """A comparator for every step, and a count of hits."""

    @property
    def steps(self) -> int:
        """Thresholds per row."""
        return staircase(self.site).steps

    @cached_property
    def table(self) -> RowTable:
        """Limits, offsets and directions of the rows."""
        width = self.site.inputs[0].element.bits
        fields = _fields(staircase(self.site), width + 1, self.out_bits)
        return RowTable(fields, self.site.inputs[0].shape, self.parallel)

    @property
    def row_groups(self) -> int:
        """See `BuiltPipe.row_groups`."""
        return self.table.groups

    @property
    def stages(self) -> int:
        """Compare (and count, when there is one); count; the row memory."""
        return 1 + (self.steps > 1) + self.row_stages(self.table.groups)

    @cached_property
    def needs(self) -> Resources:
        """A comparator per level, simpler when the threshold is a constant, and a count of hits."""
        steps, parallel, out = self.steps, self.parallel, self.out_bits
        table, width = self.table, self.site.inputs[0].element.bits
        compare = steps * (width + 1)
        fixed = table.groups == 1
        count = 0.0 if steps == 1 else 1.5 * steps + out
        registers = out + (steps if steps > 1 else 0)
        delayed = 0 if fixed else width
        lanes = Resources(
            lut=parallel * (count + (compare / 3 if fixed else 0)),
            adders=parallel * (0 if fixed else compare),
            ff=parallel * (registers + delayed),
        )
        later = self.row_registers(table.groups, table.width)
        return lanes + memory(table.groups, table.width) + Resources(ff=later)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The comparisons, and the count of hits."""
        width, table = self.site.inputs[0].element.bits + 1, self.table
        compare = Path("comparison", 1, (width,))
        count = Path("count", 1 + self.steps.bit_length(), (self.out_bits,))
        return (*self.row_paths(table.groups, table.width, compare), count)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_threshold`."""
        table, kind = self.table, self.site.inputs[0].element
        return Instance(
            "hw_threshold",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "InSigned": kind.signed,
                "OutWidth": self.out_bits,
                "Levels": self.steps,
                "Groups": table.groups,
                "Shared": table.shared,
                **self.row_parameters(table.groups),
                "RowFile": table.image(),
            },
        )

    @property
    def comment(self) -> str:
        """Comparators and groups."""
        return f"{self.steps} comparators per lane, {self.table.groups} group(s) of constants"


class Comparators(Pipe[Threshold]):
    """Compares every input with all thresholds of its row at once and counts the hits."""

    name = "comparators"
    op = Threshold
    built = ComparatorBank
    most_registers = 1

    def unable(self, site: Site[Threshold]) -> str | None:
        """When there are too many thresholds."""
        steps = staircase(site).steps
        if steps > MOST_STEPS:
            return f"{steps} thresholds are too many for a comparator each (at most {MOST_STEPS})"
        return None


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
