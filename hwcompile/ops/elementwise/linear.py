"""Constant multiples of one or two operands, and an offset."""

from __future__ import annotations

from functools import cached_property

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract.instance import Instance, Value, Word
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.contract.site import Site
from hwcompile.ops.elementwise.op import Linear


class ShiftsAndAdders(BuiltPipe[Linear]):
    """The sum of a site in the words of `hw_linear`."""

    @cached_property
    def on_bits(self) -> tuple[tuple[int, ...], int]:
        """Coefficients and offset on what the operands' bits say as numbers."""
        return _on_bits(self.site)

    @property
    def stages(self) -> int:
        """The sum, and the products when they are more than shifts, with one register or two."""
        shifts = all(abs(c).bit_count() <= 1 for c in self.on_bits[0])
        return 1 if shifts else 2 + self.registers

    @cached_property
    def needs(self) -> Resources:
        """Adders for terms and offset; a product for a coefficient that is more than a shift."""
        coefficients, offset = self.on_bits
        out, parallel = self.out_bits, self.parallel
        adders = len([c for c in coefficients if c]) - 1 + (offset != 0)
        registers = out * (1 + len(coefficients) * (self.stages - 1))
        products = tuple(
            Multiplications(kind.element.bits, abs(c).bit_length(), parallel)
            for c, kind in zip(coefficients, self.site.inputs, strict=True)
            if abs(c).bit_count() > 1
        )
        return Resources(adders=parallel * adders * out, ff=parallel * registers, products=products)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The products, and the sum of the terms and the offset; one cycle where those shift."""
        near = self.registers > 0
        products = [Path("product", product=each, near=near) for each in self.needs.products]
        adders = max(round(self.needs.adders) // (self.parallel * self.out_bits), 1)
        return (*products, Path("sum", 1, (self.out_bits,) * adders))

    @property
    def entrance(self) -> tuple[Path, ...]:
        """Products of every operand, or their sum where those shift."""
        return self.paths[: max(len(self.needs.products), 1)]

    @property
    def instance(self) -> Instance:
        """Of `hw_linear`."""
        coefficients, offset = self.on_bits
        out = self.out_bits
        values: dict[str, Value] = {
            **self.word_parameters,
            "Operands": len(coefficients),
            "OutWidth": out,
            "Offset": Word.of(offset, out),
            "Stages": self.stages,
        }
        for i, (c, kind) in enumerate(zip(coefficients, self.site.inputs, strict=True)):
            values[f"InWidth{i}"] = kind.element.bits
            values[f"InSigned{i}"] = kind.element.signed
            values[f"Factor{i}"] = Word.of(abs(c), out)
            values[f"Negate{i}"] = c < 0
        return Instance("hw_linear", values)

    @property
    def comment(self) -> str:
        """The formula."""
        coefficients, offset = self.on_bits
        terms = " ".join(f"{c:+d}*x{i}" for i, c in enumerate(coefficients))
        return f"{terms} {offset:+d}"


class LinearSum(Pipe[Linear]):
    """Shifts and adders; coefficients that are no powers of two get a stage of their own.

    All arithmetic is modulo 2**(output bits), which is exact because the output fits. A bipolar
    operand is its bit p: `c * (2 * p - 1)` is `2 * c * p - c`. `registers = 1` gives products
    another register, which can stand far from what multiplies.
    """

    name = "linear"
    op = Linear
    built = ShiftsAndAdders
    most_registers = 1


def _on_bits(site: Site[Linear]) -> tuple[tuple[int, ...], int]:
    """Coefficients and offset on what the operands' bits say as unsigned or signed numbers."""
    coefficients, offset = [], site.op.offset
    for c, kind in zip(site.op.coefficients, site.inputs, strict=True):
        bipolar = kind.element.encoding is Encoding.BIPOLAR
        coefficients.append(2 * c if bipolar else c)
        offset -= c if bipolar else 0
    return tuple(coefficients), offset
