"""Tables keep within the terminal, say what they left out, and never cut a name."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hwcompile.report.fitting import FittingTable, TableColumn

COLUMNS = (
    TableColumn("name"),
    TableColumn("kind", 2),
    TableColumn("cycles", number=True),
    TableColumn("cells", 1, number=True),
)
ROW = ("a_rather_long_name", "threshold.binary_search", "1,792", "12,345")


def lines_at(width: int, *rows: tuple[str, ...]) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    console.print(FittingTable(COLUMNS, rows, "the page has them"))
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "titles", "left"),
    [
        (100, "name kind cycles cells", ""),
        (50, "name cycles cells", "No room for kind: the page has them."),
        (28, "name cycles", "No room for kind, cells:"),
    ],
)
def test_columns_of_the_highest_rank_go_first(width: int, titles: str, left: str) -> None:
    lines = lines_at(width, ROW)
    assert lines[0].split() == titles.split()
    assert ROW[0] in lines[1]
    assert left in "\n".join(lines[2:])


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(20, 120),
    names=st.lists(st.text("abcdefghij_", min_size=1, max_size=70), min_size=1, max_size=5),
)
def test_every_letter_of_every_name_is_there_and_no_line_is_wider(
    width: int, names: list[str]
) -> None:
    lines = lines_at(width, *((name, "kind", "1", "2") for name in names))
    assert max(map(len, lines)) <= width
    if max(map(len, names)) + 9 <= width:
        assert all(any(line.startswith(name) for line in lines) for name in names)
    else:
        shown = "".join(line.split("  ")[0].strip() for line in lines)
        assert all(shown.count(letter) >= "".join(names).count(letter) for letter in "abcdefghij_")
