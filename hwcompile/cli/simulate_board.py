"""`hwcompile simulate-board`: a simulated board that other programs can talk to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.boards import load_board
from hwcompile.cli.app import app, console
from hwcompile.design import load
from hwcompile.limits import NOISE, number
from hwcompile.runtime.terminal import SimulatedPort
from hwcompile.toolchains.record import only_board


@app.command("simulate-board")
def simulate_board_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    board: Annotated[
        str, typer.Option(help="The board; without it the one there is a bitstream for.")
    ] = "",
    noise: Annotated[
        float, typer.Option(min=0, max=1, help="Chance that noise hits a byte on the line.")
    ] = 0.0,
    noise_seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
) -> None:
    """Run a board's top level and print the name of its port, until interrupted."""
    number("--noise", noise, NOISE)
    design = load(directory)
    name = board or only_board(design.directory)
    target = load_board(name)
    with SimulatedPort(design.directory, target, noise=noise, seed=noise_seed) as simulated:
        # The first line is the port's name alone, for programs that read it.
        print(simulated.name, flush=True)
        console.print(f"Next: hwcompile run {directory} --board {name} --port {simulated.name}")
        try:
            simulated.wait()
        except KeyboardInterrupt:
            console.print(f"{simulated.received:,} bytes received, {simulated.hits:,} hit by noise")
