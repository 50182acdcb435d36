"""Nobody but `build_directory` names a file of the build directory."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hwcompile
from hwcompile.build_directory import names

PACKAGE = Path(hwcompile.__file__).parent
OWNER = PACKAGE / "build_directory"

FILES = (*names.REQUIRED, names.MANIFEST, names.BOARD_RECORD, names.SOURCE_LIST, names.MARKER)
FOLDERS = (names.RTL, names.MEMORY, names.DUMPS, names.SOC, names.KEPT, names.WORK)
"""Without `names.DRIVER`, because a folder of templates has that name, too."""

NAMED = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in FILES))
"""A file's name as a word, also within a message."""
INSIDE = re.compile(rf"({names.RTL}|{names.DUMPS}|{names.SOC}|{names.KEPT})/.*|{names.MEMORY}/")
"""A path that begins with a folder; "memory/aclk" is a pin of a processor."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Line, text, and whether a path is extended by it, of every string but docstrings."""
    statements = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    operations = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp)]
    behind = {id(n.right) for n in operations if isinstance(n.op, ast.Div)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in statements:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value, id(node) in behind


def found(text: str) -> list[tuple[int, str]]:
    """Names of the build directory's files and folders in a source text."""
    return [
        (line, value)
        for line, value, extends in texts(ast.parse(text))
        if NAMED.search(value) or INSIDE.fullmatch(value) or (extends and value in FOLDERS)
    ]


def test_only_one_room_names_files_of_the_build_directory() -> None:
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if OWNER not in path.parents]
    assert len(paths) > 200
    said = {
        f"{path.relative_to(PACKAGE)}:{line}": value
        for path in paths
        for line, value in found(path.read_text(encoding="utf-8"))
    }
    assert said == {}, "take the name from hwcompile.build_directory"


def test_names_are_found_in_paths_messages_and_format_strings() -> None:
    assert found('"""The report.json of a design."""\nx = 1') == []
    assert found('p = directory / "rtl"') == [(1, "rtl")]
    assert found('level = "rtl"\npin = "memory/aclk"') == []
    assert found('p = f"rtl/{name}"\nq = f"memory/{name}.bin"') == [(1, "rtl/"), (2, "memory/")]
    assert found('say("change schedule.toml by hand")') == [(1, "change schedule.toml by hand")]
    assert found('read(d, "rtl/files.f")\nread(d, "other_report.json")') == [(1, "rtl/files.f")]
