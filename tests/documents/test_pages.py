"""Pages that a reader follows: every block is run in its order, and what it prints is compared.

Who wrote the expectations: the pages; that the integers are right, the models' executors say.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.fences import DOCS, Fence, differences, fences, followed
from benchmarks.newcomer import steps_from
from tests.documents.walking import Walk
from tests.models import ROOT

NEEDS = {
    "brevitas": ("torch", "onnxscript", "brevitas", "onnxoptimizer"),
    "keras": ("hls4ml", "keras", "jax"),
    "pytorch": ("torch", "onnxscript"),
}
"""Packages of pages that are not part of every developer's environment."""

SLOW = {"brevitas", "keras", "own_test_bench", "pytorch", "to_a_board"}
"""Pages that take longer than a few seconds."""

PAGES = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else [])
    for path in followed()
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_works_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = [package for package in NEEDS.get(path.stem, ()) if find_spec(package) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    Walk(monkeypatch, capsys).follow(fences(path.read_text(encoding="utf-8")))


def test_every_name_in_the_lists_is_a_page() -> None:
    assert SLOW | NEEDS.keys() <= {path.stem for path in followed()}


def test_from_pytorch_to_a_verified_design_in_fewer_than_ten_steps() -> None:
    kinds = [kind for kind, _ in steps_from(Path("hwcompile.whl"))]
    assert len(kinds) == 8
    assert kinds.count("script") == 2


def test_every_block_of_the_pages_is_read() -> None:
    for path in followed():
        text = path.read_text(encoding="utf-8")
        marks = [line for line in text.splitlines() if line.lstrip().startswith("```")]
        assert len(marks) == 2 * len(fences(text)), f"{path.relative_to(DOCS)} has a block unread"


def test_blocks_are_told_apart() -> None:
    page = (
        "```\nhwcompile compile \\\n  a -o b\n# none\n```\n\n"
        "New file `x.py`:\n\n```python\n1\n```\n"
        "```python\nprint(2)\n```\n```text\n2\n```\n```toml\na = 1\n```\n"
    )
    found = fences(page)
    kinds = [block.kind for block in found]
    assert kinds == ["commands", "file", "script", "printed", "shown"]
    assert found[0].lines == ["hwcompile compile    a -o b"]
    assert found[1] == Fence("file", "1\n", "x.py")


def test_what_is_printed_is_compared_in_order_and_with_gaps() -> None:
    printed = "one  1 cycle\ntwo 22 cycles\nthree\n"
    assert differences(printed, "one 1 cycle\n...\nthree\n") == []
    assert differences(printed, "two ... cycles") == []
    assert differences(printed, "two 23 cycles\n") == ["two 23 cycles"]
    assert differences(printed, "three\none 1 cycle\n") == ["one 1 cycle"]


def test_a_page_that_prints_something_else_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError, match="two"):
        Walk(monkeypatch, capsys).follow(fences("```\necho one\n```\n```text\ntwo\n```\n"))
    with pytest.raises(AssertionError, match="false"):
        Walk(monkeypatch, capsys).follow(fences("```\nfalse\n```\n"))
    walk = Walk(monkeypatch, capsys)
    walk.follow(fences("```\necho one # a number\n```\n```python\nx = 3\n```\n"))
    assert (walk.ran, walk.names["x"]) == (["echo one # a number"], 3)
