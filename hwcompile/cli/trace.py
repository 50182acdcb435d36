"""`hwcompile trace`: the integers inside a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.answers import TraceAnswer, say
from hwcompile.cli.app import app, console, progress
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.voice import Voice
from hwcompile.design import load
from hwcompile.limits import output_file
from hwcompile.outcomes import save_arrays


@app.command("trace")
def trace_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    inputs: Annotated[Path, typer.Option(help="X.npy, or X.npz with one array per input.")],
    outputs: Annotated[Path, typer.Option(help="T.npz to write, an array for each tensor.")],
    level: Annotated[str, typer.Option(help="reference, hls or rtl.")] = "reference",
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Write the integers of every tensor, or at level rtl of every stream, to a file."""
    outputs = output_file(outputs)
    with progress("running frames"):
        found = load(directory).trace(inputs, level, inputs_are)
    written = save_arrays(outputs, found)
    answer = TraceAnswer(
        level=level,
        frames=len(next(iter(found.values()))),
        tensors={name: list(values.shape[1:]) for name, values in found.items()},
        outputs=str(written),
    )
    if Voice.as_json:
        say(answer)
        return
    for name, shape in answer.tensors.items():
        console.print(f"{name}: {' x '.join(map(str, shape))}", markup=False)
    console.print(f"Wrote {answer.frames:,} frames to {written}.", markup=False, soft_wrap=True)
