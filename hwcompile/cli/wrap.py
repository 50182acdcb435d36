"""`hwcompile wrap`: a design as a part of a system of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.answers import say_files
from hwcompile.cli.app import app, console
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.toolchains.vendor.soc import write_wrappers


@app.command("wrap")
def wrap_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
) -> None:
    """Write DIR/soc: the design behind AXI4-Lite and AXI4-Stream, C headers, LiteX."""
    folder = write_wrappers(load(directory).directory)
    if Voice.as_json:
        say_files(folder)
        return
    console.print(f"Wrote {folder}; README.md tells more.")
