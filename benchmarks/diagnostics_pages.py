"""The pages of docs/reference/diagnostics/: every code, its causes and the ways out.

A page for each stage, a section for each code. What a code says comes from the calls that raise it;
whole examples are the paragraphs in tests/diagnostics/paragraphs, which tests provoke.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fences import ROOT
from hwcompile.diagnostics import MISSING_TOOLS

STAGES = {
    "00": "What is typed",
    "01": "The model's file",
    "02": "What the front end can not build",
    "03": "What can not be built of TFLite models",
    "04": "Schedules and designs",
    "05": "Build directories and C++",
    "06": "Simulation and comparison",
    "07": "Tools that are missing",
    "08": "Toolchains and boards",
}
"""The first two digits of a code, and what its page is called."""

ROOMS = ("hwcompile", "hwcompile_runtime")
"""Packages whose calls raise codes."""

CODE = re.compile(r"HW\d{4}")
MADE = "<!-- Made by `make pages`; do not edit. -->\n\n"

_ABOUT = """All {} codes. An error is one paragraph: what, at which node of your model, why, and
what to do. All errors of a stage come at once. A code keeps its meaning between versions; the words
may change. A command that ends with one exits with 2, or with 3 where a tool is missing; HW0009 is
an error of hwcompile itself, and ends with 4.
"""

_CASE = re.compile(r"^## (hw\d{4}_\w+)\n", re.MULTILINE)
_SAID = re.compile(r"error\[(?P<code>HW\d{4})\](?P<rest>.*?)(?=\nerror\[|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A paragraph that a user read: what was wrong, in a few words, and all that was said."""

    case: str
    said: str


def diagnostics_pages(folder: Path) -> dict[Path, str]:
    """The index and a page for each stage, below `folder`."""
    patterns, examples = raised(), paragraphs()
    codes = sorted(patterns.keys() | examples.keys())
    found = {folder / "index.md": _index(codes, patterns, examples)}
    for stage, title in STAGES.items():
        mine = [code for code in codes if code[2:4] == stage]
        parts = [f"{MADE}# HW{stage}: {title}\n"]
        parts += [_section(code, patterns[code], examples[code]) for code in mine]
        found |= {folder / f"HW{stage}.md": "\n".join(parts)} if mine else {}
    return found


def raised() -> dict[str, list[str]]:
    """Code to what its calls say first; `…` stands for what depends on the model."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        text = path.read_text(encoding="utf-8")
        if not CODE.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            words = list(_words(node)) if isinstance(node, ast.Call) else []
            if words and CODE.fullmatch(words[0]):
                found[words[0]] += [words[1]] if words[1:] and words[1] else []
    return defaultdict(list, {code: list(dict.fromkeys(said)) for code, said in found.items()})


def _words(call: ast.Call) -> Iterator[str]:
    """The first two arguments of a call, as text; empty where they are no texts."""
    for argument in call.args[:2]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
        elif isinstance(argument, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…"
                for part in argument.values
            )
        else:
            yield ""


def paragraphs() -> dict[str, list[Example]]:
    """Code to its examples, in the order of the cases' names."""
    found: dict[str, list[Example]] = defaultdict(list)
    for path in sorted((ROOT / "tests" / "diagnostics" / "paragraphs").glob("*.txt")):
        parts = _CASE.split(path.read_text(encoding="utf-8"))[1:]
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            case = name[7:].replace("_", " ")
            for match in _SAID.finditer(text.strip()):
                if match["code"] == name[:6].upper():
                    said = f"error[{match['code']}]{match['rest']}"
                    found[match["code"]].append(Example(case, said.strip()))
    return found


def _index(
    codes: list[str], patterns: dict[str, list[str]], examples: dict[str, list[Example]]
) -> str:
    rows = (
        f"| [{code}](HW{code[2:4]}.md#{code.lower()}) | {_title(patterns[code], examples[code])} |"
        for code in codes
    )
    return "\n".join(
        [
            f"{MADE}# Diagnostics\n",
            _ABOUT.format(len(codes)),
            "| code | means |\n|---|---|",
            *rows,
            "",
        ]
    )


def _title(said: list[str], examples: list[Example]) -> str:
    """A line about a code: the cases of its examples, or what its calls say."""
    cases = dict.fromkeys(example.case for example in examples)
    line = "; ".join(list(cases)[:3]) or "; ".join(said[:2])
    return _plain(line)


def _section(code: str, said: list[str], examples: list[Example]) -> str:
    parts = [f"## {code}\n"]
    if code in MISSING_TOOLS:
        parts.append("A program or a package is missing: the command exits with 3.\n")
    if not examples:
        parts += [*(f"- {_plain(each)}" for each in said), ""]
    for case, told in _by_case(examples).items():
        what, _, fix = told.partition(" Try: ")
        message, _, why = what.partition(", because ")
        parts.append(f"**{_plain(case[:1].upper() + case[1:])}**\n")
        parts.append(f"- Message: {_plain(message)}")
        parts += [f"- Cause: {_plain(why)}"] if why else []
        parts += [f"- Way out: {_told(fix)}"] if fix else []
        parts.append("")
    return "\n".join(parts)


def _told(fix: str) -> str:
    """A way out; one of several lines is a script, and stays as it is."""
    first, _, rest = fix.partition("\n")
    if not rest:
        return _plain(first)
    return "\n".join([_plain(first), "", "    ```text", *_indented(rest), "    ```"])


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


def _by_case(examples: list[Example]) -> dict[str, str]:
    """The first paragraph of each case: one case may meet a code at several nodes."""
    found: dict[str, str] = {}
    for example in examples:
        found.setdefault(example.case, example.said)
    return found


def _plain(text: str) -> str:
    """A text as it stands, in one line of Markdown; what is between backticks stays code."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        return _escaped("`".join(parts))
    return "`".join(part if i % 2 else _escaped(part) for i, part in enumerate(parts))


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\*_|\[\]{}#`])", r"\\\1", text)
