"""Width: the identity between two word formats, inserted by the planner."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.width.gearbox import Gearbox
from hwcompile.ops.width.op import Width


def _examples() -> tuple[Site, ...]:
    image, vector = TensorType((2, 3, 4), IntType(-3, 4)), TensorType((1, 1, 30), BIPOLAR)
    return (
        Site.of(Width(4, 1, 4, 4), image),
        Site.of(Width(4, 4, 4, 2), image),
        Site.of(Width(24, 3, 24, 2), image),
        Site.of(Width(4, 4, 12, 5), image),
        Site.of(Width(30, 8, 30, 5), vector),
        Site.of(Width(30, 30, 30, 30), vector),
    )


FAMILY = Family(
    name="width",
    summary="identity; the gearbox between two word formats, inserted by the planner",
    ops=(Width,),
    kernels=(Gearbox(),),
    examples=_examples,
)
