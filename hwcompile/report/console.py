"""The console that reports are printed on."""

from __future__ import annotations

import shutil
import sys

from rich.console import Console

_LEAST_WIDTH = 40
"""Columns below which no table can be read."""

_UNLIMITED = 2_000
"""Columns of a pipe or a file: lines are as long as they are, for programs that read them."""


class _PipeConsole(Console):
    """Says that the reader of a pipe is gone, instead of ending the program by itself."""

    def on_broken_pipe(self) -> None:
        """Called by `Console` when nobody reads what it prints."""
        raise BrokenPipeError


def report_console() -> Console:
    """A console as wide as the terminal; elsewhere lines are not broken."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNLIMITED
    return _PipeConsole(width=max(columns, _LEAST_WIDTH), highlight=False)
