"""An encoding: how weights of some type are stored, and how a lane multiplies them by inputs.

Everything that depends on it is asked of the object: whether it fits, what is stored, what a
product is and costs, and which module of the library makes the first sums. Adding one is a class,
a line in `hwcompile.ops.arithmetic`, and a module `hw_products_<module>`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.contract.instance import Name
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.paths import Path

PACKAGE = "hw_encoding"
"""The package of the library whose enumeration has a name for every encoding."""

TREE_RADIX = 4
"""Numbers that one level of `hw_sum_tree` adds, where the clock is not fast."""


@dataclass(frozen=True)
class WeightEncoding(ABC):
    """Weights of one type, multiplied by inputs of another.

    The dot product is `sum * (2 if doubled else 1) + start`: what a pair adds to `sum` is not
    always its product, and what is missing is a constant that depends on the weights alone.

    Attributes:
        weight: Of the weights.
        input: Of the inputs.
        word: The value of a kernel's parameter `style` that asks for it.
        module: The rest of the name of its library module, after `hw_products_`.
        label: Its name in the library's enumeration.
        group: Pairs that the first register stage sums.
        fast_group: The same where the clock is fast.
        multiplies: Pairs are products of numbers, wherever these are made.
        doubled: A pair counts twice.
        starts_stored: The constants differ by weights, so they stand in a memory.
        fixed: Parameters of its library module that other modules do not have.
    """

    weight: IntType
    input: IntType

    word: ClassVar[str]
    module: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[int]
    fast_group: ClassVar[int] = 1
    multiplies: ClassVar[bool] = False
    doubled: ClassVar[bool] = False
    starts_stored: ClassVar[bool] = False
    fixed: ClassVar[Mapping[str, int]] = MappingProxyType({})

    @classmethod
    @abstractmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """How good it is for such weights and inputs, the least being best; None if unable."""

    @abstractmethod
    def interval(self) -> tuple[int, int]:
        """Between which numbers lies what one pair adds."""

    @abstractmethod
    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """Tables and bits of adders of a row's products and of the sums over groups of them.

        Args:
            terms: Pairs of a row.
            groups: Sums that leave the first register stage.
            group: Pairs of each.
        """

    @abstractmethod
    def describe(self) -> str:
        """A few words for comments and reports."""

    def first_path(self, group: int) -> Path:
        """What the first register stage does with the products of `group` pairs."""
        return Path("first sums", 1, self.first_sums(group))

    def first_sums(self, group: int) -> tuple[int, ...]:
        """Bits of the additions, one after the other, that join `group` products."""
        bits = self.product_bits
        return ((bits,) if group > 1 else ()) + ((bits + 1,) if group > 2 else ())

    @property
    def circuit(self) -> str:
        """What makes the products, in the words of the resource models."""
        return self.module

    @property
    def name(self) -> Name:
        """What modules call it."""
        return Name(PACKAGE, self.label)

    @property
    def product_bits(self) -> int:
        """Width in two's complement of what one pair of weight and input adds."""
        return bits_between(*self.interval())

    @property
    def span(self) -> int:
        """Weights that one code in a memory stands for; with that many inputs it is a pair."""
        return 1

    @property
    def more_stages(self) -> int:
        """Register stages that its module has beside the one of every module."""
        return 0

    def shared_path(self) -> Path | None:
        """What its module does between the operands and a register, before the first sums."""
        return None

    def shared(self, rows: int, terms: int, vectors: int) -> Resources:
        """What its module has once for all rows that take the same vector.

        Args:
            rows: Dot products at a time.
            terms: Pairs of a row.
            vectors: Different ones at a time.
        """
        return Resources()

    @property
    def stored_bits(self) -> int:
        """Bits of a weight in a memory."""
        return self.weight.bits

    @property
    def stored_signed(self) -> bool:
        """What is stored is a number in two's complement."""
        return self.weight.signed

    def encode(self, weights: IntArray) -> IntArray:
        """What a memory stores: int64 of the same shape, each below 2**stored_bits."""
        return self.weight.encode(weights)

    def stored(self, codes: IntArray, group: int) -> IntArray:
        """How the weights of rows stand in a memory, when their circuit sums them in groups.

        Args:
            codes: What `encode` makes of the weights, int64 [..., pairs of a row].
            group: Pairs that the first register stage sums.
        """
        return codes

    @property
    def padding(self) -> int:
        """The weight of a lane without an input: its product with zero bits must not count."""
        return 0

    @property
    def plain(self) -> bool:
        """The sum is the dot product."""
        return not (self.doubled or self.starts_stored or self.start(1))

    @property
    def neutral(self) -> bool:
        """A lane that has only padding for weights gives zero."""
        return True

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """The constant parts of sums along `axis`, when they differ by weights."""
        return None

    def start(self, fan_in: int) -> int:
        """The constant part of every sum over `fan_in` pairs, when all have the same."""
        return 0

    def products(self, count: int) -> tuple[Multiplications, ...]:
        """Products of `count` lanes that may go to DSP blocks."""
        return ()


def is_bipolar(element: IntType) -> bool:
    """A bit that means -1 or +1."""
    return element == BIPOLAR


def adder_bits(numbers: int, bits: int) -> int:
    """Sums of up to four of `numbers` neighbours, in bits of two-input adders."""
    pairs, left = divmod(numbers, 2)
    return pairs * bits + (pairs + left) // 2 * (bits + 1)


def bits_between(low: int, high: int) -> int:
    """Bits of a number between `low` and `high` as two's complement."""
    return IntType(min(low, -1), max(high, 0)).bits


def format_words(element: IntType) -> str:
    """`bipolar`, or width and sign."""
    if is_bipolar(element):
        return "bipolar"
    return f"{element.bits}-bit {'signed' if element.signed else 'unsigned'}"
