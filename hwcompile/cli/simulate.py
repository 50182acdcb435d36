"""`hwcompile simulate`: run frames through a build at one level."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from hwcompile.cli.answers import SimulateAnswer, say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.labels import accuracy
from hwcompile.cli.voice import Voice
from hwcompile.cli.waves import WAVES, tell_of_waves
from hwcompile.design import load
from hwcompile.limits import output_file
from hwcompile.outcomes import classes_of
from hwcompile.report.page.refresh import refresh_page

SHOWN = 10
"""Frames whose scores are printed."""

SHOWN_SCORES = 12
"""Scores of a frame that are printed."""


@app.command("simulate")
def simulate_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    inputs: Annotated[Path, typer.Option(help="X.npy, or X.npz with one array per input.")],
    level: Annotated[str, typer.Option(help="reference, rtl, netlist or bitstream.")] = "rtl",
    board: Annotated[str, typer.Option(help="Board for levels netlist and bitstream.")] = "",
    outputs: Annotated[Path | None, typer.Option(help="Y.npz to write.")] = None,
    waves: Annotated[Path | None, typer.Option(help=WAVES)] = None,
    stall: Annotated[float, typer.Option(help="Probability of a stall per cycle and port.")] = 0.0,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="L.npy, the class of each frame: prints the accuracy and reports it."),
    ] = None,
) -> None:
    """Run the frames of INPUTS; write raw (integers) and real (dequantized) outputs."""
    if outputs:
        outputs = output_file(outputs)
    with progress("reading the frames") as step:
        result = load(directory).simulate(
            inputs,
            level=level,
            board=board,
            stall=stall,
            waves=waves,
            inputs_are=inputs_are,
            progress=step,
        )
    frames = len(next(iter(result.raw.values())))
    classes = classes_of(result.real)
    found = SimulateAnswer(
        directory=str(directory),
        level=level,
        frames=frames,
        cycles=result.cycles,
        seconds=result.seconds,
        outputs=str(result.save(outputs)) if outputs else None,
        classes=None if classes is None else classes.tolist(),
        accuracy=None if labels is None else accuracy(labels, classes, frames),
    )
    if found.accuracy is not None:
        refresh_page(directory, lambda report: _record(report, found))
    if Voice.as_json:
        say(found)
    else:
        _print(found, result.real)
        tell_of_waves(waves)


def _record(report: dict[str, Any], found: SimulateAnswer) -> None:
    """Fill in `report.json` data: the accuracy at this level."""
    if found.frames:
        counted = {"frames": found.frames, "right": _right(found)}
        report["design"].setdefault("accuracy", {})[found.level] = counted


def _right(found: SimulateAnswer) -> int:
    return round((found.accuracy or 0) * found.frames)


def _print(found: SimulateAnswer, real: Mapping[str, np.ndarray[Any, Any]]) -> None:
    console.print(f"{found.frames:,} frames at level {found.level}")
    for name, values in real.items():
        for frame, scores in enumerate(values[:SHOWN]):
            console.print(f"  {name} {frame}: {scores_line(scores)}{_class_of(found, frame)}")
    if found.frames > SHOWN:
        console.print(f"  and {found.frames - SHOWN:,} more; --outputs writes them all")
    if found.cycles is not None:
        console.print(
            f"{found.cycles:,} cycles in {found.seconds:.2f} s "
            f"({found.cycles / max(found.seconds, 1e-9):,.0f} cycles/s)"
        )
    if found.accuracy is not None:
        right = f"{_right(found):,} of {found.frames:,} frames"
        answers.print(f"accuracy {found.accuracy:.2%}: {right}")
    if found.outputs:
        console.print(f"Wrote {found.outputs}.", markup=False, soft_wrap=True)


def _class_of(found: SimulateAnswer, frame: int) -> str:
    return "" if found.classes is None else f"  class {found.classes[frame]}"


def scores_line(scores: np.ndarray[Any, Any]) -> str:
    """The first numbers of a frame's output."""
    flat = scores.ravel()
    more = " ..." if flat.size > SHOWN_SCORES else ""
    return " ".join(f"{value:.6g}" for value in flat[:SHOWN_SCORES]) + more
