"""`hwcompile driver`: C sources with which a microcontroller uses a design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import DRIVER
from hwcompile.cli.answers import FilesAnswer, say
from hwcompile.cli.app import app, console
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.runtime.driver import write_driver


@app.command("driver")
def driver_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=f"Folder to write to; DIR/{DRIVER} by default."),
    ] = None,
) -> None:
    """Write a C99 driver for the design and its link, without dynamic memory."""
    design = load(directory)
    written = write_driver(directory, design.graph.types, output or directory / DRIVER)
    if Voice.as_json:
        say(FilesAnswer(files=[str(path) for path in written]))
        return
    for path in written:
        console.print(f"Wrote {path}.")
