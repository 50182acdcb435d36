"""`hwcompile report`: the numbers of a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import REPORT
from hwcompile.cli.app import app, console
from hwcompile.design import load
from hwcompile.report.table import report_table


@app.command("report")
def report_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    as_json: Annotated[bool, typer.Option("--json", help=f"Print {REPORT}.")] = False,
) -> None:
    """Print the report of a build as a table, or as JSON."""
    report = load(directory).report
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        console.print(report_table(report))
