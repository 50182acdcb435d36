"""How a code of one element type becomes a code of another that contains it."""

from __future__ import annotations

from hwcompile.ir.types import Encoding, IntType
from hwcompile.ops.contract.instance import Name


def recoding(old: IntType, new: IntType) -> Name:
    """How `hw_recode` turns a code of `old` into one of `new`, which contains it.

    `Zeros` stand above, or nothing where the widths are equal; the `Sign` stands above; or a
    `Bipolar` bit becomes two's complement.
    """
    if old.encoding is Encoding.BIPOLAR:
        return Name("hw_recoding", "Zeros" if new.encoding is Encoding.BIPOLAR else "Bipolar")
    return Name("hw_recoding", "Sign" if old.signed else "Zeros")
