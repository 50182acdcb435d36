"""What every operation answers about its meaning. Families in `hwcompile.ops` implement it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from hwcompile.ir.types import IntArray, TensorType


class Op(ABC):
    """An operation with its attributes. Concrete ops are dataclasses with `eq=False`.

    Fields are ints, strings, bools, tuples of ints, `IntType`s, or numpy int64 arrays; nothing
    else, so that the text form prints and parses every op without knowing it. Arrays are not to be
    written to after construction.
    """

    family: ClassVar[str]
    """Name of the family: the folder in `hwcompile/ops`, and the word in the text form."""

    @property
    def remembers(self) -> bool:
        """Whether a frame's result depends on the frames before it."""
        return False

    @abstractmethod
    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""

    @abstractmethod
    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """Output types with the tightest intervals that follow from the inputs' intervals."""

    def narrowed(self, old: tuple[TensorType, ...], new: tuple[TensorType, ...]) -> Op:
        """The same operation on inputs of tighter intervals.

        That is itself, but for operations that have a place for every value of an input's type.

        Args:
            old: Types of the inputs that it is made for.
            new: Their types now; what the intervals have lost never comes.
        """
        return self

    @abstractmethod
    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """The only definition of the op's meaning, exact on integers.

        Args:
            inputs: Types of the inputs.
            values: int64 [frames, height, width, channels] each.

        Returns:
            int64 [frames, height, width, channels] for every output.
        """
