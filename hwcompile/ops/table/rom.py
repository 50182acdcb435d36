"""One memory per lane, addressed by the bits of the element."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.kernel import MemoryImage, Rendered, Resources
from hwcompile.ops.needs import memory
from hwcompile.ops.pipe import (
    BLOCK_BITS,
    Pipe,
    parallel_of,
    word_parameters,
)
from hwcompile.ops.rows import row_groups, row_layout
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.table.op import Table

MOST_BITS = 1 << 24  # of one lane's memory; beyond, no device has room for it


class Rom(Pipe):
    """Reads `values` at {row group, input bits}; a single row serves all lanes."""

    name = "rom"

    def refuses(self, site: Site) -> str | None:
        """When the op is no table, or the table is beyond any device."""
        if not isinstance(site.op, Table):
            return "the op is not a table"
        size = site.op.values.shape[0] * image_bits(site)
        if size > MOST_BITS:
            return f"the table has {size} bits (at most {MOST_BITS})"
        return None

    def stages(self, site: Site, parameters: Parameters) -> int:
        """The memory, and an output register when it is a block RAM."""
        depth = _groups(site, parallel_of(parameters)) << site.inputs[0].element.bits
        return read_stages(depth, site.outputs[0].element.bits)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """A memory per lane."""
        parallel, out = parallel_of(parameters), site.outputs[0].element.bits
        depth = _groups(site, parallel) << site.inputs[0].element.bits
        assert isinstance(site.op, Table)
        return lane_roms(parallel, depth, out, shared=site.op.values.shape[0] == 1)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_table`."""
        assert isinstance(site.op, Table)
        parallel, values = parallel_of(parameters), site.op.values
        layout = row_layout(values.shape[0], site.inputs[0].shape, parallel)
        kind, result = site.inputs[0].element, site.outputs[0].element
        lanes = by_code(result.encode(values), kind)[layout]
        image = lanes.transpose(0, 2, 1).reshape(-1, layout.shape[1])
        return Rendered(
            "hw_table",
            {
                **word_parameters(site, parallel),
                "InWidth": kind.bits,
                "OutWidth": result.bits,
                "Groups": layout.shape[0],
                "Shared": int(values.shape[0] == 1),
                "Stages": self.stages(site, parameters),
            },
            {"TableFile": MemoryImage.pack(image, result.bits)},
            f"table of {image.shape[0]} rows of {result.bits} bits per lane",
        )


def by_code(values: IntArray, element: IntType) -> IntArray:
    """Reorder the last axis from positions to bit patterns, int64 [..., 2**bits], gaps zero."""
    result = np.zeros((*values.shape[:-1], 1 << element.bits), dtype=np.int64)
    result[..., element.encode(element.values())] = values
    return result


def image_bits(site: Site) -> int:
    """Bits of one row of the table."""
    return site.outputs[0].element.bits << sum(kind.element.bits for kind in site.inputs)


def read_stages(depth: int, width: int) -> int:
    """Two for a memory large enough for block RAM, whose output register is free."""
    return 2 if depth * width >= BLOCK_BITS else 1


def lane_roms(parallel: int, depth: int, width: int, *, shared: bool = True) -> Resources:
    """A memory per lane; the second register when it is large."""
    one = memory(depth, width, count=parallel, slices=1 if shared else parallel)
    return one + Resources(ff=parallel * width * (read_stages(depth, width) - 1))


def _groups(site: Site, parallel: int) -> int:
    assert isinstance(site.op, Table)
    return row_groups(site.op.values.shape[0], site.inputs[0].shape, parallel)
