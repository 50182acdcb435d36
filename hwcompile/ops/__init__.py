"""The registry of operator families: one line each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from hwcompile.ir.op import Op
from hwcompile.ops.contract.family import Family

FAMILIES = (
    "conv",
    "pool",
    "window",
    "matmul",
    "attention",
    "depthwise",
    "reduce",
    "threshold",
    "table",
    "truth_table",
    "cast",
    "elementwise",
    "concat",
    "gather",
    "choice",
    "reshape",
    "argmax",
    "width",
    "lstm",
    "gru",
)


@cache
def family(name: str) -> Family:
    """The family called `name`; each family's package defines `FAMILY`.

    Raises:
        KeyError: If no family has that name.
    """
    if name not in FAMILIES:
        raise KeyError(name)
    return import_module(f"hwcompile.ops.{name}").FAMILY  # type: ignore[no-any-return]


@cache
def op_classes() -> dict[str, type[Op]]:
    """Every op class by `"family.Class"`, for the parser of the text form."""
    return {f"{name}.{op.__name__}": op for name in FAMILIES for op in family(name).ops}
