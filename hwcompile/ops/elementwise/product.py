"""The product of two operands."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops import needs
from hwcompile.ops.elementwise.op import Product, both_bipolar
from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.site import Parameters, Site


class Multiply(Pipe):
    """A multiplier per lane; with a bipolar operand a conditional negation, with two an xnor."""

    name = "product"

    def refuses(self, site: Site) -> str | None:
        """When the op is not a product."""
        return None if isinstance(site.op, Product) else "the op is not a product"

    def stages(self, site: Site, parameters: Parameters) -> int:
        """Two around a multiplier, otherwise one."""
        return 1 if any(_bipolar(site)) else 2

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Multipliers by the size of a hardware block."""
        parallel, out = parallel_of(parameters), site.outputs[0].element.bits
        if any(_bipolar(site)):
            return Resources(lut=parallel * out, ff=parallel * out)
        left, right = (kind.element.bits for kind in site.inputs)
        return Resources(ff=2 * parallel * out, products=(needs.Product(left, right, parallel),))

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_product`."""
        parallel = parallel_of(parameters)
        values: dict[str, int | str] = {
            **word_parameters(site, parallel),
            "OutWidth": site.outputs[0].element.bits,
        }
        for i, (kind, bipolar) in enumerate(zip(site.inputs, _bipolar(site), strict=True)):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = int(kind.element.signed)
            values[f"Bipolar{i}"] = int(bipolar)
        how = "xnor" if both_bipolar(site.inputs) else "negation" if any(_bipolar(site)) else ""
        return Rendered("hw_product", values, {}, how or "one multiplier per lane")


def _bipolar(site: Site) -> tuple[bool, ...]:
    return tuple(kind.element.encoding is Encoding.BIPOLAR for kind in site.inputs)
