"""A pipelined binary search: one small memory and one comparison per bit of the count."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.kernel import MemoryImage, Rendered, Resources
from hwcompile.ops.needs import memory
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.rows import Field, RowTable, row_layout
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.staircase import Staircase, staircase

MOST_LEVELS = 16


class BinarySearch(Pipe):
    """Finds the count bit by bit, the highest first; every level is a pipeline stage."""

    name = "binary_search"

    def refuses(self, site: Site) -> str | None:
        """When the op is no threshold, or has more steps than 16 levels can tell apart."""
        if not isinstance(site.op, Threshold):
            return "the op is not a threshold"
        steps = staircase(site).steps
        if steps.bit_length() > MOST_LEVELS:
            return f"{steps} thresholds are too many for {MOST_LEVELS} levels"
        return None

    def stages(self, site: Site, parameters: Parameters) -> int:
        """One per level, and the output."""
        return levels(site) + 1

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Per lane and level a memory, a comparator, and the registers of x and of the path."""
        parallel, depth = parallel_of(parameters), levels(site)
        width, out = site.inputs[0].element.bits, site.outputs[0].element.bits
        offsets = _offsets(site, parallel)
        total = memory(offsets.groups, offsets.width)
        total += Resources(lut=parallel * out, ff=parallel * out)
        groups = offsets.groups
        slices = 1 if offsets.shared else parallel
        for level in range(depth):
            total += memory(groups << level, width + 1, count=parallel, slices=slices)
            total += Resources(adders=parallel * (width + 1), ff=parallel * (width + level))
        return total

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_binary_search`."""
        parallel, depth = parallel_of(parameters), levels(site)
        kind, rows = site.inputs[0].element, _rows(staircase(site))
        layout = row_layout(rows.shape[0], site.inputs[0].shape, parallel)
        offsets = _offsets(site, parallel)
        memories = {"OffsetFile": offsets.image()}
        images = [_level_image(rows, layout, level, kind.bits + 1) for level in range(depth)]
        for level in range(MOST_LEVELS):
            # Names of unused levels must be as long as the others: the module selects among them.
            memories[f"LevelFile{level}"] = images[min(level, depth - 1)]
        return Rendered(
            "hw_binary_search",
            {
                **word_parameters(site, parallel),
                "InWidth": kind.bits,
                "InSigned": int(kind.signed),
                "OutWidth": site.outputs[0].element.bits,
                "Levels": depth,
                "Groups": layout.shape[0],
                "Shared": int(rows.shape[0] == 1),
            },
            memories,
            f"binary search in {depth} levels, {layout.shape[0]} group(s) of thresholds",
        )


def levels(site: Site) -> int:
    """Bits of the count."""
    return staircase(site).steps.bit_length()


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


def _offsets(site: Site, parallel: int) -> RowTable:
    """Output for a count of zero and direction, laid out exactly like the limits."""
    stairs = staircase(site)
    rows = _rows(stairs).shape[0]
    falling = (stairs.slope < 0).astype(np.int64)
    fields = (
        Field(stairs.base[:rows, None], site.outputs[0].element.bits),
        Field(falling[:rows, None], 1),
    )
    return RowTable(fields, site.inputs[0].shape, parallel)


def _level_image(rows: IntArray, layout: IntArray, level: int, bits: int) -> MemoryImage:
    """Level l compares with the odd multiples of 2**(b - 1 - l): row {group, path}, lane slices."""
    spacing = (rows.shape[1] + 1) >> level
    middles = rows[:, spacing // 2 - 1 :: spacing]
    table = middles[layout].transpose(0, 2, 1)
    flat = table.reshape(-1, layout.shape[1]) & ((1 << bits) - 1)
    return MemoryImage.pack(flat, bits)
