"""`hwcompile verify`: compare levels integer by integer, and cycles with the prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.app import app, console, errors
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.design import load
from hwcompile.verify.simulator import MEMORY_LATENCY


@app.command("verify")
def verify_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    levels: Annotated[str, typer.Option(help="Comma-separated levels.")] = "reference,rtl",
    inputs: Annotated[Path | None, typer.Option(help="X.npy or X.npz; else random frames.")] = None,
    frames: Annotated[int, typer.Option(help="Random frames without --inputs.")] = 20,
    stall: Annotated[float, typer.Option(help="Probability of a stall per cycle and port.")] = 0.0,
    boundaries: Annotated[
        bool, typer.Option(help="Compare at every layer boundary, not only the outputs.")
    ] = False,
    board: Annotated[str, typer.Option(help="Board for levels netlist and bitstream.")] = "",
    memory_latency: Annotated[
        int, typer.Option(help="Cycles until external memory answers (weights read from there).")
    ] = MEMORY_LATENCY,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Run the same frames at every level and demand equality; exit code 1 on a mismatch."""
    with errors.status("compiling the simulator and running frames"):
        outcome = load(directory).verify(
            levels=tuple(level.strip() for level in levels.split(",")),
            inputs=inputs,
            frames=frames,
            stall=stall,
            boundaries=boundaries,
            board=board,
            memory_latency=memory_latency,
            inputs_are=inputs_are,
        )
    if not outcome.mismatches:
        console.print("level reference alone: there is nothing to compare it with; add level rtl")
    for line in outcome.lines():
        console.print(line, highlight=False)
    if not outcome.passed:
        raise typer.Exit(1)
