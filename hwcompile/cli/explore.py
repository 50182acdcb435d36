"""`hwcompile explore`: what a layer costs in every encoding of its weights."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import write_atomic
from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.model_answers import EncodingAnswer, ExploreAnswer
from hwcompile.cli.voice import Voice
from hwcompile.explore.encodings import Alternative, explore_encodings
from hwcompile.limits import writable_place
from hwcompile.options import CompileOptions
from hwcompile.report.fitting import FittingTable, TableColumn

NUMBERS = ("cycles", "lanes", "lut", "ff", "bram", "dsp", "weight_bits", "energy_pj")


@app.command("explore")
def explore_command(
    model: Annotated[Path, typer.Argument(help="QONNX, ONNX, Keras or TFLite file.")],
    encodings: Annotated[str, typer.Option(metavar="LAYER", help="Node with weights.")],
    target_cycles: Annotated[
        int | None, typer.Option(help="Cycles per frame; without it, those of the planned network.")
    ] = None,
    board: Annotated[
        str, typer.Option(help="Whose FPGA the cells are of; without it a 7-series one.")
    ] = "",
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the table to this file, too.")
    ] = None,
) -> None:
    """Show what a layer of MODEL costs in every encoding of its weights."""
    if csv_file is not None:
        writable_place("--csv", csv_file)
    with progress() as step:
        options = CompileOptions(target_cycles=target_cycles, board=board, progress=step)
        found = explore_encodings(model, encodings, options)
        rows = [(each.name, _answer(each)) for each in found.alternatives]
    if csv_file is not None:
        _write(csv_file, [answer for _, answer in rows])
    if Voice.as_json:
        listed = [answer for _, answer in rows]
        say(ExploreAnswer(layer=found.layer, cycles=found.cycles, encodings=listed))
        return
    columns = (
        TableColumn("kernel and encoding"),
        TableColumn("folding", 3),
        *(TableColumn(name, number=True) for name in ("cycles", "lanes", "LUT", "FF")),
        *(TableColumn(name, number=True) for name in ("BRAM", "DSP", "weight bits", "nJ")),
    )
    answers.print(FittingTable(columns, [_cells(name, answer) for name, answer in rows]))
    target = f"'{found.layer}' in at most {found.cycles:,} cycles per frame"
    console.print(
        f"{target}; * is what the planner takes, ! is too slow. Cells are predicted, energies "
        "compare encodings (docs/compression.md).",
        markup=False,
        soft_wrap=True,
    )


def _answer(each: Alternative) -> EncodingAnswer:
    built, need = each.built, each.need
    return EncodingAnswer(
        kernel=built.kernel.name,
        parameters=dict(built.parameters),
        chosen=each.chosen,
        fast_enough=each.fast_enough,
        cycles=built.interval,
        lanes=built.lanes,
        lut=round(need.lut),
        ff=round(need.ff),
        bram=round(need.bram),
        dsp=round(need.dsp),
        weight_bits=each.weight_bits,
        energy_pj=each.energy.total,
    )


def _cells(name: str, answer: EncodingAnswer) -> tuple[str, ...]:
    mark = "* " if answer.chosen else "" if answer.fast_enough else "! "
    words = [f"{key} {value}" for key, value in answer.parameters.items() if isinstance(value, int)]
    counts = (answer.cycles, answer.lanes, answer.lut, answer.ff, answer.bram, answer.dsp)
    cells = [f"{count:,}" for count in (*counts, answer.weight_bits)]
    return (f"{mark}{name}", ", ".join(words), *cells, f"{answer.energy_pj / 1000:,.2f}")


def _write(path: Path, rows: list[EncodingAnswer]) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kernel", "parameters", "chosen", "fast_enough", *NUMBERS])
    for row in rows:
        words = " ".join(f"{name}={value}" for name, value in row.parameters.items())
        own = [row.kernel, words, int(row.chosen), int(row.fast_enough)]
        writer.writerow([*own, *(getattr(row, name) for name in NUMBERS)])
    write_atomic(path, text.getvalue())
