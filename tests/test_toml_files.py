"""TOML files that Python's reader refuses in ways of its own are refused as every other is.

What is wrong with each text is TOML's and Python's; that it is refused in words is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwcompile.boards import load_board
from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Graph
from hwcompile.rnn.description import read_description
from hwcompile.schedule.choose.schedule_file import read_schedule

READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "board": (lambda path: load_board(str(path)), "HW0802"),
    "schedule": (lambda path: read_schedule(path, Graph("empty", (), (), (), {})), "HW0402"),
    "formats": (lambda path: read_description(path), "HW0"),
}
TEXTS = {
    "deep nesting": b"a = " + b"[" * 5000 + b"]" * 5000,
    "endless number": b"a = " + b"1" * 5000,
    "not a text": b"a = \xff",
    "empty key": b"= 1",
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_toml_that_its_reader_refuses_is_refused_in_words(
    reader: str, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(TEXTS[text])
    read, code = READERS[reader]
    with pytest.raises(CompileError) as error:
        read(path)
    assert error.value.diagnostics[0].code.startswith(code)
