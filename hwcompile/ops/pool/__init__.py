"""Pooling; the pass `lower_pool` turns it into window and reduce."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.pool.op import Pool


def _examples() -> tuple[Site, ...]:
    signed, plain = IntType(-8, 7), (0, 0, 0, 0)
    return (
        Site.of(Pool("max", (2, 2), (2, 2), (1, 1), plain, 0), TensorType((5, 6, 3), signed)),
        Site.of(
            Pool("max", (3, 3), (2, 2), (1, 1), (1, 1, 1, 1), -8), TensorType((5, 5, 2), signed)
        ),
        Site.of(Pool("max", (2, 2), (2, 2), (1, 1), plain, -1), TensorType((4, 4, 3), BIPOLAR)),
        Site.of(
            Pool("sum", (1, 3), (1, 1), (1, 1), (0, 1, 0, 1), 2),
            TensorType((1, 7, 2), IntType(0, 15)),
        ),
        Site.of(Pool("sum", (4, 3), (1, 1), (1, 1), plain, 0), TensorType((4, 3, 5), signed)),
    )


FAMILY = Family(
    name="pool",
    summary="maximum and sum pooling, lowered to window and reduce",
    ops=(Pool,),
    kernels=(),
    examples=_examples,
)

__all__ = ["FAMILY", "Pool"]
