"""Any function of two narrow operands, by table."""

from __future__ import annotations

from hwcompile.ops.elementwise.op import PairTable
from hwcompile.ops.kernel import MemoryImage, Rendered, Resources
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.site import Parameters, Site
from hwcompile.ops.table.rom import by_code, lane_roms, read_stages


class PairRom(Pipe):
    """One memory per lane, addressed by the bits of both operands."""

    name = "pair_table"

    def refuses(self, site: Site) -> str | None:
        """When the op is not a table of pairs."""
        return None if isinstance(site.op, PairTable) else "the op is not a table of pairs"

    def stages(self, site: Site, parameters: Parameters) -> int:
        """The memory, and an output register when it is a block RAM."""
        return read_stages(_depth(site), site.outputs[0].element.bits)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """A memory per lane."""
        return lane_roms(parallel_of(parameters), _depth(site), site.outputs[0].element.bits)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_pair_table`; operand 1 is the upper part of the address."""
        assert isinstance(site.op, PairTable)
        parallel, result = parallel_of(parameters), site.outputs[0].element
        first, second = (kind.element for kind in site.inputs)
        codes = by_code(by_code(result.encode(site.op.values), second).T, first)
        return Rendered(
            "hw_pair_table",
            {
                **word_parameters(site, parallel),
                "InWidth0": first.bits,
                "InWidth1": second.bits,
                "OutWidth": result.bits,
                "Stages": self.stages(site, parameters),
            },
            {"TableFile": MemoryImage.pack(codes.reshape(-1, 1), result.bits)},
            f"table of {codes.size} rows of {result.bits} bits per lane",
        )


def _depth(site: Site) -> int:
    return 1 << sum(kind.element.bits for kind in site.inputs)
