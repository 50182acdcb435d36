"""The worked examples in docstrings are right, and the hard algorithms have one."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from benchmarks.pages import ROOT
from tests.house.measures import files

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in files()
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_hard_algorithms_have_one() -> None:
    assert set(MODULES) >= {
        "hwcompile.frontends.numbers.exact_lines",
        "hwcompile.ops.recurrent.simulation",
        "hwcompile.schedule.time.engine",
    }


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_are_right(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried >= 3
    assert failed == 0
