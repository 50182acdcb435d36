"""What README.md and docs/ tell a reader to type works.

Who wrote the expectations: the documents; that a command ends well is the program's word.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.fences import fences
from hwcompile.cli.app import COMMANDS, load_command
from tests.documents.walking import Walk
from tests.models import ROOT

PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if p.parent.name != "how_to_add"),
]
EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
COMMON = {"--help", "--version", "--debug", "--install-completion", "--show-completion"}
"""Options of the program itself: every command takes them, or none is needed."""


def section(title: str) -> str:
    """A section of README.md."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(text: str) -> list[list[str]]:
    """The words of every line of a text's blocks without a language."""
    blocks = (block for block in fences(text) if block.kind == "commands")
    return [shlex.split(line, comments=True) for block in blocks for line in block.lines]


def lines_of_other_programs(text: str) -> list[str]:
    """The lines of a text's blocks that run something else than hwcompile."""
    lines = [line for block in fences(text) if block.kind == "commands" for line in block.lines]
    return [line for line in lines if not line.startswith("hwcompile ")]


def every_command() -> list[tuple[str, list[str]]]:
    """Page and words of every line that runs hwcompile, in blocks and in running text."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [words for words in commands(text) if words[0] == "hwcompile"]
        prose = re.findall(r"`(hwcompile [^`]+)`", text)
        lines += [shlex.split(line.replace("\n", " ")) for line in prose]
        found += [(page.name, words) for words in lines]
    return found


def test_documents_name_commands() -> None:
    assert len(every_command()) > 30


@pytest.mark.parametrize(("page", "words"), every_command(), ids=lambda x: str(x)[:60])
def test_every_command_and_option_in_the_documents_exists(page: str, words: list[str]) -> None:
    if words[1] in COMMON or words[1:] == ["COMMAND", "--help"]:
        return
    words = words[: words.index("|")] if "|" in words else words
    assert words[1] in COMMANDS
    options = {o for p in load_command(words[1]).params for o in (*p.opts, *p.secondary_opts)}
    given = {word.partition("=")[0] for word in words[2:] if word.startswith("-") and word != "-"}
    assert given <= options


def test_every_option_named_by_itself_exists() -> None:
    known = {
        o for c in COMMANDS for p in load_command(c).params for o in (*p.opts, *p.secondary_opts)
    }
    scripts = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "benchmarks").glob("*.py"))
    for page in PAGES:
        text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.S)
        for line in lines_of_other_programs(text):
            text = text.replace(line, "")
        for option in set(OPTION.findall(text)):
            assert option in known | COMMON or f'"{option}"' in scripts, f"{page.name}: {option}"


def test_installing_names_what_exists() -> None:
    version = hwcompile.__version__
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target, extras in re.findall(r'pip install "([^"[]+)\[([\w,]+)\]"', text):
            assert set(extras.split(",")) <= EXTRAS, page.name
            assert target in (".", "hwcompile", f"dist/hwcompile-{version}-py3-none-any.whl")
        for path in re.findall(r"\]\(((?!http)[^)#]+)", text):
            assert (page.parent / path).exists(), f"{page.name} links to {path}"


def test_make_targets_in_the_documents_exist() -> None:
    makefiles = (ROOT / "Makefile", ROOT / "templates/testbench/Makefile.j2")
    text = "".join(path.read_text() for path in makefiles)
    targets = set(re.findall(r"^([a-z0-9-]+):", text, re.M))
    named = {t for p in PAGES for t in re.findall(r"`?\bmake ([a-z0-9-]+)`", p.read_text())}
    assert named
    assert named <= targets


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what README.md's commands take for granted, where they are run."""
    digits = ROOT / "examples" / "digits"
    shutil.copy(digits / "digits_mlp_w1a1.onnx", tmp_path / "model.onnx")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    images = (np.load(digits / "test_split.npz")["images"][:3] / 16).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened, in no browser."""
    pages: list[str] = []

    def open_page(page: str) -> bool:
        pages.append(page)
        return True

    monkeypatch.setattr("webbrowser.open", open_page)
    return pages


@pytest.fixture
def walk(
    workplace: Path,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Walk:
    """A reader of README.md."""
    return Walk(monkeypatch, capsys, names={"images": np.load(workplace / "images.npy")})


def verbs(walk: Walk) -> list[str]:
    """Which commands of hwcompile were run."""
    return [line.split()[1] for line in walk.ran]


def test_the_first_commands_of_the_readme_work(walk: Walk, opened: list[str]) -> None:
    walk.follow(block for block in fences(section("Try it")) if block.kind == "commands")
    assert verbs(walk) == ["compile", "verify", "simulate", "report"]
    assert opened == [Path("out/report.html").resolve().as_uri()]
    scores = np.load("scores.npz")
    assert {len(scores[name]) for name in scores} == {3}


@pytest.mark.slow
def test_the_readme_works_from_top_to_bottom(walk: Walk) -> None:
    # In one folder, as a reader does it: no step stands in the way of the next.
    walk.follow(fences((ROOT / "README.md").read_text(encoding="utf-8")))
    first, cpp, board = (
        ["compile", "verify", "simulate", "report"],
        ["compile", "verify"],
        ["compile"],
    )
    assert verbs(walk) == [*first, *cpp, *board, "build", "verify", "run"]
    assert walk.names["scores"]
