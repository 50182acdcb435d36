"""Signed products whose factors are cut in two so that one multiplier takes each part.

The Python side of the library module `hw_cut_product`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ops.contract.instance import Struct, Value
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.paths import Path

MOST_FACTOR_BITS = 16
"""Wider factors are cut in two where the clock is fast: the least that a block multiplies."""


@dataclass(frozen=True)
class CutProduct:
    """A product and where its factors are cut.

    Attributes:
        left: Bits of the left factor in two's complement: an input.
        right: Bits of the right one: a constant.
        left_cut: Bits of the lower part of the left factor, which has no sign; 0 where it is whole.
        right_cut: The same of the right one.
        later: The parts' products pass another register, so that one can stand beside each
            multiplier, wherever what takes them stands.
    """

    left: int
    right: int
    left_cut: int = 0
    right_cut: int = 0
    later: bool = False

    @staticmethod
    def of(left: int, right: int, registers: int) -> CutProduct:
        """The product for as many registers: 2 cut a wide constant in half, or else a wide input.

        With 3, both are cut; from 2 on, products have two registers.

        Args:
            left: Bits of an input.
            right: Bits of a constant.
            registers: See `Kernel.most_registers`.
        """
        most = registers - 1
        right_cut = right // 2 if right > MOST_FACTOR_BITS and most > 0 else 0
        rest = most - (right_cut > 0)
        left_cut = left // 2 if left > MOST_FACTOR_BITS and rest > 0 else 0
        return CutProduct(left, right, left_cut, right_cut, most > 0)

    @property
    def cuts(self) -> int:
        """Factors that are cut."""
        return (self.left_cut > 0) + (self.right_cut > 0)

    @property
    def stages(self) -> int:
        """Register stages: one or two for the products, and one for each sum of two numbers."""
        return 1 + self.later + self.cuts

    def products(self, count: int) -> tuple[Multiplications, ...]:
        """The parts of `count` such products, the widest first."""
        lefts, rights = _parts(self.left, self.left_cut), _parts(self.right, self.right_cut)
        return tuple(Multiplications(a, b, count) for a in lefts for b in rights)

    def beside(self, bits: int) -> Resources:
        """Adders and registers of the parts of a product of `bits` bits, without its own register.

        Args:
            bits: Of the product that is kept.
        """
        if not self.cuts:
            return Resources(ff=bits * self.later)
        low = self.left_cut + self.right_cut
        if self.cuts == 1:
            return Resources(adders=bits - low, ff=(2 * bits - low) * (1 + self.later))
        inner = bits - min(self.left_cut, self.right_cut)
        parts = 3 * bits - low
        return Resources(adders=2 * inner, ff=inner + parts * (1 + self.later))

    def paths(self, bits: int, count: int) -> tuple[Path, ...]:
        """The product, and the sums of its parts, of `bits` bits; of `count` such products."""
        widest, *others = self.products(count)
        every = Multiplications(widest.left, widest.right, count * (1 + len(others)))
        product = Path("product", product=every, near=self.later)
        return (product, Path("parts of a product", carries=(bits,))) if self.cuts else (product,)

    @property
    def parameters(self) -> dict[str, Value]:
        """What modules say about it; nothing where it is whole and has one register."""
        if not self.later:
            return {}
        fields = {"left": self.left_cut, "right": self.right_cut, "later": self.later}
        return {"Cuts": Struct("hw_cuts", "cuts", fields)}


def _parts(bits: int, cut: int) -> tuple[int, ...]:
    """Widths of a factor's parts in two's complement, the wider one first."""
    return tuple(sorted((cut + 1, bits - cut), reverse=True)) if cut else (bits,)
