"""The worked examples in the docstrings of hard algorithms are right."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    "hwcompile.schedule.time.engine",
    "hwcompile.frontends.numbers.pair_lattice",
    "hwcompile.ops.recurrent.simulation",
)


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_are_right(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried >= 3
    assert failed == 0
