"""What is synthesized to calibrate the kernels of frames that take one of two branches."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.choice.op import Choose, Enter, Hold

TRUTH = TensorType((1, 1, 1), IntType(0, 1))

MAPS = (
    ((4, 5, 8), IntType(-128, 127), 1),
    ((8, 8, 4), IntType(0, 15), 4),
    ((2, 8, 16), IntType(-500, 500), 4),
    ((16, 16, 6), IntType(-128, 127), 6),
    ((3, 5, 16), BIPOLAR, 16),
)
"""Shape, elements, and channels per word."""


def choice_sites() -> Iterator[tuple[str, Op, tuple[TensorType, ...], dict[str, int | str]]]:
    """Kernel, op, the types of its inputs, and a folding."""
    for shape, element, parallel in MAPS:
        kind = TensorType(shape, element)
        start = -1 if element == BIPOLAR else 0
        ops: tuple[tuple[str, Op, int], ...] = (
            ("drop", Enter(True), 1),
            ("choose", Choose(), 2),
            ("held", Hold(start), 1),
        )
        for kernel, op, inputs in ops:
            yield kernel, op, (*(kind,) * inputs, TRUTH), {"parallel": parallel}
