"""One owner of a family's facts: the folder that is called like it."""

from __future__ import annotations

import re

import pytest

from hwcompile.boards import board_names, load_board
from hwcompile.families import family_names, family_of, fpga_family
from hwcompile.families.family import CALIBRATION, OPEN, PLL_CELLS
from tests.models import ROOT

NAMES = pytest.mark.parametrize("name", family_names())


def test_nothing_else_switches_on_the_name_of_a_family() -> None:
    named = re.compile(rf"[\"']({'|'.join(family_names())})[\"']")
    for path in sorted((ROOT / "hwcompile").rglob("*.py")):
        if "families" not in path.relative_to(ROOT).parts:
            assert not named.search(path.read_text()), path


@NAMES
def test_a_family_is_complete(name: str) -> None:
    found = fpga_family(name)
    assert found.name == name
    assert (found.flow is None) == (found.tools != OPEN)
    coefficients = fpga_family(found.like or name).file(CALIBRATION)
    assert (coefficients is None) == (found.memory is None)
    assert not found.like or found.file(CALIBRATION) is None
    for kind in found.plls:
        assert found.file(f"{kind.module}.sv"), kind.cell
        assert found.file(PLL_CELLS)
    assert found.processor is None or found.flow is None


def test_every_family_has_a_board() -> None:
    assert {family_of(load_board(name)).name for name in board_names()} == set(family_names())
