"""Division and roots, a digit per register stage."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import BuiltPipe, Pipe
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot


class Dividers(BuiltPipe[Fraction]):
    """A subtraction per digit of the result, and one to see whether it is 1."""

    @property
    def stages(self) -> int:
        """Magnitude, comparison, a digit each with one to round by, rounding and sign."""
        return self.op.digits + 4

    @property
    def _bits(self) -> tuple[int, int]:
        """Of the magnitude of the first operand, and of the second one."""
        first, second = (kind.element for kind in self.site.inputs)
        return max(abs(first.low), abs(first.high), 1).bit_length(), second.bits

    @property
    def needs(self) -> Resources:
        """Per digit a subtraction and a choice; remainder, divisor and digits wait in registers."""
        own, other = self._bits
        rounds = self.op.digits + 1
        digits = rounds * (rounds + 1) / 2
        ff = own + 2 * other + rounds * (2 * other + 2) + digits + self.out_bits
        one = Resources(
            lut=rounds * other + 2 * self.out_bits,
            adders=own + max(own, other) + rounds * (other + 1) + self.out_bits,
            ff=ff,
        )
        return one.times(self.parallel)

    @property
    def paths(self) -> tuple[Path, ...]:
        """A magnitude; a comparison; a digit; rounding and the sign."""
        own, other = self._bits
        return (
            Path("magnitude", 1, (own,)),
            Path("comparison", carries=(max(own, other),)),
            Path("digit", 1, (other + 1,)),
            Path("rounding and sign", 2, (self.out_bits, self.out_bits)),
        )

    @property
    def instance(self) -> Instance:
        """Of `hw_fraction`."""
        first, second = (kind.element for kind in self.site.inputs)
        return Instance(
            "hw_fraction",
            {
                **self.word_parameters,
                "Digits": self.op.digits,
                "OutWidth": self.out_bits,
                "InWidth0": first.bits,
                "InSigned0": first.signed,
                "InWidth1": second.bits,
            },
        )

    @property
    def comment(self) -> str:
        """Digits."""
        return f"a divider of {self.op.digits} digits per lane"


class DividerLanes(Pipe[Fraction]):
    """A divider per lane that makes a digit per register stage."""

    name = "divider"
    op = Fraction
    built = Dividers


class Rooters(BuiltPipe[SquareRoot]):
    """A subtraction per digit of the root."""

    @property
    def stages(self) -> int:
        """One per digit of the root."""
        return self._digits

    @property
    def _digits(self) -> int:
        """Half as many as the number has with what is appended."""
        return (self.site.inputs[0].element.bits + 1) // 2 + self.op.digits

    @property
    def needs(self) -> Resources:
        """Per digit a subtraction and a choice; what is left of the number waits in registers."""
        n = self._digits
        bits = n * (n + 1) / 2
        one = Resources(lut=bits + n, adders=bits + 2 * n, ff=3 * bits + n)
        return one.times(self.parallel)

    @property
    def paths(self) -> tuple[Path, ...]:
        """A digit."""
        return (Path("digit", 1, (self._digits + 2,)),)

    @property
    def instance(self) -> Instance:
        """Of `hw_square_root`."""
        return Instance(
            "hw_square_root",
            {
                **self.word_parameters,
                "Digits": self.op.digits,
                "InWidth": self.site.inputs[0].element.bits,
                "OutWidth": self.out_bits,
            },
        )

    @property
    def comment(self) -> str:
        """Digits."""
        return f"a root of {self._digits} binary digits per lane"


class RootLanes(Pipe[SquareRoot]):
    """A root per lane that makes a digit per register stage."""

    name = "root"
    op = SquareRoot
    built = Rooters
