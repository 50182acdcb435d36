"""Number formats from files: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.rnn import Format, Formats, Table
from hwcompile.rnn.description import described, must_name_nodes, read_description

TEXT = """
[default]
wx = [10]
c = [14, 9]
sigma = [512, 8]

[encoder]
c = [12, 8]
peepholes = [[8, 7], [9, 7], [10]]
"""


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "formats.toml"
    path.write_text(TEXT)
    description = read_description(path)
    base = Formats()
    other = described(base, description, "decoder")
    assert (other.wx, other.c, other.sigma) == (Format(10), Format(14, 9), Table(512, 8))
    assert (other.wr, other.tanh, other.peepholes) == (base.wr, base.tanh, base.peepholes)
    own = described(base, description, "encoder")
    assert (own.c, own.wx) == (Format(12, 8), Format(10))
    assert own.peepholes == (Format(8, 7), Format(9, 7), Format(10))


def test_nothing_described_changes_nothing() -> None:
    assert described(Formats(), read_description(None), "lstm") == Formats()


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"q": [8, 4]}, "there is no signal 'q'"),
        ({"x": [8, 4]}, "there is no signal 'x'"),
        ({"c": 16}, "instead of integers"),
        ({"c": [16, 8, 4]}, "instead of integers"),
        ({"c": [16, 0.5]}, "instead of integers"),
        ({"c": [True, 8]}, "instead of integers"),
        ({"c": [0, 0]}, "has the format"),
        ({"wx": [12, 5000]}, "has the format"),
        ({"sigma": [2048]}, "instead of integers"),
        ({"peepholes": [[8, 7]]}, "three formats"),
    ],
)
def test_what_has_no_meaning_is_refused(entries: dict[str, Any], words: str) -> None:
    with pytest.raises(CompileError, match=words) as error:
        described(Formats(), read_description({"default": entries}), "lstm")
    (found,) = error.value.diagnostics
    assert found.code == "HW0246"
    assert found.fix


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[default\n")
    (tmp_path / "flat.toml").write_text("c = [16, 11]\n")
    for name, words in (("bad", "cannot be read"), ("none", "cannot be read"), ("flat", "outside")):
        with pytest.raises(CompileError, match=words):
            read_description(tmp_path / f"{name}.toml")


def test_tables_name_nodes_of_the_model() -> None:
    must_name_nodes({"default": {}, "a": {}}, frozenset({"a", "b"}))
    with pytest.raises(CompileError, match="no recurrent node is called 'c'"):
        must_name_nodes({"c": {}}, frozenset({"a", "b"}))
