"""The greater or the smaller of two operands."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops.elementwise.op import Extremum, both_bipolar
from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.site import Parameters, Site


class Select(Pipe):
    """A comparison and a selection per lane, in one stage."""

    name = "extremum"

    def refuses(self, site: Site) -> str | None:
        """When the op is not an extremum."""
        return None if isinstance(site.op, Extremum) else "the op is not an extremum"

    def stages(self, site: Site, parameters: Parameters) -> int:
        """One."""
        return 1

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """A comparator and a multiplexer."""
        parallel, out = parallel_of(parameters), site.outputs[0].element.bits
        width = max(kind.element.bits for kind in site.inputs)
        return Resources(lut=parallel * out, adders=parallel * width, ff=parallel * out)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_extremum`."""
        assert isinstance(site.op, Extremum)
        parallel, both = parallel_of(parameters), both_bipolar(site.inputs)
        values: dict[str, int | str] = {
            **word_parameters(site, parallel),
            "OutWidth": site.outputs[0].element.bits,
            "Greatest": int(site.op.kind == "max"),
        }
        for i, kind in enumerate(site.inputs):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = int(kind.element.signed)
            # Two bipolar operands are ordered like their bits.
            values[f"Bipolar{i}"] = int(kind.element.encoding is Encoding.BIPOLAR and not both)
        return Rendered("hw_extremum", values, {}, f"{site.op.kind} of two operands")
