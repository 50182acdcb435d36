"""Sites on which the gearbox is calibrated, between words of two sizes."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.width.op import Width

INT8, U4, U2 = IntType(-128, 127), IntType(0, 15), IntType(0, 3)


def width_sites() -> Iterator[tuple[Width, TensorType]]:
    """An op, and the type of its input: register chains, and shifters up to 64 elements."""
    for element, sizes in (
        (INT8, (24, 4, 24, 6)), (INT8, (24, 1, 24, 8)), (U4, (24, 8, 24, 2)),
        (BIPOLAR, (64, 16, 64, 4)), (U4, (36, 9, 36, 4)), (INT8, (12, 12, 12, 1)),
        (BIPOLAR, (64, 1, 64, 64)), (IntType(0, 7), (72, 8, 72, 9)), (U4, (35, 7, 35, 5)),
        (BIPOLAR, (576, 64, 576, 58)), (U4, (144, 16, 144, 9)), (U2, (288, 32, 288, 18)),
    ):  # fmt: skip
        yield Width(*sizes), TensorType((1, 2, sizes[0]), element)
