"""Argmax and top-k over channels."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.argmax.serial import Serial
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site


def _examples() -> tuple[Site, ...]:
    return (
        Site.of(TopK(1, "index"), TensorType((1, 1, 10), IntType(-20, 20))),
        Site.of(TopK(1, "value"), TensorType((2, 2, 6), IntType(0, 3))),
        Site.of(TopK(3, "index"), TensorType((2, 1, 12), IntType(-2, 2))),
        Site.of(TopK(2, "value"), TensorType((1, 3, 4), BIPOLAR)),
    )


FAMILY = Family(
    name="argmax",
    summary="largest channels of every pixel, or where they are",
    ops=(TopK,),
    kernels=(Serial(),),
    examples=_examples,
)
