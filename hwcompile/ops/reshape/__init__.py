"""Reshape: free. No kernel; the planner joins producer and consumer by a wire or a gearbox."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.reshape.op import Reshape


def _examples() -> tuple[Site, ...]:
    return (
        Site.of(Reshape((1, 1, 24)), TensorType((2, 3, 4), IntType(-3, 4))),
        Site.of(Reshape((4, 3, 1)), TensorType((1, 1, 12), BIPOLAR)),
    )


FAMILY = Family(
    name="reshape",
    summary="same elements, same order, another shape; free",
    ops=(Reshape,),
    kernels=(),
    examples=_examples,
)
