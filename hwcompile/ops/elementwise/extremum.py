"""The greater or the smaller of two operands."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.elementwise.op import Extremum, both_bipolar


class Selection(BuiltPipe[Extremum]):
    """A comparator and a multiplexer per lane."""

    @property
    def stages(self) -> int:
        """One."""
        return 1

    @property
    def needs(self) -> Resources:
        """A comparator and a multiplexer."""
        width = max(kind.element.bits for kind in self.site.inputs)
        result = self.parallel * self.out_bits
        return Resources(lut=result, adders=self.parallel * width, ff=result)

    @property
    def paths(self) -> tuple[Path, ...]:
        """A comparison and what it chooses."""
        return (Path("choice", 1, (max(kind.element.bits for kind in self.site.inputs),)),)

    @property
    def instance(self) -> Instance:
        """Of `hw_extremum`."""
        both = both_bipolar(self.site.inputs)
        values: dict[str, Value] = {
            **self.word_parameters,
            "OutWidth": self.out_bits,
            "Greatest": self.op.kind == "max",
        }
        for i, kind in enumerate(self.site.inputs):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = kind.element.signed
            # Two bipolar operands are ordered like their bits.
            values[f"Bipolar{i}"] = kind.element.encoding is Encoding.BIPOLAR and not both
        return Instance("hw_extremum", values)

    @property
    def comment(self) -> str:
        """Which extremum."""
        return f"{self.op.kind} of two operands"


class ExtremumLanes(Pipe[Extremum]):
    """A comparison and a selection per lane, in one stage."""

    name = "extremum"
    op = Extremum
    built = Selection
