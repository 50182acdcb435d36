"""`hwcompile split`: a model over several boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import kept_notes
from hwcompile.cli.answers import say
from hwcompile.cli.app import app, console, progress
from hwcompile.cli.system_answers import SplitAnswer
from hwcompile.cli.voice import Voice
from hwcompile.frontends.input_types import GRAMMAR, named_input_types
from hwcompile.frontends.rounding import GRAMMAR as GRAMMAR_OF_ROUNDING
from hwcompile.frontends.rounding import named_roundings
from hwcompile.options import CompileOptions
from hwcompile.system.explained import PAGE, pace_lines
from hwcompile.system.split import split


@app.command("split")
def split_command(
    model: Annotated[Path, typer.Argument(help="QONNX, ONNX, Keras or TFLite file.")],
    boards: Annotated[
        str,
        typer.Option(help="Comma-separated boards or board files, the host's first."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the system to make.")],
    input_type: Annotated[
        list[str] | None, typer.Option(help=f"What arrives at an input: {GRAMMAR}.")
    ] = None,
    formats: Annotated[
        Path | None, typer.Option(help="Number formats, as at `hwcompile compile`.")
    ] = None,
    rounding: Annotated[
        list[str] | None, typer.Option(help=f"How a quantizer rounds, {GRAMMAR_OF_ROUNDING}.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace existing build directories.")] = False,
) -> None:
    """Cut MODEL over several boards, and compile each part for its board.

    The cut is chosen for the fewest cycles per frame: of the parts, each as fast as fits its board,
    and of the serial lines between them. DIR/system.md says what was weighed.
    """
    with progress() as step:
        options = CompileOptions(
            input_types=named_input_types(input_type or []),
            formats=formats,
            rounding=named_roundings(rounding or []),
            force=force,
            progress=step,
        )
        names = [name.strip() for name in boards.split(",") if name.strip()]
        system, kept = split(model, output, names, options)
    notes = kept_notes(kept)
    if Voice.as_json:
        say(SplitAnswer(directory=str(output), system=system, notes=list(notes)))
        return
    for note in notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    for line in pace_lines(system):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{output / PAGE} says why it was cut there.", markup=False, soft_wrap=True)
    console.print(f"Wrote {output}. Next: hwcompile verify-system {output}")
