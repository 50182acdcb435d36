"""Concat: the channels of several streams side by side."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.concat.abreast import Abreast
from hwcompile.ops.concat.interleave import Interleave
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site


def _examples() -> tuple[Site, ...]:
    signed, unsigned = IntType(-3, 4), IntType(0, 9)
    return (
        Site.of(Concat(), TensorType((2, 3, 4), signed), TensorType((2, 3, 2), unsigned)),
        Site.of(Concat(), TensorType((1, 4, 3), BIPOLAR), TensorType((1, 4, 3), BIPOLAR)),
        Site.of(
            Concat(),
            TensorType((1, 2, 4), BIPOLAR),
            TensorType((1, 2, 8), unsigned),
            TensorType((1, 2, 4), signed),
            TensorType((1, 2, 4), BIPOLAR),
        ),
        Site.of(
            Concat(),
            *(
                TensorType((1, 3, 2 * (i + 1)), (signed, BIPOLAR, unsigned)[i % 3])
                for i in range(6)
            ),
            TensorType((1, 3, 5), BIPOLAR),
        ),
    )


FAMILY = Family(
    name="concat",
    summary="channels of several streams side by side",
    ops=(Concat,),
    kernels=(Interleave(), Abreast()),
    examples=_examples,
)
