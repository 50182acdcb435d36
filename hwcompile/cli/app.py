"""The command line: the application object and how errors reach the user."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from hwcompile.diagnostics import CompileError
from hwcompile.report.console import wide_console

app = typer.Typer(
    name="hwcompile",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn quantized neural networks into hardware that computes the same integers.",
)
console = wide_console()
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def run() -> None:
    """Run the command line; user errors become one paragraph each and exit code 2."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except CompileError as error:
        if debug:
            raise
        for diagnostic in error.diagnostics:
            errors.print(str(diagnostic), markup=False)
        sys.exit(2)
