"""`hwcompile run`: frames through a board, or through its simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from hwcompile.boards import load_board
from hwcompile.cli.answers import RunAnswer, say
from hwcompile.cli.app import answers, app, console
from hwcompile.cli.exits import MISMATCH, errors
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.voice import Voice
from hwcompile.design import Design, load
from hwcompile.limits import NOISE, number, output_file
from hwcompile.outcomes import Result
from hwcompile.runtime.session import run_on_board
from hwcompile.toolchains.record import baud_of, only_board
from hwcompile_runtime.frames import BrokenRunError


@app.command("run")
def run_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    inputs: Annotated[Path, typer.Option(help="X.npy, or X.npz with one array per input.")],
    port: Annotated[
        str, typer.Option(help="Serial port, SPI bus, or sim for the simulated board.")
    ],
    board: Annotated[
        str, typer.Option(help="The board; without it the one there is a bitstream for.")
    ] = "",
    outputs: Annotated[Path | None, typer.Option(help="Y.npz to write.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Compare with level reference.")] = False,
    baud: Annotated[
        int | None, typer.Option(min=300, help="Bits per second; without it those of the build.")
    ] = None,
    noise: Annotated[
        float, typer.Option(min=0, max=1, help="Chance that noise hits a byte (--port sim).")
    ] = 0.0,
    noise_seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Send the frames of INPUTS to a board; exit code 1 when --check finds a difference."""
    outputs = output_file(outputs) if outputs else None
    number("--noise", noise, NOISE)
    design = load(directory)
    integers = design.quantize(inputs, inputs_are)
    target = load_board(board or only_board(design.directory))
    try:
        ran = run_on_board(
            design.directory,
            target,
            port,
            baud or baud_of(design.directory, target),
            integers,
            noise=noise,
            seed=noise_seed,
        )
    except BrokenRunError as error:
        _keep(design, error, len(next(iter(integers.values()))), outputs)
        raise
    frames = len(next(iter(ran.outputs.values())))
    written = None
    if outputs:
        written = Result(ran.outputs, design.dequantize(ran.outputs)).save(outputs)
    wrong = None
    if check:
        expected = design.simulate(inputs, level="reference", inputs_are=inputs_are).raw
        wrong = sum(
            int(np.count_nonzero((expected[name] != got).reshape(frames, -1).any(axis=1)))
            for name, got in ran.outputs.items()
        )
    found = RunAnswer(
        board=target.id,
        frames=frames,
        seconds=ran.seconds,
        retries=ran.retries,
        outputs=None if written is None else str(written),
        differing=wrong,
    )
    say(found) if Voice.as_json else _print(found)
    if wrong:
        raise typer.Exit(MISMATCH)


def _print(found: RunAnswer) -> None:
    rate = found.frames / max(found.seconds, 1e-9)
    console.print(
        f"{found.frames:,} frames in {found.seconds:.2f} s "
        f"({rate:,.1f} frames/s), {found.retries:,} retries"
    )
    if found.outputs:
        console.print(f"Wrote {found.outputs}.", markup=False, soft_wrap=True)
    if found.differing is not None:
        answers.print(f"reference: {found.frames:,} frames compared, {found.differing:,} differ")


def _keep(design: Design, error: BrokenRunError, asked: int, outputs: Path | None) -> None:
    """Say how many frames came before the run broke, and write these."""
    (errors if Voice.as_json else answers).print(
        f"{error.frames:,} of {asked:,} frames came before the run ended early."
    )
    if outputs and error.frames:
        written = Result(error.outputs, design.dequantize(error.outputs)).save(outputs)
        said = errors if Voice.as_json else console
        said.print(f"Wrote them to {written}.", markup=False, soft_wrap=True)
