"""The product of two operands."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract import needs
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.elementwise.op import Product, both_bipolar


class Multipliers(BuiltPipe[Product]):
    """A multiplier, a negation or an xnor per lane."""

    @property
    def bipolar(self) -> tuple[bool, ...]:
        """Which operands are bipolar."""
        return tuple(kind.element.encoding is Encoding.BIPOLAR for kind in self.site.inputs)

    @property
    def stages(self) -> int:
        """Two around a multiplier, otherwise one."""
        return 1 if any(self.bipolar) else 2

    @property
    def needs(self) -> Resources:
        """Multipliers by the size of a hardware block."""
        parallel, out = self.parallel, self.out_bits
        if any(self.bipolar):
            return Resources(lut=parallel * out, ff=parallel * out)
        left, right = (kind.element.bits for kind in self.site.inputs)
        return Resources(
            ff=2 * parallel * out, products=(needs.Multiplications(left, right, parallel),)
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """What stands in a lane."""
        if both_bipolar(self.site.inputs):
            return (Path("xnor", 1),)
        if any(self.bipolar):
            return (Path("negation", 1, (self.out_bits,)),)
        return tuple(Path("product", product=each) for each in self.needs.products)

    @property
    def instance(self) -> Instance:
        """Of `hw_product`."""
        values: dict[str, Value] = {**self.word_parameters, "OutWidth": self.out_bits}
        for i, (kind, bipolar) in enumerate(zip(self.site.inputs, self.bipolar, strict=True)):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = kind.element.signed
            values[f"Bipolar{i}"] = bipolar
        return Instance("hw_product", values)

    @property
    def comment(self) -> str:
        """What stands in a lane."""
        if both_bipolar(self.site.inputs):
            return "xnor"
        return "negation" if any(self.bipolar) else "one multiplier per lane"


class ProductLanes(Pipe[Product]):
    """A multiplier per lane; with a bipolar operand a conditional negation, with two an xnor."""

    name = "product"
    op = Product
    built = Multipliers
