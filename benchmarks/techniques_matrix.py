"""Which techniques of the literature have a test, by the families of a survey.

    python benchmarks/techniques_matrix.py [--json FILE] [--markdown FILE]

A row is a test module `tests/techniques/test_row_NN_*.py`, which says what it is about in its first
line.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from benchmarks.output import markdown, parser, show, write

TESTS = Path(__file__).resolve().parents[1] / "tests" / "techniques"

FAMILIES = {
    29: "pruning and quantization: few bits",
    45: "pruning and quantization: few weights",
    56: "low-rank factors and transforms",
    71: "compact convolutions",
    86: "distillation: students",
}
"""Last row of each family of the survey (1710.09282), the first of which is two lists here."""

TITLES = ("row", "technique", "family", "test")
TABLES = {"": TITLES}


def family_of(row: int) -> str:
    """The family of a row."""
    return next(name for last, name in FAMILIES.items() if row <= last)


def rows() -> list[dict[str, object]]:
    """A row for each test module, in order."""
    found = []
    for path in sorted(TESTS.glob("test_row_*.py")):
        match = re.match(r"test_row_(\d+)_", path.name)
        if match is None:
            raise ValueError(f"{path.name} says no row")
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        row = int(match[1])
        line = said.partition("\n")[0].rstrip(".")
        found.append({"row": row, "name": line, "family": family_of(row), "test": path.name})
    return found


def main() -> int:
    """Print the table, and write what is asked for."""
    chosen = parser(__doc__).parse_args()
    found = rows()
    lines = [[str(r["row"]), str(r["name"]), str(r["family"]), f"`{r['test']}`"] for r in found]
    show(TITLES, lines, left=4)
    write(chosen, found, markdown(TITLES, lines, left=4))
    return 0


if __name__ == "__main__":
    sys.exit(main())
