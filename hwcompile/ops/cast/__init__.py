"""Changes of fixed-point formats: an offset, a shift, a rounding, and a range."""

from __future__ import annotations

from hwcompile.ops.cast.adjust import Adjust
from hwcompile.ops.cast.examples import examples
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.contract.family import Family

FAMILY = Family(
    "cast",
    "another fixed-point format: an offset, a shift, a rounding, and a range, all of them exact",
    (Cast,),
    (Adjust(),),
    examples,
)

__all__ = ["FAMILY", "Cast"]
