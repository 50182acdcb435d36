"""The licence of emitted texts: one rule, one header, one file.

The header says whose the text is in the words of SPDX. Which languages have which comments is
written here and nowhere else. Data have no header: JSON, memories, vectors, the lists of names that
this program reads back, and what other programs write. The file `LICENSE` beside them speaks for
all of them.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from hwcompile.build_directory import FILE_LIST, LICENCE
from hwcompile.resources import room

EXPRESSION = "SPDX-License-Identifier: Apache-2.0"
"""The line that scanners of licences look for."""

_LINES = (
    "SPDX-FileCopyrightText: The hwcompile contributors",
    EXPRESSION,
    f"Yours to use and to change, and so is hardware made of it: see the exception in {LICENCE}.",
)

_COMMENTS = {
    ("// ", ""): ("sv", "v", "svh", "hpp", "cpp", "cst", "rdl", "vlt"),
    ("/* ", " */"): ("c", "h"),
    ("# ", ""): (
        *("py", "sh", "tcl", "xdc", "sdc", "qsf", "qpf", "pcf", "lpf", "ccf", "pdc", "ys", "cfg"),
        *("yml", "core", "mk", "sucl"),
    ),
    ("<!-- ", " -->"): ("md", "xml", "html"),
    ("[*] ", ""): ("gtkw",),
}
"""How a line begins and ends that is a comment, to the languages' suffixes."""

_NAMES = {"Makefile": "mk", FILE_LIST: "sv"}
_FIRST = ("#!", "<?xml", "<!doctype", "CAPI=2:")
"""How a first line begins that has to stay the first."""


def carries_header(name: str) -> bool:
    """Whether a file of this name is a text that the header goes into."""
    return _marks(name) is not None


def licensed(name: str, text: str) -> str:
    """A text with the header; as it is when it has one, or when its language has no comments.

    Args:
        name: The file's name, with or without folders.
        text: Its contents.
    """
    marks = _marks(name)
    if marks is None or EXPRESSION in text[:400]:
        return text
    header = "".join(f"{marks[0]}{line}{marks[1]}\n" for line in _LINES)
    if text.startswith(_FIRST):
        first, _, rest = text.partition("\n")
        return f"{first}\n{header}{rest}"
    return f"{header}{text}"


def licence_file() -> dict[str, str]:
    """The file that a folder brings along which stands for itself: the exception, the licence."""
    return {LICENCE: (room("templates") / LICENCE).read_text(encoding="utf-8")}


def _marks(name: str) -> tuple[str, str] | None:
    path = PurePosixPath(name)
    kind = _NAMES.get(path.name, path.suffix.removeprefix("."))
    return next((marks for marks, kinds in _COMMENTS.items() if kind in kinds), None)
