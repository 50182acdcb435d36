"""`hwcompile power`: about what power a design takes, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory.reported_power import PowerReport
from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.model_answers import PowerAnswer
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.explore.power import FRAMES, PowerOptions, estimate_power
from hwcompile.limits import CLOCK_MHZ, number
from hwcompile.report.fitting import FittingTable, TableColumn
from hwcompile.report.table import power_line


@app.command("power")
def power_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    board: Annotated[
        str, typer.Option(help="Board, or a board file; by default the one of the design.")
    ] = "",
    inputs: Annotated[Path | None, typer.Option(help="X.npy or X.npz; else random frames.")] = None,
    frames: Annotated[int, typer.Option(help="Random frames without --inputs.")] = FRAMES,
    clock_mhz: Annotated[
        float | None, typer.Option(help="The clock in MHz; by default that of the design.")
    ] = None,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Estimate power: how often nets change in a simulation, times energies of the FPGA."""
    clock = None if clock_mhz is None else number("--clock-mhz", clock_mhz, CLOCK_MHZ)
    with progress("reading the frames") as step:
        found = estimate_power(
            load(directory),
            PowerOptions(
                board=board,
                inputs=inputs,
                frames=frames,
                inputs_are=inputs_are,
                clock_mhz=clock,
                progress=step,
            ),
        )
    if Voice.as_json:
        say(PowerAnswer(directory=str(directory), power=found))
        return
    answers.print(_table(found))
    answers.print(power_line(found), markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"Cells are {found.cells}. Energies: {found.source}; dynamic figures may be "
        f"{found.factor:g} times as large or as small.",
        markup=False,
        soft_wrap=True,
    )


def _table(found: PowerReport) -> FittingTable:
    columns = (
        TableColumn("layer"),
        TableColumn("bits of nets", number=True),
        TableColumn("changes per frame", number=True),
        TableColumn("nJ per frame", number=True),
    )
    rows = [
        (
            layer.name,
            f"{layer.net_bits:,}",
            f"{layer.changes_per_frame:,.1f}",
            f"{layer.nj_per_frame:,.3f}",
        )
        for layer in found.layers
    ]
    clock = ("clock network", "", "", f"{found.clock_nj_per_frame:,.3f}")
    bits = sum(layer.net_bits for layer in found.layers)
    whole = ("all", f"{bits:,}", f"{found.changes_per_frame:,.1f}", f"{found.nj_per_frame:,.3f}")
    return FittingTable(columns, [*rows, clock, whole])
