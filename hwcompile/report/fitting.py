"""Tables that fit the terminal: columns that matter least are left out, and no name is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import (
    Console,
    ConsoleOptions,
    Group,
    JustifyMethod,
    RenderableType,
    RenderResult,
)
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    Attributes:
        title: Its heading.
        rank: What to leave out first where there is no room: the largest rank; 0 always stays.
        number: Numbers stand on the right.
    """

    title: str
    rank: int = 0
    number: bool = False


@dataclass(frozen=True)
class FittingTable:
    """A table that says which columns it left out.

    Attributes:
        columns: All that there are.
        rows: Their texts.
        elsewhere: Where the columns are that have no room.
    """

    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[str]]
    elsewhere: str = "--json has them"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The widest choice of columns that fits; names are folded where even one has no room."""
        ranks = sorted({column.rank for column in self.columns}, reverse=True)
        unlimited = options.update(width=100_000)
        room = options.max_width
        fits = (rank for rank in ranks if self._width(console, unlimited, rank) <= room)
        most = next(fits, 0)
        yield self._with_remark(self._table(most), most)

    def _width(self, console: Console, options: ConsoleOptions, most: int) -> int:
        return Measurement.get(console, options, self._table(most)).maximum

    def _table(self, most: int) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        kept = [place for place, column in enumerate(self.columns) if column.rank <= most]
        for place in kept:
            column = self.columns[place]
            side: JustifyMethod = "right" if column.number else "left"
            table.add_column(column.title, justify=side, overflow="fold")
        for row in self.rows:
            table.add_row(*(row[place] for place in kept))
        return table

    def _with_remark(self, table: Table, most: int) -> RenderableType:
        left = [column.title for column in self.columns if column.rank > most]
        if not left:
            return table
        return Group(table, Text(f"No room for {', '.join(left)}: {self.elsewhere}."))
