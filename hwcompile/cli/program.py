"""`hwcompile program`: put a bitstream on a board."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hwcompile.boards import load_board
from hwcompile.cli.answers import ProgramAnswer, say
from hwcompile.cli.app import app, console
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.toolchains.programming import programmer_command, run_programmer


@app.command("program")
def program_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    board: Annotated[str, typer.Option(help="A board that it was built for.")],
    dry_run: Annotated[bool, typer.Option(help="Print the command and do not run it.")] = False,
) -> None:
    """Load the bitstream in DIR/BOARD with the board's programmer."""
    command = programmer_command(load(directory).directory, load_board(board))
    if not Voice.as_json:
        console.print(shlex.join(command), markup=False, soft_wrap=True)
    if not dry_run:
        run_programmer(command)
    if Voice.as_json:
        say(ProgramAnswer(command=list(command), ran=not dry_run))
