"""Notebooks of three tutorials, made from the text of their pages.

Prose becomes cells of Markdown, scripts and commands become cells of code, files become cells that
write them. Nothing that a run prints is stored, so a notebook holds no paths of a machine.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.fences import DOCS, Fence, fences

if TYPE_CHECKING:
    import nbformat

TUTORIALS = DOCS / "tutorials"
NOTEBOOKS = ("first_minute", "scikit_learn", "sparse_lstm")
"""The tutorials that have a notebook beside them."""

_BLOCK = re.compile(
    r"(?:^New file `[^`\n]+`:\n\n)?^```\w*[^\n]*\n.*?^```\n?", re.MULTILINE | re.DOTALL
)


def notebooks() -> dict[Path, str]:
    """Every notebook's path and text."""
    import nbformat  # takes seconds, for a grammar of addresses

    found = {}
    for name in NOTEBOOKS:
        page = (TUTORIALS / f"{name}.md").read_text(encoding="utf-8")
        found[TUTORIALS / f"{name}.ipynb"] = nbformat.writes(notebook(page)) + "\n"
    return found


def notebook(page: str) -> nbformat.NotebookNode:
    """A page as a notebook."""
    import nbformat  # takes seconds, for a grammar of addresses

    cells = []
    blocks = fences(page)
    for prose, block in zip(_BLOCK.split(page), [*blocks, None], strict=True):
        if prose.strip():
            cells.append(nbformat.v4.new_markdown_cell(_unlinked(prose.strip())))
        if block is not None and block.kind not in ("printed", "shown"):
            cells.append(nbformat.v4.new_code_cell(_code(block)))
    for number, cell in enumerate(cells):
        # The same page gives the same bytes.
        cell.id = hashlib.sha256(f"{number}{cell.source}".encode()).hexdigest()[:8]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    made.metadata["language_info"] = {"name": "python"}
    return made


def _code(block: Fence) -> str:
    if block.kind == "commands":
        # pip goes into the notebook's own environment.
        lines = (line if line.startswith("pip ") else f"!{line}" for line in block.lines)
        return "\n".join(f"%{line}" if line.startswith("pip ") else line for line in lines)
    if block.kind == "file":
        return f"%%writefile {block.path}\n{block.text}".rstrip("\n")
    return block.text.rstrip("\n")


def _unlinked(prose: str) -> str:
    """Without links to other pages, which a notebook by itself does not have."""
    return re.sub(r"\[([^\]]+)\]\((?!http)[^)]+\)", r"\1", prose)
