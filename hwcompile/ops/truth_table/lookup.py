"""All neurons of a pixel per cycle, each a table in logic."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Each, Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import Parameters, Ports, Site
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.gather.wires import NO_SOURCE, SOURCE_BITS, pixel_words
from hwcompile.ops.truth_table.codes import by_bits, tables_of
from hwcompile.ops.truth_table.op import TruthTable

MOST_ADDRESS_BITS = 16
"""Bits that a neuron may read; each one more doubles its table."""

MOST_BITS = 1 << 23
"""Of all tables of a layer."""


class Neurons(Built[TruthTable]):
    """A word holds all channels of a pixel, on both sides."""

    @cached_property
    def ports(self) -> Ports:
        """A pixel is a word."""
        return Ports((pixel_words(self.site.inputs[0]),), pixel_words(self.site.outputs[0]))

    @cached_property
    def timing(self) -> Timing:
        """One pixel per cycle, and the register behind the tables."""
        one = np.ones(1, dtype=np.int64)
        return single({"in0": one}, one, stages=1, times=self.interval)

    @property
    def interval(self) -> int:
        """One cycle per pixel."""
        return self.site.inputs[0].pixels

    @cached_property
    def codes(self) -> IntArray:
        """See `by_bits`."""
        return by_bits(self.op, self.site.inputs[0].element, self.site.outputs[0].element)

    @cached_property
    def tables(self) -> tuple[int, int]:
        """Look-up tables of all neurons, and the most bits that an output bit depends on."""
        out_bits = self.site.outputs[0].element.bits
        planes = (self.codes[:, None, :] >> np.arange(out_bits)[:, None]) & 1
        found = [tables_of(bits) for bits in planes.astype(np.uint8).reshape(-1, planes.shape[2])]
        return sum(count for count, _ in found), max(width for _, width in found)

    @property
    def needs(self) -> Resources:
        """Tables, and a flip-flop for each bit of the result."""
        return Resources(lut=self.tables[0], ff=self.ports.output.bits)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Through the tree of the widest table: two bits of the address per level."""
        return (Path("truth table", levels=-(-max(self.tables[1] - 2, 0) // 2)),)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """The tables read the word as it comes."""
        return self.paths

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_truth_tables`."""
        kind, out = self.site.inputs[0], self.site.outputs[0]
        sources = np.where(self.op.sources < 0, NO_SOURCE, self.op.sources)
        image = MemoryImage.pack(self.codes, out.element.bits, signed=out.element.signed)
        return Instance(
            "hw_truth_tables",
            {
                "InLanes": kind.channels,
                "Neurons": self.op.neurons,
                "FanIn": self.op.fan_in,
                "InWidth": kind.element.bits,
                "OutWidth": out.element.bits,
                "Sources": Each(tuple(sources.ravel().tolist()), SOURCE_BITS),
                "TableFile": image,
            },
        )

    @property
    def comment(self) -> str:
        """Size of a table."""
        bits = self.op.fan_in * self.site.inputs[0].element.bits
        return f"{self.op.neurons} neurons, each a table of {bits} bits of its inputs"


class Lookup(Kernel[TruthTable]):
    """Every neuron reads its table: a pixel per cycle, one register."""

    name = "truth_table"
    op = TruthTable
    built = Neurons
    rigid = True

    def unable(self, site: Site[TruthTable]) -> str | None:
        """Tables beyond any device, or more channels than a word can name."""
        kind, out = site.inputs[0], site.outputs[0]
        if kind.channels >= NO_SOURCE:
            return f"a word can not hold {kind.channels} channels"
        return table_size_problem(
            site.op.neurons, site.op.fan_in * kind.element.bits, out.element.bits
        )

    def space(self, site: Site[TruthTable]) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site[TruthTable], parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"truth tables have no parameters, not {sorted(parameters)}" if parameters else None


def table_size_problem(neurons: int, address_bits: int, out_bits: int) -> str | None:
    """Why so many tables can not be built, in figures; None when they can."""
    if address_bits > MOST_ADDRESS_BITS:
        return (
            f"a neuron reads {address_bits} bits, so its table has 2^{address_bits} entries "
            f"(at most 2^{MOST_ADDRESS_BITS})"
        )
    size = neurons * out_bits << address_bits
    if size > MOST_BITS:
        return f"the tables of {neurons} neurons have {size:,} bits (at most {MOST_BITS:,})"
    return None
