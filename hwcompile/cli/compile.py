"""`hwcompile compile`: a model file becomes a build directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hwcompile.build_directory import SCHEDULE
from hwcompile.build_directory.reported import Report
from hwcompile.cli.answers import CompileAnswer, say
from hwcompile.cli.app import app, console, progress
from hwcompile.cli.voice import Voice
from hwcompile.design import compile_with
from hwcompile.frontends.held import GRAMMAR as GRAMMAR_OF_HELD
from hwcompile.frontends.held import named_held
from hwcompile.frontends.input_types import GRAMMAR, named_input_types
from hwcompile.frontends.rounding import GRAMMAR as GRAMMAR_OF_ROUNDING
from hwcompile.frontends.rounding import named_roundings
from hwcompile.options import DEFAULT_FPS, CompileOptions
from hwcompile.report.table import report_table
from hwcompile.schedule.choose.folding import DEFAULT_LANES


@app.command("compile")
def compile_command(
    model: Annotated[Path, typer.Argument(help="QONNX, ONNX, Keras or TFLite file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Build directory to make.")],
    target_fps: Annotated[
        float | None,
        typer.Option(
            help="Frames per second to reach with the smallest design; "
            f"{DEFAULT_FPS:,} where no option says how fast or how large it is to be."
        ),
    ] = None,
    target_cycles: Annotated[
        int | None, typer.Option(help="Cycles per frame to reach with the smallest design.")
    ] = None,
    fastest: Annotated[
        bool,
        typer.Option(
            "--fastest", help=f"Choose the fastest folding of up to {DEFAULT_LANES:,} lanes."
        ),
    ] = False,
    schedule: Annotated[Path | None, typer.Option(help=f"A {SCHEDULE}, whole or partial.")] = None,
    board: Annotated[
        str,
        typer.Option(
            help="Choose the fastest folding that fits this board (see `hwcompile boards`), "
            "or with a target the smallest one."
        ),
    ] = "",
    clock_mhz: Annotated[
        float | None,
        typer.Option(help="Clock for frames per second.", show_default="the board's, or 100"),
    ] = None,
    external_memory: Annotated[
        float | None,
        typer.Option(
            help="Bandwidth of memory beside the board's FPGA, in MB/s: weights that find no room "
            "on the chip are read from there, through AXI4."
        ),
    ] = None,
    winograd: Annotated[
        bool | None,
        typer.Option(
            "--winograd/--no-winograd",
            help="Build convolutions of 3 x 3 in tiles of 2 x 2 outputs, with fewer products, "
            "where that takes less; --no-winograd never does. The results are the same.",
            show_default="where a target is asked and a board's DSP blocks run short",
        ),
    ] = None,
    input_type: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What arrives at an input, so that its quantizer moves into hardware: {GRAMMAR}, "
            "for example uint8:1/255 or int8:0.05:-3."
        ),
    ] = None,
    formats: Annotated[
        Path | None,
        typer.Option(
            help="Number formats: of recurrent nodes of an ONNX model, a TOML file; of a Keras "
            "model, hls4ml's configuration as YAML or JSON."
        ),
    ] = None,
    rounding: Annotated[
        list[str] | None,
        typer.Option(
            help=f"How a quantizer of an ONNX model rounds, {GRAMMAR_OF_ROUNDING}: as float32 "
            "does, operation by operation, or once, with the exact numbers of scales and biases."
        ),
    ] = None,
    batch_as_frames: Annotated[
        bool,
        typer.Option(
            "--batch-as-frames",
            help="Refuse an ONNX model whose fixed batch is no batch of independent frames, "
            "instead of taking all of it as one frame.",
        ),
    ] = False,
    held: Annotated[
        list[str] | None,
        typer.Option(
            help=f"An input that is an output of the frame before, {GRAMMAR_OF_HELD}: the hardware "
            "holds it, where an If gives it again."
        ),
    ] = None,
    dump_ir: Annotated[
        bool, typer.Option(help="Write the graph after each pass to DIR/ir.")
    ] = False,
    hls: Annotated[
        bool, typer.Option("--hls", help="Write C++ for high-level synthesis to DIR/hls.")
    ] = False,
    allow_host: Annotated[
        bool,
        typer.Option(
            "--allow-host",
            help="Write a design also where no operator is hardware, only wires to the host.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace an existing build directory.")] = False,
) -> None:
    """Compile MODEL to SystemVerilog in a build directory."""
    with progress() as step:
        options = CompileOptions(
            target_fps=target_fps,
            target_cycles=target_cycles,
            fastest=fastest,
            schedule=schedule,
            board=board,
            clock_mhz=clock_mhz,
            external_memory=external_memory,
            winograd=winograd,
            input_types=named_input_types(input_type or []),
            formats=formats,
            rounding=named_roundings(rounding or []),
            batch_as_frames=batch_as_frames,
            held=named_held(held or []),
            dump_ir=dump_ir,
            hls=hls,
            allow_host=allow_host,
            force=force,
            progress=step,
        )
        design = compile_with(model, output, options)
    if Voice.as_json:
        report = msgspec.convert(design.report, Report)
        say(CompileAnswer(directory=str(output), report=report, notes=list(design.notes)))
        return
    console.print(report_table(design.report))
    for note in design.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    console.print(f"Wrote {design.directory}. Next: hwcompile verify {design.directory}")
