"""Constant multiples of one or two operands, and an offset."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.kernel import Rendered, Resources
from hwcompile.ops.needs import Product
from hwcompile.ops.pipe import Pipe, parallel_of, word_parameters
from hwcompile.ops.site import Parameters, Site


class LinearSum(Pipe):
    """Shifts and adders; coefficients that are no powers of two get a stage of their own.

    All arithmetic is modulo 2**(output bits), which is exact because the output fits. A bipolar
    operand is its bit p: `c * (2 * p - 1)` is `2 * c * p - c`.
    """

    name = "linear"

    def refuses(self, site: Site) -> str | None:
        """When the op is not linear."""
        return None if isinstance(site.op, Linear) else "the op is not a linear sum"

    def stages(self, site: Site, parameters: Parameters) -> int:
        """The sum, and the products when they are more than shifts."""
        coefficients, _ = _on_bits(site)
        return 1 if all(abs(c).bit_count() <= 1 for c in coefficients) else 2

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Adders for terms and offset; a product for a coefficient that is more than a shift."""
        coefficients, offset = _on_bits(site)
        out, parallel = site.outputs[0].element.bits, parallel_of(parameters)
        adders = len([c for c in coefficients if c]) - 1 + (offset != 0)
        registers = out * (1 + len(coefficients) * (self.stages(site, parameters) - 1))
        products = tuple(
            Product(kind.element.bits, abs(c).bit_length(), parallel)
            for c, kind in zip(coefficients, site.inputs, strict=True)
            if abs(c).bit_count() > 1
        )
        return Resources(adders=parallel * adders * out, ff=parallel * registers, products=products)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_linear`."""
        coefficients, offset = _on_bits(site)
        out, parallel = site.outputs[0].element.bits, parallel_of(parameters)
        values: dict[str, int | str] = {
            **word_parameters(site, parallel),
            "Operands": len(coefficients),
            "OutWidth": out,
            "Offset": literal(offset, out),
            "Stages": self.stages(site, parameters),
        }
        for i, (c, kind) in enumerate(zip(coefficients, site.inputs, strict=True)):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = int(kind.element.signed)
            values[f"Factor{i}"] = literal(abs(c), out)
            values[f"Negate{i}"] = int(c < 0)
        terms = " ".join(f"{c:+d}*x{i}" for i, c in enumerate(coefficients))
        return Rendered("hw_linear", values, {}, f"{terms} {offset:+d}")


def literal(value: int, bits: int) -> str:
    """A sized literal of `value` modulo 2**bits."""
    return f"{bits}'h{value % (1 << bits):x}"


def _on_bits(site: Site) -> tuple[tuple[int, ...], int]:
    """Coefficients and offset on what the operands' bits say as unsigned or signed numbers."""
    assert isinstance(site.op, Linear)
    coefficients, offset = [], site.op.offset
    for c, kind in zip(site.op.coefficients, site.inputs, strict=True):
        bipolar = kind.element.encoding is Encoding.BIPOLAR
        coefficients.append(2 * c if bipolar else c)
        offset -= c if bipolar else 0
    return tuple(coefficients), offset
