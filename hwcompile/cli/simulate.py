"""`hwcompile simulate`: run frames through a build at one level."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.app import app, console, errors
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.design import load
from hwcompile.limits import output_file


@app.command("simulate")
def simulate_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    inputs: Annotated[Path, typer.Option(help="X.npy, or X.npz with one array per input.")],
    level: Annotated[str, typer.Option(help="reference, rtl, netlist or bitstream.")] = "rtl",
    board: Annotated[str, typer.Option(help="Board for levels netlist and bitstream.")] = "",
    outputs: Annotated[Path | None, typer.Option(help="Y.npz to write.")] = None,
    waves: Annotated[
        Path | None, typer.Option(help="VCD waveform file to write (not reference).")
    ] = None,
    stall: Annotated[float, typer.Option(help="Probability of a stall per cycle and port.")] = 0.0,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Run the frames of INPUTS; write raw (integers) and real (dequantized) outputs."""
    if outputs:
        outputs = output_file(outputs)
    with errors.status("compiling the simulator and running frames"):
        result = load(directory).simulate(
            inputs, level=level, board=board, stall=stall, waves=waves, inputs_are=inputs_are
        )
    for name in result.raw:
        console.print(f"{name}: {result.raw[name].shape[0]} frames at level {level}")
    if result.cycles is not None:
        console.print(
            f"{result.cycles:,} cycles in {result.seconds:.2f} s "
            f"({result.cycles / max(result.seconds, 1e-9):,.0f} cycles/s)"
        )
    if outputs:
        console.print(f"Wrote {result.save(outputs)}.", markup=False, soft_wrap=True)
