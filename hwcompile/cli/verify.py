"""`hwcompile verify`: compare levels integer by integer, and cycles with the prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.cli.answers import CyclesAnswer, VerifyAnswer, say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.exits import MISMATCH
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.voice import Loudness, Voice
from hwcompile.cli.waves import WAVES, tell_of_waves
from hwcompile.design import load
from hwcompile.verify.simulator import MEMORY_LATENCY
from hwcompile.verify.verification import Verification


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
    waves: Annotated[Path | None, typer.Option(help=WAVES)] = None,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
) -> None:
    """Run the same frames at every level and demand equality; exit code 1 on a mismatch."""
    with progress("reading the frames") as step:
        outcome = load(directory).verify(
            levels=tuple(level.strip() for level in levels.split(",")),
            inputs=inputs,
            frames=frames,
            stall=stall,
            boundaries=boundaries,
            board=board,
            memory_latency=memory_latency,
            waves=waves,
            inputs_are=inputs_are,
            progress=step,
        )
    if Voice.as_json:
        say(_answer(directory, outcome))
    else:
        _print(outcome)
        tell_of_waves(waves)
    if not outcome.passed:
        raise typer.Exit(MISMATCH)


def _print(outcome: Verification) -> None:
    if not outcome.mismatches:
        console.print("level reference alone: there is nothing to compare it with; add level rtl")
    say = console.print if outcome.passed else answers.print
    for line in outcome.lines():
        say(line, highlight=False)
    if Voice.loudness is Loudness.QUIET:
        answers.print("passed" if outcome.passed else "failed")


def _answer(directory: Path, outcome: Verification) -> VerifyAnswer:
    interval, latency = outcome.interval, outcome.latency
    return VerifyAnswer(
        directory=str(directory),
        passed=outcome.passed,
        frames=outcome.frames,
        mismatches={lv: sum(m.count for m in found) for lv, found in outcome.mismatches.items()},
        findings=outcome.findings,
        interval_cycles=CyclesAnswer(predicted=interval[0], measured=interval[1]),
        latency_cycles=CyclesAnswer(predicted=latency[0], measured=latency[1]),
        cycles=outcome.cycles,
        seconds=outcome.seconds,
    )
