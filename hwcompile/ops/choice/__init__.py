"""Choice: frames that take one of two branches, and the result that is held meanwhile."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.choice.choose import Chosen
from hwcompile.ops.choice.drop import Drop
from hwcompile.ops.choice.held import Held
from hwcompile.ops.choice.op import Choose, Enter, Hold
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site

_TRUTH = TensorType((1, 1, 1), IntType(0, 1))


def _examples() -> tuple[Site, ...]:
    signed = TensorType((2, 3, 4), IntType(-3, 4))
    binary = TensorType((1, 3, 2), BIPOLAR)
    return (
        Site.of(Enter(True), signed, _TRUTH),
        Site.of(Enter(False), binary, _TRUTH),
        Site.of(Choose(), signed, TensorType((2, 3, 4), IntType(0, 9)), _TRUTH),
        Site.of(Choose(), binary, binary, _TRUTH),
        Site.of(Hold(0), signed, _TRUTH),
        Site.of(Hold(7), TensorType((1, 1, 5), IntType(0, 3)), _TRUTH),
        Site.of(Hold(-1), binary, _TRUTH),
    )


FAMILY = Family(
    name="choice",
    summary="frames that take one of two branches, or whose last result is held",
    ops=(Enter, Choose, Hold),
    kernels=(Drop(), Chosen(), Held()),
    examples=_examples,
)
