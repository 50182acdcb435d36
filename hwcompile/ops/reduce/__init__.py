"""Reductions over the taps of a vector, channel by channel."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.reduce.folded import Folded
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.limiting import Limiting, LimitingAllTaps
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reduce.parallel import Parallel
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.reduce.rounding import Rounding, RoundingAllTaps


def _examples() -> tuple[Site, ...]:
    return (
        Site.of(Reduce("max", 4), TensorType((2, 3, 20), IntType(-8, 7))),
        Site.of(Reduce("min", 3), TensorType((2, 2, 6), IntType(0, 9))),
        Site.of(Reduce("sum", 6), TensorType((1, 2, 18), IntType(-2, 5))),
        Site.of(Reduce("max", 4), TensorType((2, 2, 12), BIPOLAR)),
        Site.of(Reduce("sum", 5), TensorType((1, 3, 15), BIPOLAR)),
        Site.of(Reduce("sum", 1), TensorType((1, 3, 2), IntType(0, 3))),
        Site.of(RoundedSum(4, 3), TensorType((2, 3, 20), IntType(-9, 5))),
        Site.of(RoundedSum(3, 5), TensorType((1, 2, 6), IntType(0, 60))),
        Site.of(LimitedSum(4, -9, 8), TensorType((2, 3, 20), IntType(-6, 7))),
        Site.of(LimitedSum(3, 0, 40, "zero"), TensorType((1, 2, 6), IntType(-3, 33))),
    )


FAMILY = Family(
    name="reduce",
    summary="maximum, minimum, sum, float sum or saturating sum over the taps of a window",
    ops=(Reduce, RoundedSum, LimitedSum),
    kernels=(
        *(Folded(), Parallel()),
        *(Rounding(), Limiting()),
        *(RoundingAllTaps(), LimitingAllTaps()),
    ),
    examples=_examples,
)

__all__ = ["FAMILY", "LimitedSum", "Reduce", "RoundedSum"]
