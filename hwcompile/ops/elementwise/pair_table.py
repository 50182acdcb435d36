"""Any function of two narrow operands, by table."""

from __future__ import annotations

from functools import cached_property

from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.elementwise.op import PairTable
from hwcompile.ops.table.rom import by_code, lane_roms, read_stages, table_paths


class PairMemories(BuiltPipe[PairTable]):
    """One memory per lane, addressed by the bits of both operands."""

    @property
    def depth(self) -> int:
        """Rows of a memory."""
        return 1 << sum(kind.element.bits for kind in self.site.inputs)

    @property
    def stages(self) -> int:
        """The memory, and an output register when it is a block RAM."""
        return read_stages(self.depth, self.out_bits)

    @property
    def needs(self) -> Resources:
        """A memory per lane."""
        return lane_roms(self.parallel, self.depth, self.out_bits)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The memory."""
        return table_paths(self.depth, self.out_bits)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_pair_table`; operand 1 is the upper part of the address."""
        result = self.site.outputs[0].element
        first, second = (kind.element for kind in self.site.inputs)
        codes = by_code(by_code(result.encode(self.op.values), second).T, first)
        return Instance(
            "hw_pair_table",
            {
                **self.word_parameters,
                "InWidth0": first.bits,
                "InWidth1": second.bits,
                "OutWidth": result.bits,
                "Stages": self.stages,
                "TableFile": MemoryImage.pack(
                    codes.reshape(-1, 1), result.bits, signed=result.signed
                ),
            },
        )

    @property
    def comment(self) -> str:
        """Size of a memory."""
        return f"table of {self.depth} rows of {self.out_bits} bits per lane"


class PairRom(Pipe[PairTable]):
    """One memory per lane, addressed by the bits of both operands."""

    name = "pair_table"
    op = PairTable
    built = PairMemories
