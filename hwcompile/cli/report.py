"""`hwcompile report`: the numbers of a build."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from hwcompile.build_directory import REPORT_PAGE
from hwcompile.cli.app import answers, app
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.report.page.refresh import refresh_page
from hwcompile.report.table import missing_text, report_table


@app.command("report")
def report_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    opened: Annotated[
        bool, typer.Option("--open", help=f"Open DIR/{REPORT_PAGE} in a browser as well.")
    ] = False,
) -> None:
    """Print the report of a build as a table, or as JSON; open its page.

    What is not known yet is named with the command that finds it out.
    """
    design = load(directory)
    if Voice.as_json:
        typer.echo(json.dumps(design.report, indent=2))
    else:
        answers.print(report_table(design.report))
        missing = missing_text(design.report, quote(str(directory)))
        if missing:
            answers.print(f"\n{missing}", markup=False, highlight=False, soft_wrap=True)
    if opened:
        refresh_page(directory)
        page = (directory / REPORT_PAGE).resolve()
        if not webbrowser.open(page.as_uri()):
            answers.print(f"No browser was found; open {page}", markup=False, soft_wrap=True)
