"""`hwcompile verify-system`: all boards of a system in one simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.exits import MISMATCH
from hwcompile.cli.system_answers import VerifySystemAnswer
from hwcompile.cli.voice import Loudness, Voice
from hwcompile.limits import NOISE, number
from hwcompile.system.verifying import SystemRun, verify_system


@app.command("verify-system")
def verify_system_command(
    directory: Annotated[Path, typer.Argument(help="Folder of a system.")],
    levels: Annotated[
        str,
        typer.Option(
            help="Comma-separated: rtl (streams into the first design; cycles are compared), "
            "boards (the host's client at the pins of the first board)."
        ),
    ] = "rtl,boards",
    inputs: Annotated[Path | None, typer.Option(help="X.npy or X.npz; else random frames.")] = None,
    frames: Annotated[int, typer.Option(help="Random frames without --inputs.")] = 20,
    noise: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Chance that noise hits a byte on a line between boards (boards)."
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of random frames and of the noise.")] = 0,
) -> None:
    """Run frames through all boards of a system at once, and demand equality.

    Exit code 1 on a mismatch of integers, or where frames come at another pace than predicted.
    """
    number("--noise", noise, NOISE)
    with progress("reading the frames") as step:
        wanted = tuple(level.strip() for level in levels.split(","))
        run = verify_system(
            directory, wanted, inputs, frames, seed=seed, noise=noise, progress=step
        )
    if Voice.as_json:
        say(_answer(directory, run))
    else:
        _print(run)
    if not run.passed:
        raise typer.Exit(MISMATCH)


def _print(run: SystemRun) -> None:
    tell = console.print if run.passed else answers.print
    for line in run.lines():
        tell(line, highlight=False)
    if Voice.loudness is Loudness.QUIET:
        answers.print("passed" if run.passed else "failed")


def _answer(directory: Path, run: SystemRun) -> VerifySystemAnswer:
    return VerifySystemAnswer(
        directory=str(directory),
        passed=run.passed,
        frames=run.frames,
        differing=run.wrong,
        predicted=run.system.interval_cycles,
        measured=run.interval,
        latency=run.latency,
        resent=run.resent,
        hits=run.hits,
    )
