"""One memory per lane, addressed by the bits of the element."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.rows import row_layout, row_period
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BLOCK_BITS, BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.table.op import Table

MOST_BITS = 1 << 24  # of one lane's memory; beyond, no device has room for it


class LaneMemories(BuiltPipe[Table]):
    """A memory per lane; a single row of values serves all."""

    @property
    def rows(self) -> int:
        """Rows of values."""
        return int(self.op.values.shape[0])

    @cached_property
    def groups(self) -> int:
        """Words before the rows of values repeat."""
        return row_period(self.rows, self.site.inputs[0].shape, self.parallel)

    @property
    def depth(self) -> int:
        """Rows of a memory."""
        return self.groups << self.site.inputs[0].element.bits

    @property
    def stages(self) -> int:
        """The memory, and an output register when it is a block RAM."""
        return read_stages(self.depth, self.out_bits)

    @property
    def needs(self) -> Resources:
        """A memory per lane."""
        return lane_roms(self.parallel, self.depth, self.out_bits, shared=self.rows == 1)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The memory."""
        return table_paths(self.depth, self.out_bits)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_table`."""
        layout = row_layout(self.rows, self.site.inputs[0].shape, self.parallel)
        kind, result = self.site.inputs[0].element, self.site.outputs[0].element
        lanes = by_code(result.encode(self.op.values), kind)[layout]
        image = lanes.transpose(0, 2, 1).reshape(-1, layout.shape[1])
        return Instance(
            "hw_table",
            {
                **self.word_parameters,
                "InWidth": kind.bits,
                "OutWidth": result.bits,
                "Groups": layout.shape[0],
                "Shared": self.rows == 1,
                "Stages": self.stages,
                "TableFile": MemoryImage.pack(image, result.bits, signed=result.signed),
            },
        )

    @property
    def comment(self) -> str:
        """Size of a memory."""
        return f"table of {self.depth} rows of {self.out_bits} bits per lane"


class Rom(Pipe[Table]):
    """Reads `values` at {row group, input bits}; a single row serves all lanes."""

    name = "rom"
    op = Table
    built = LaneMemories

    def unable(self, site: Site[Table]) -> str | None:
        """When the table is beyond any device."""
        size = site.op.values.shape[0] * image_bits(site)
        if size > MOST_BITS:
            return f"the table has {size} bits (at most {MOST_BITS})"
        return None


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


def table_paths(depth: int, width: int) -> tuple[Path, ...]:
    """From a word into a memory, through tables where it is small; and from the memory."""
    small = read_stages(depth, width) == 1
    levels = -(-max((depth - 1).bit_length() - 2, 0) // 2) if small else 0
    return (Path("address", levels), Path("table", memory=Memory(depth, width)))
