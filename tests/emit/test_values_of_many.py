"""Parameters that hold a value, or a file, for each of several things."""

from __future__ import annotations

import pytest

from hwcompile.diagnostics import InternalError
from hwcompile.emit.literals import literal
from hwcompile.ops.contract.instance import Each, Name


def test_the_first_value_stands_in_the_least_significant_bits() -> None:
    assert literal(Each((3, 17, 5))) == "{32'h5, 32'h11, 32'h3}"
    names = Each((Name("hw_recoding", "Sign"), Name("hw_recoding", "Zeros")))
    assert literal(names) == "{hw_recoding_pkg::Zeros, hw_recoding_pkg::Sign}"


def test_files_are_cut_by_their_length() -> None:
    assert literal(("a0.mem", "b1.mem")).split() == ["{", '"b1.mem",', '"a0.mem"', "}"]
    with pytest.raises(InternalError, match="not equally long"):
        literal(("a9.mem", "a10.mem"))
