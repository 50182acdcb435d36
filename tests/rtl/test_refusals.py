"""Every module with parameters refuses some, and every refusal is reached by a case."""

from __future__ import annotations

import re

import pytest

from hwcompile.emit.shelves import source_files, source_text
from tests.rtl.illegal import REFUSALS, WITHOUT
from tests.rtl.test_illegal_parameters import ILLEGAL

MODULES = [name for name in source_files() if not name.endswith("_pkg")]
CASES = REFUSALS | ILLEGAL


@pytest.mark.parametrize("module", MODULES)
def test_every_module_refuses_parameters_or_says_why_it_takes_all(module: str) -> None:
    text = source_text(module)
    parameters = set(re.findall(r"^ +parameter [^=]*?(\w+) *=", text, re.MULTILINE))
    assert (module in CASES) + (module in WITHOUT) == bool(parameters)
    named = {name for values in CASES.get(module, {}).values() for name in values}
    assert {name.partition(".")[0] for name in named} <= parameters  # a structure's field: A.b


@pytest.mark.parametrize("module", MODULES)
def test_every_refusal_is_reached(module: str) -> None:
    """A condition that is never true would refuse nothing, and nobody would see it."""
    text = source_text(module)
    for message in re.findall(r'\$error\("\w+(?: %s)?: ([^"]*)"', text):
        assert any(words in message for words in CASES.get(module, {})), message
