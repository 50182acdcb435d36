"""A pipelined binary search: one small memory and one comparison per bit of the count."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.rows import Field, RowTable, row_layout
from hwcompile.ops.contract.instance import Instance, Memories, Value
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_LEVELS = 16


class SearchLevels(BuiltPipe[Threshold]):
    """A memory and a comparison per bit of the count."""

    @property
    def levels(self) -> int:
        """Bits of the count."""
        return staircase(self.site).steps.bit_length()

    @property
    def stages(self) -> int:
        """Those of every level, and the output."""
        return self.levels * (1 + self.registers) + 1

    @cached_property
    def offsets(self) -> RowTable:
        """Output for a count of zero and direction, laid out exactly like the limits."""
        stairs = staircase(self.site)
        rows = _rows(stairs).shape[0]
        falling = (stairs.slope < 0).astype(np.int64)
        fields = (
            Field(stairs.base[:rows, None], self.out_bits),
            Field(falling[:rows, None], 1),
        )
        return RowTable(fields, self.site.inputs[0].shape, self.parallel)

    @cached_property
    def needs(self) -> Resources:
        """Per lane and level a memory, a comparator, and the registers of x and of the path."""
        parallel, out = self.parallel, self.out_bits
        width = self.site.inputs[0].element.bits
        groups, slices = self.offsets.groups, 1 if self.offsets.shared else parallel
        total = memory(groups, self.offsets.width)
        total += Resources(lut=parallel * out, ff=parallel * out)
        for level in range(self.levels):
            total += memory(groups << level, width + 1, count=parallel, slices=slices)
            kept = width + level + (groups - 1).bit_length()
            own = self.registers * (kept + 1) + (self.registers > 1) * width
            total += Resources(adders=parallel * (width + 1), ff=parallel * (width + level + own))
        return total + Resources(ff=self.registers * self.offsets.width)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The deepest level: memory, comparison, and the next address, apart or not."""
        width = self.site.inputs[0].element.bits + 1
        slices = 1 if self.offsets.shared else self.parallel
        limits = Memory(self.offsets.groups << (self.levels - 1), width, slices=slices)
        if self.registers > 1:
            return (Path("limits", memory=limits), Path("comparison", 0, (width,)))
        together = "limits and comparison"
        return (Path(together, 0 if self.registers else 1, (width,), limits),)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_binary_search`."""
        kind, rows, depth = self.site.inputs[0].element, _rows(staircase(self.site)), self.levels
        layout = row_layout(rows.shape[0], self.site.inputs[0].shape, self.parallel)
        images = [_level_image(rows, layout, level, kind.bits + 1) for level in range(depth)]
        values: dict[str, Value] = {
            **self.word_parameters,
            "InWidth": kind.bits,
            "InSigned": kind.signed,
            "OutWidth": self.out_bits,
            "Levels": depth,
            "Groups": layout.shape[0],
            "Shared": rows.shape[0] == 1,
            **({"Stages": 1 + self.registers} if self.registers else {}),
            "OffsetFile": self.offsets.image(),
            "LevelFiles": Memories(tuple(images)),
        }
        return Instance("hw_binary_search", values)

    @property
    def comment(self) -> str:
        """Levels and groups."""
        return (
            f"binary search in {self.levels} levels, {self.offsets.groups} group(s) of thresholds"
        )


class BinarySearch(Pipe[Threshold]):
    """Finds the count bit by bit, the highest first; every level is a pipeline stage.

    Or two stages with `registers = 1`, which keeps memories and comparisons apart, or three.
    """

    name = "binary_search"
    op = Threshold
    built = SearchLevels
    most_registers = 2

    def unable(self, site: Site[Threshold]) -> str | None:
        """When there are more steps than 16 levels can tell apart."""
        steps = staircase(site).steps
        if steps.bit_length() > MOST_LEVELS:
            return f"{steps} thresholds are too many for {MOST_LEVELS} levels"
        return None


@lru_cache(maxsize=1024)
def _rows(stairs: Staircase) -> IntArray:
    """Limits of every row in ascending order, int64 [R or 1, 2**levels - 1]: x counts when above.

    Rows that are all alike, offsets included, are one.
    """
    count = (1 << stairs.steps.bit_length()) - 1
    limits = np.full((stairs.base.size, count), stairs.high, dtype=np.int64)
    limits[:, : stairs.steps] = stairs.thresholds - 1
    keys = np.concatenate([limits, stairs.base[:, None], stairs.slope[:, None]], axis=1)
    return limits[:1] if np.all(keys == keys[0]) else limits


def _level_image(rows: IntArray, layout: IntArray, level: int, bits: int) -> MemoryImage:
    """Level l compares with the odd multiples of 2**(b - 1 - l): row {group, path}, lane slices."""
    spacing = (rows.shape[1] + 1) >> level
    middles = rows[:, spacing // 2 - 1 :: spacing]
    table = middles[layout].transpose(0, 2, 1)
    flat = table.reshape(-1, layout.shape[1]) & ((1 << bits) - 1)
    return MemoryImage.pack(flat, bits, signed=True)
