"""`hwcompile explore`: designs of a network, or what a layer costs in every encoding."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer

from hwcompile.build_directory import write_atomic
from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.explore_network import Wish, explore_whole
from hwcompile.cli.inputs import INPUTS_ARE
from hwcompile.cli.model_answers import EncodingAnswer, ExploreAnswer, SynthesizedAnswer
from hwcompile.cli.voice import Voice
from hwcompile.explore.encodings import Alternative, explore_encodings, synthesized
from hwcompile.explore.network.accuracy import check_pair
from hwcompile.explore.network.explore import Effort
from hwcompile.families.flow import Use
from hwcompile.limits import CLOCK_MHZ, not_both, number, writable_place
from hwcompile.options import CompileOptions
from hwcompile.report.fitting import FittingTable, TableColumn

MADE = ("LUT", "FF", "BRAM", "DSP")
MADE_REMARK = " Columns with 'made' are what synthesis made of the kernel alone."

NUMBERS = ("cycles", "lanes", "lut", "ff", "bram", "dsp", "weight_bits", "image_bits", "energy_pj")


@app.command("explore")
def explore_command(
    model: Annotated[Path, typer.Argument(help="QONNX, ONNX, Keras or TFLite file.")],
    encodings: Annotated[
        str, typer.Option(metavar="LAYER", help="Node with weights: only it, in every encoding.")
    ] = "",
    target_cycles: Annotated[
        int | None,
        typer.Option(help="With --encodings: cycles per frame; else those of the planned network."),
    ] = None,
    board: Annotated[
        list[str] | None,
        typer.Option(help="Whose FPGA the cells are of; without it a 7-series one. Repeatable."),
    ] = None,
    clock_mhz: Annotated[
        list[float] | None,
        typer.Option(help="A clock to plan for; else 1, 2 and 4 times the board's. Repeatable."),
    ] = None,
    designs: Annotated[
        int, typer.Option(min=1, help="Designs to weigh, about, for each board.")
    ] = Effort.designs,
    points: Annotated[
        int, typer.Option(min=1, help="Designs that are enough, for each board.")
    ] = Effort.points,
    seed: Annotated[int, typer.Option(min=0, help="Of the search.")] = Effort.seed,
    synth: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Also build N of the list, or with --encodings synthesize."
        ),
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for page, table and schedules of the designs."),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the table to this file, too.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="X.npy or X.npz: frames; weights are compressed, and accuracy counts."),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="L.npy, the class of each frame.")] = None,
    inputs_are: Annotated[str | None, typer.Option(help=INPUTS_ARE)] = None,
    scheduler: Annotated[
        str, typer.Option(metavar="tcp://HOST:PORT", help="Work on this Dask cluster.")
    ] = "",
) -> None:
    """Show the designs of MODEL of which none is faster and smaller than another.

    With --encodings LAYER: what one layer costs in every encoding of its weights.
    """
    if encodings:
        alone = "a layer alone has one target, and no files of its own"
        not_both(("--encodings", encodings), ("-o", output), alone)
        not_both(("--encodings", encodings), ("--clock-mhz", clock_mhz or None), alone)
        not_both(("--encodings", encodings), ("--scheduler", scheduler or None), alone)
        not_both(("--encodings", encodings), ("--data", data), alone)
        not_both(("--encodings", encodings), ("--labels", labels), alone)
        not_both(("--encodings", encodings), ("--inputs-are", inputs_are), alone)
        for second in (board or [])[1:]:
            not_both(("--encodings", encodings), ("another --board", second), alone)
        _layer(model, encodings, target_cycles, (board or [""])[0], synth, csv_file)
        return
    all_speeds = "designs of a whole network are looked at in all speeds"
    not_both(("--target-cycles", target_cycles), ("no --encodings", True), all_speeds)
    check_pair(data, labels)
    if data is None:
        not_both(("--inputs-are", inputs_are), ("no --data", True), "it says what is in the frames")
    clocks = [number("--clock-mhz", value, CLOCK_MHZ) for value in clock_mhz or ()]
    wish = Wish(
        model,
        tuple(dict.fromkeys(board or ())),
        clocks,
        Effort(designs, points, seed),
        synth,
        output,
        csv_file,
        scheduler,
        data,
        labels,
        inputs_are,
    )
    with progress() as step:
        answer = explore_whole(wish, step)
    answer()


def _layer(
    model: Path,
    encodings: str,
    target_cycles: int | None,
    board: str,
    synth: int,
    csv_file: Path | None,
) -> None:
    if csv_file is not None:
        writable_place("--csv", csv_file)
    with progress() as step:
        options = CompileOptions(target_cycles=target_cycles, board=board, progress=step)
        found = explore_encodings(model, encodings, options)
        if synth:
            step(f"synthesize {min(synth, len(found.alternatives))} of them")
        uses: list[Use | None] = [*synthesized(found, synth)]
        uses += [None] * (len(found.alternatives) - len(uses))
        pairs = zip(found.alternatives, uses, strict=True)
        rows = [(each.name, _answer(each, use)) for each, use in pairs]
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
        *(
            TableColumn(name, number=True)
            for name in ("BRAM", "DSP", "weight bits", "image bits", "nJ")
        ),
        *(TableColumn(f"made {name}", 2, number=True) for name in MADE if synth),
    )
    cells = [(*_cells(*row), *(_made_cells(row[1]) if synth else ())) for row in rows]
    answers.print(FittingTable(columns, cells))
    target = f"'{found.layer}' in at most {found.cycles:,} cycles per frame"
    console.print(
        f"{target}; * is what the planner takes, ! is too slow. Cells are predicted, energies "
        f"compare encodings (docs/compression.md).{MADE_REMARK if synth else ''}",
        markup=False,
        soft_wrap=True,
    )


def _answer(each: Alternative, use: Use | None) -> EncodingAnswer:
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
        image_bits=each.image_bits,
        energy_pj=each.energy.total,
        synthesized=SynthesizedAnswer(lut=use.lut, ff=use.ff, bram=use.bram, dsp=use.dsp)
        if use
        else None,
    )


def _cells(name: str, answer: EncodingAnswer) -> tuple[str, ...]:
    mark = "* " if answer.chosen else "" if answer.fast_enough else "! "
    words = [f"{key} {value}" for key, value in answer.parameters.items() if isinstance(value, int)]
    counts = (answer.cycles, answer.lanes, answer.lut, answer.ff, answer.bram, answer.dsp)
    cells = [f"{count:,}" for count in (*counts, answer.weight_bits, answer.image_bits)]
    return (f"{mark}{name}", ", ".join(words), *cells, f"{answer.energy_pj / 1000:,.2f}")


def _made_cells(answer: EncodingAnswer) -> tuple[str, ...]:
    made = answer.synthesized
    return tuple(f"{getattr(made, name.lower()):,}" if made else "-" for name in MADE)


def _write(path: Path, rows: list[EncodingAnswer]) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    made = [name.lower() for name in MADE if any(row.synthesized for row in rows)]
    titles = ["kernel", "parameters", "chosen", "fast_enough"]
    writer.writerow([*titles, *NUMBERS, *(f"made_{name}" for name in made)])
    for row in rows:
        words = " ".join(f"{name}={value}" for name, value in row.parameters.items())
        own = [row.kernel, words, int(row.chosen), int(row.fast_enough)]
        found = [getattr(row.synthesized, name) if row.synthesized else "" for name in made]
        writer.writerow([*own, *(getattr(row, name) for name in NUMBERS), *found])
    write_atomic(path, text.getvalue())
