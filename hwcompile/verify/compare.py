"""Compares integers of two levels and says where they first differ, in the model's terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.verify.columns import in_blocks, rows_of


@dataclass(frozen=True)
class Mismatch:
    """The first element in stream order that differs.

    Attributes:
        stream: Name of the value.
        origin: The node of the user's model behind it; empty for ports.
        frame: Frame number from 0.
        position: (row, column) in the feature map.
        channel: Channel number from 0.
        expected: The reference's integer.
        got: The other level's integer.
        count: Differing elements in all.
        total: Elements compared.
    """

    stream: str
    origin: str
    frame: int
    position: tuple[int, int]
    channel: int
    expected: int
    got: int
    count: int
    total: int

    def __str__(self) -> str:
        layer = f"layer '{self.stream}'" + (f" (from '{self.origin}')" if self.origin else "")
        return (
            f"{layer}: frame {self.frame}, position {self.position}, channel {self.channel}: "
            f"expected {self.expected}, got {self.got}; "
            f"{self.count:,} of {self.total:,} elements differ"
        )


def first_mismatch(
    stream: str, expected: IntArray, got: IntArray, origin: str = ""
) -> Mismatch | None:
    """Compare int64 [frames, height, width, channels]; None when every element is equal."""
    if expected.shape != got.shape:
        raise ValueError(f"'{stream}': shapes {expected.shape} and {got.shape} differ")
    count, first = 0, None
    rows = rows_of(expected[:1].nbytes)
    blocks = zip(in_blocks(expected, rows), in_blocks(got, rows), strict=True)
    for number, (want, have) in enumerate(blocks):
        wrong = want != have
        count += int(np.count_nonzero(wrong))
        if first is None and wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            first = (number * rows + place[0], *place[1:]), int(want[place]), int(have[place])
    if first is None:
        return None
    (frame, row, column, channel), want_first, have_first = first
    return Mismatch(
        stream,
        origin,
        frame,
        (row, column),
        channel,
        want_first,
        have_first,
        count,
        int(expected.size),
    )
