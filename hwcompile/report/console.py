"""The console that reports are printed on."""

from __future__ import annotations

import shutil

from rich.console import Console

_LEAST_WIDTH = 110
"""Columns that a report's table needs; a pipe or a log file has no width of its own."""


class _PipeConsole(Console):
    """Says that the reader of a pipe is gone, instead of ending the program by itself."""

    def on_broken_pipe(self) -> None:
        """Called by `Console` when nobody reads what it prints."""
        raise BrokenPipeError


def wide_console() -> Console:
    """A console at least as wide as a report's table."""
    columns = shutil.get_terminal_size((_LEAST_WIDTH, 24)).columns
    return _PipeConsole(width=max(columns, _LEAST_WIDTH), highlight=False)
