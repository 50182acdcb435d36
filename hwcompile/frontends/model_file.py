"""The file that a model is read from, before anybody knows its format."""

from __future__ import annotations

from pathlib import Path

from hwcompile.diagnostics import fail, reason_of


def first_bytes(path: Path, count: int) -> bytes:
    """How a model file begins: `count` bytes, fewer of a short file, at least one.

    Raises:
        CompileError: HW0101 when there is no such file or it cannot be read, HW0102 when it is
            empty.
    """
    if path.is_dir():
        raise fail("HW0101", f"'{path}' is a folder", fix="name the model file inside it")
    if not path.is_file():
        raise fail("HW0101", f"there is no model file '{path}'", fix="check the path")
    try:
        with path.open("rb") as file:
            start = file.read(count)
    except OSError as error:
        what, fix = f"the model file '{path}' cannot be read", "permission to read it"
        raise fail("HW0101", what, reason_of(error), fix) from error
    if not start:
        raise fail("HW0102", f"'{path.name}' is empty", fix="export or download the model again")
    return start
