"""Every diagnostic code has a provocation, and its whole paragraph is on file.

The modules `stage_*.py` beside this one hold one function for each way to meet a code; its name
is the code and the case. What users then read is in `paragraphs/`, one file for each module.
`HWCOMPILE_UPDATE=1 pytest tests/diagnostics` writes these files anew: read what changed.

Who wrote the expectations: this project, because nobody else could say what it should print.
"""

from __future__ import annotations

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from hwcompile.diagnostics import CompileError
from tests.diagnostics import (
    stage_boards,
    stage_cli,
    stage_deep_compression,
    stage_designs,
    stage_hls,
    stage_hls4ml,
    stage_hls4ml_recurrent,
    stage_keras,
    stage_memory,
    stage_models,
    stage_numbers,
    stage_operators,
    stage_runs,
    stage_tflite,
)
from tests.diagnostics.place import Place, Provocation
from tests.house.measures import files, place_of

ORACLE = "this project"
STAGES = (
    stage_models,
    stage_operators,
    stage_numbers,
    stage_designs,
    stage_hls4ml,
    stage_hls4ml_recurrent,
    stage_keras,
    stage_memory,
    stage_tflite,
    stage_deep_compression,
    stage_runs,
    stage_hls,
    stage_boards,
    stage_cli,
)
UPDATE = bool(os.environ.get("HWCOMPILE_UPDATE"))
PARAGRAPHS = Path(__file__).parent / "paragraphs"
ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r'"(HW\d{4})"')
RAISED = re.compile(r'(?:fail|Diagnostic|_refused)\(\s*"(HW\d{4})",\s*f?"([^"]*)"')
KINDS = ("fail", "Diagnostic")
RAISES = re.compile(r"\b(?:fail|Diagnostic)\(")
NAME = re.compile(r"hw\d{4}_\w+")

FOREIGN = re.compile(
    r"(parser says '|onnx says '|it says '(?=\[ONNXRuntimeError)|file cannot be read, because "
    r"|is not TOML, because "
    r"|another structure \(|is damaged, because (?=cannot reshape|Input data))"
    r"[^\n]*?('?\. Try: |\)\. Try: pip)"
)
"""Words of Python, onnx, numpy and msgspec, which each of their versions chooses anew."""


def provocations(stage: ModuleType) -> dict[str, Provocation]:
    """The functions of a module that provoke something, by name."""
    return {name: value for name, value in vars(stage).items() if NAME.fullmatch(name)}


@cache
def on_file(stage: ModuleType) -> dict[str, str]:
    """The paragraphs of a module's provocations, by name."""
    path = PARAGRAPHS / f"{stage.__name__.rpartition('.')[2]}.txt"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)[1:]
    return {name: said.strip("\n") for name, said in zip(parts[::2], parts[1::2], strict=True)}


def write(stage: ModuleType, name: str, said: str) -> None:
    """Put a paragraph on file."""
    found = on_file(stage)
    for gone in found.keys() - provocations(stage).keys():
        del found[gone]
    found[name] = said
    path = PARAGRAPHS / f"{stage.__name__.rpartition('.')[2]}.txt"
    path.parent.mkdir(exist_ok=True)
    parts = (f"## {n}\n{found[n]}\n" for n in sorted(found))
    path.write_text("\n".join(parts), encoding="utf-8")


CASES = [
    pytest.param(stage, name, id=name) for stage in STAGES for name in sorted(provocations(stage))
]


@pytest.mark.parametrize(("stage", "name"), CASES)
def test_the_whole_paragraph(
    stage: ModuleType, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CompileError) as error:
        provocations(stage)[name](Place(tmp_path, monkeypatch))
    said = str(error.value).replace(str(tmp_path), "DIR")
    said = FOREIGN.sub(r"\1...\2", said)
    code = name[:6].upper()
    assert code in {d.code for d in error.value.diagnostics}, said
    if UPDATE:
        write(stage, name, said)
    assert said == on_file(stage).get(name)


def test_every_paragraph_on_file_has_a_provocation() -> None:
    for stage in STAGES:
        assert on_file(stage).keys() == provocations(stage).keys()


ELSEWHERE = {"HW0009": "tests/cli/test_exits.py"}
"""What is no `CompileError`: its whole paragraph is in another test."""

SHARED = {
    "HW0201": "an operator, or this way of using it, has no hardware",
    "HW0204": "shapes or types of operands do not fit together",
    "HW0501": "what stands at the place of the output may not be replaced",
    "HW0805": "a program or a package is not installed",
    "HW0808": "a program failed",
    "HW0809": "there is no bitstream for the board",
}
"""The one meaning of each code that is raised in several rooms."""


def test_every_code_is_provoked() -> None:
    texts = [path.read_text(encoding="utf-8") for path in files()]
    known = {code for text in texts for code in QUOTED.findall(text)}
    assert len(known) > 150
    provoked = {name[:6].upper() for stage in STAGES for name in provocations(stage)}
    for code, path in ELSEWHERE.items():
        assert f"error[{code}]" in (ROOT / path).read_text(encoding="utf-8")
    assert sorted(known - provoked - ELSEWHERE.keys()) == []
    assert sorted((provoked | ELSEWHERE.keys()) - known) == []


def findings() -> Iterator[tuple[str, str, str]]:
    """Code, room and the first words of every finding that the package makes."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        room = "/".join(Path(place_of(path)).parts[:-1]) or path.stem
        for match in RAISED.finditer(text):
            yield match[1], room, match[2]


def test_no_code_has_two_meanings() -> None:
    """A code is raised in one room; where it is raised in several, its meaning is stated here."""
    rooms: dict[str, set[str]] = defaultdict(set)
    codes: dict[str, set[str]] = defaultdict(set)
    for code, room, words in findings():
        rooms[code].add(room.partition("/")[0])
        codes[re.sub(r"{[^}]*}", "", words)].add(code)
    assert len(rooms) > 130
    assert {code: sorted(r) for code, r in rooms.items() if len(r) > 1 and code not in SHARED} == {}
    assert {words: sorted(c) for words, c in codes.items() if len(c) > 1 and len(words) > 20} == {}


def test_every_paragraph_says_what_to_do() -> None:
    """Each finding has a way out; a few put their three parts together elsewhere."""
    without = []
    for path in files():
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if RAISES.search(text) else ():
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in KINDS:
                continue
            if any(isinstance(argument, ast.Starred) for argument in node.args):
                continue
            fix = next((k.value for k in node.keywords if k.arg == "fix"), None)
            fix = node.args[3] if fix is None and len(node.args) > 3 else fix
            if fix is None or (isinstance(fix, ast.Constant) and not fix.value):
                without.append(f"{place_of(path)}:{node.lineno}")
    assert without == []
    for stage in STAGES:
        assert [name for name, said in on_file(stage).items() if "Try: " not in said] == []
