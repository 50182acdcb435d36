"""Which products of a design go to DSP blocks: one table for the flow and for the resource model.

The flow leaves products outside the table to logic and tells Yosys' `mul2dsp` the rest; the
resource model counts the blocks that come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Multiplier(NamedTuple):
    """A way to use multipliers: widest factors, and the narrowest for which it is taken.

    `takes` says how many of the family's DSP blocks it occupies.
    """

    a: int
    b: int
    least_a: int
    least_b: int
    takes: int = 1

    def widths(self, least: int) -> str:
        """The same as options of `mul2dsp`, with the narrowest product in bits."""
        words = {"A_MAX": self.a, "B_MAX": self.b, "A_MIN": self.least_a, "B_MIN": self.least_b}
        return " ".join(f"-D DSP_{k}WIDTH={v}" for k, v in {**words, "Y_MIN": least}.items())


@dataclass(frozen=True)
class Products:
    """The rules of a family.

    Attributes:
        multipliers: Ways to use its multipliers in the order in which they are tried.
        least: Narrowest product, in bits, that goes to a DSP block.
        widest: Products with a wider factor stay in logic.
        least_rest: The same as `least` for the parts of a product that is split; None when equal.
        absorb: Registers around a multiplier move into it: synthesis does so, or the flow (see
            `Flow.absorb`).
    """

    multipliers: tuple[Multiplier, ...]
    least: int
    widest: int
    least_rest: int | None = None
    absorb: bool = False

    def blocks(self, left: int, right: int) -> int:
        """DSP blocks for a product of factors of so many bits, 0 when it stays in logic."""
        narrow, wide = sorted((left, right))
        if narrow + wide < self.least or wide > self.widest:
            return 0
        kinds = dict.fromkeys(_wide_first(kind) for kind in self.multipliers)
        return self._pieces(narrow, wide, tuple(kinds))

    def whole(self, left: int, right: int) -> bool:
        """Whether one multiplier takes a product of factors of so many bits."""
        narrow, wide = sorted((left, right))
        kinds = map(_wide_first, self.multipliers)
        fits = any(wide <= kind.a and narrow <= kind.b for kind in kinds)
        return fits and self.blocks(left, right) > 0

    def parts(self, left: int, right: int) -> int:
        """Products that are summed for one of factors of so many bits, in blocks or in logic."""
        narrow, wide = sorted((left, right))
        kinds = map(_wide_first, self.multipliers)
        return min(-(-wide // kind.a) * -(-narrow // kind.b) for kind in kinds)

    def _pieces(self, left: int, right: int, kinds: tuple[Multiplier, ...]) -> int:
        """Blocks for a product as `mul2dsp` splits it; small rests of a split stay in logic."""
        narrow, wide = sorted((left, right))
        if narrow + wide < (self.least if self.least_rest is None else self.least_rest):
            return 0
        for index, kind in enumerate(kinds):
            if wide < kind.least_a or narrow < kind.least_b:
                continue
            rest = wide - kind.a
            if rest <= 0:
                return kind.takes
            # The factors of a rest are not put in order before this kind is tried on it.
            follows = kinds[index if rest >= kind.least_a else index + 1 :]
            whole = self._pieces(kind.a, narrow, kinds[index:])
            return whole + self._pieces(rest, narrow, follows)
        return 0

    def in_rounds(self, name: str, blocks: str) -> tuple[str, ...]:
        """Yosys commands that put products into blocks of several sizes, one after the other.

        Args:
            name: What the cells in `blocks` are called, before their size.
            blocks: Techmap file with the blocks.
        """
        return (
            # Products that are to stay in LUTs rest: every round gives their name to those it
            # leaves.
            "chtype -set $__resting t:$__soft_mul",
            *(
                f"techmap -map +/mul2dsp.v {kind.widths(self.least)} "
                f"-D DSP_NAME={name}{kind.a}X{kind.b}; chtype -set $mul t:$__soft_mul"
                for kind in self.multipliers
            ),
            "chtype -set $__soft_mul t:$__resting",
            f"techmap -map {blocks}",
            "setattr -unset mul2dsp a:mul2dsp",
        )


NO_BLOCKS = Products((), least=1024, widest=0)
"""Of families without DSP blocks: products are adders and LUTs."""


def _wide_first(kind: Multiplier) -> Multiplier:
    a, b, least_a, least_b, takes = kind
    return Multiplier(max(a, b), min(a, b), max(least_a, least_b), min(least_a, least_b), takes)
