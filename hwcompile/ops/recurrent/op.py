"""What every recurrent op has."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from typing_extensions import TypeVar

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType


class SumBounds(Protocol):
    """How large the inner signals of a cell become."""

    @property
    def largest_sum(self) -> int:
        """Bound on the magnitude of every partial sum of a row of weights."""

    @property
    def widest(self) -> int:
        """Bits of the widest signal."""


class Recurrent(Op):
    """An op on sequences: (1, T, X*B) to (1, T, Y*B), perhaps with start tokens (1, T, B).

    With `takes_state` a frame begins with a state of its own: further inputs are y (1, 1, Y*B) and,
    where the state has another vector, c (1, 1, C*B); the channel is the fastest index of all.

    Attributes:
        keep: Whether the state survives the end of a frame.
        channels: B, the number of sequences in step.
        takes_state: See above; False unless an op has such a field.
    """

    keep: bool
    channels: int
    takes_state: bool = False

    @property
    def remembers(self) -> bool:
        """See `Op.remembers`."""
        return self.keep

    @property
    @abstractmethod
    def inputs(self) -> int:
        """X, the size of the input vector."""

    @property
    def states(self) -> tuple[tuple[int, IntType], ...]:
        """Size and format of each vector of the state; an op that takes none needs not say them."""
        return ()

    @abstractmethod
    def bounds(self, x: IntType) -> SumBounds:
        """Bounds on all inner signals when the input is of type `x`."""


R = TypeVar("R", bound=Recurrent, default=Recurrent)
R_co = TypeVar("R_co", bound=Recurrent, covariant=True, default=Recurrent)
