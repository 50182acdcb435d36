"""Ways out that messages name: every option and every command in them exists.

Who wrote the expectations: the command line itself, asked for its commands and their parameters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import hwcompile
from hwcompile.cli.app import COMMANDS, load_command

ORACLE = "this project"

PACKAGE = Path(hwcompile.__file__ or "").parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
COMMAND = re.compile(r"(?:^|`| )hwcompile ([a-z][a-z-]+)((?: [^`]*)?)")
ELSEWHERE = {"--debug"}
"""Known to the program as a whole, not to a command."""


def texts() -> Iterator[tuple[str, str]]:
    """Place and text of every string that is an argument of a finding."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id not in ("fail", "Diagnostic"):
                    continue
                for argument in (*node.args, *(k.value for k in node.keywords)):
                    yield f"{path.relative_to(PACKAGE)}:{argument.lineno}", text_of(argument)


def text_of(node: ast.expr) -> str:
    """The constant parts of a string, `X` where something is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(v) if isinstance(v, ast.Constant) else "X" for v in node.values)
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    return ""


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    return {
        name: {word for p in load_command(name).params for word in (*p.opts, *p.secondary_opts)}
        for name in COMMANDS
    }


def test_every_option_in_a_message_is_one_of_a_command(options: dict[str, set[str]]) -> None:
    known = set().union(*options.values()) | ELSEWHERE
    found = [(place, word) for place, text in texts() for word in OPTION.findall(text)]
    assert len(found) > 15
    assert [item for item in found if item[1] not in known] == []


def test_every_command_in_a_message_takes_the_options_that_follow(
    options: dict[str, set[str]],
) -> None:
    found = [(place, m) for place, text in texts() for m in COMMAND.finditer(text)]
    assert found
    for place, match in found:
        if match[1] in options:
            assert set(OPTION.findall(match[2])) <= options[match[1]], place
