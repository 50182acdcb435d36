"""Sites on which kernels are calibrated that take all taps of a window per cycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.window.op import Window

INT8, INT4, U4 = IntType(-128, 127), IntType(-8, 7), IntType(0, 15)

Part = tuple[Op, TensorType, Sequence[Parameters]]


def parallel_sites() -> Iterator[Part]:
    """An op, the type of its input, and parameters of its kernel `parallel`."""
    yield from _windows()
    yield from _reductions()
    yield from _depthwise()


def adder_sites() -> Iterator[tuple[str, Op, TensorType, Sequence[Parameters]]]:
    """The kernel, constant matrices, the type of the input, and how many registers there are."""
    ternary, small = IntType(-1, 1), IntType(-3, 3)
    for number, (weight, element, rows, columns) in enumerate(
        (
            (INT4, U4, 12, 10), (INT8, INT8, 9, 14), (ternary, INT8, 20, 16),
            (BIPOLAR, BIPOLAR, 16, 24), (small, IntType(0, 3), 24, 18),
        )
    ):  # fmt: skip
        weights = np.random.default_rng(number).choice(weight.values(), (1, rows, columns))
        kind = TensorType((1, 1, columns), element)
        yield "adder_graph", Matmul(weights), kind, [{"registers": number % 3}]
    taps = Depthwise(np.random.default_rng(0).choice(INT4.values(), (9, 7)))
    yield "adder_graph", taps, TensorType((1, 1, 63), U4), [{}]


def sums_in_order() -> Iterator[tuple[str, Op, TensorType, Sequence[Parameters]]]:
    """The kernel, an op whose order counts, the type of its input, and parameters."""
    single = IntType(-2791728896, 630823360)  # of float32 numbers, in steps of one power of two
    for element, channels, taps, parts in ((single, 4, 4, (1, 2)), (INT8, 6, 9, (2, 6))):
        op, shape = RoundedSum(taps, 24 if element is single else 6), (1, 4, taps * channels)
        yield "parallel_rounding", op, TensorType(shape, element), [{"pe": pe} for pe in parts]
    for element, end, channels, taps, parts in (
        (INT8, 255, 4, 9, (1, 4)),
        (INT4, 15, 6, 4, (2, 3)),
    ):
        limited, shape = LimitedSum(taps, -end - 1, end), (1, 4, taps * channels)
        yield "parallel_limiting", limited, TensorType(shape, element), [{"pe": pe} for pe in parts]


def _windows() -> Iterator[Part]:
    for shape, element, taps, strides, pads, parallels in (
        ((8, 9, 4), U4, (3, 3), (1, 1), (1, 1, 1, 1), (1, 2, 4)),
        ((9, 8, 16), BIPOLAR, (3, 3), (1, 1), (0, 0, 0, 0), (16,)),
        ((1, 40, 6), INT8, (1, 5), (1, 1), (0, 2, 0, 2), (3,)),
        ((12, 10, 2), INT8, (2, 3), (2, 1), (0, 1, 0, 1), (2,)),
        # Long rows, of which the lowest one under a window is not kept.
        ((6, 64, 8), U4, (3, 3), (1, 1), (1, 1, 1, 1), (2, 8)),
        ((5, 40, 16), BIPOLAR, (3, 3), (1, 1), (0, 0, 0, 0), (16,)),
        ((6, 224, 3), INT8, (3, 3), (2, 2), (1, 1, 1, 1), (3,)),
        ((7, 80, 2), INT8, (5, 5), (1, 1), (2, 2, 2, 2), (2,)),
    ):
        window = Window(taps, strides, (1, 1), pads, 0, 1)
        yield window, TensorType(shape, element), [{"parallel": p} for p in parallels]


def _reductions() -> Iterator[Part]:
    for kind, element, channels, taps, parts in (
        ("max", INT8, 4, 4, (2, 4)),
        ("sum", INT4, 6, 9, (2, 6)),
        ("max", U4, 4, 9, (4,)),
    ):
        shape = (1, 4, taps * channels)
        yield Reduce(kind, taps), TensorType(shape, element), [{"pe": pe} for pe in parts]


def _depthwise() -> Iterator[Part]:
    random = np.random.default_rng(2)
    for weight, element, channels, parts in (
        (INT4, INT8, 4, (1, 2)),
        (IntType(-2, 1), IntType(0, 3), 6, (3,)),
        (BIPOLAR, U4, 8, (4,)),
        (BIPOLAR, BIPOLAR, 16, (8,)),
    ):
        weights = random.choice(weight.values(), size=(9, channels)).astype(np.int64)
        kind = TensorType((1, 4, 9 * channels), element)
        yield Depthwise(weights), kind, [{"pe": pe} for pe in parts]
