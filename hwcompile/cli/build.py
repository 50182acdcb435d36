"""`hwcompile build`: from a build directory to a bitstream."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from hwcompile.boards import Board, load_board
from hwcompile.build_directory.reported import BoardReport
from hwcompile.cli.answers import BuildAnswer, say
from hwcompile.cli.app import answers, app, console, progress
from hwcompile.cli.voice import Voice
from hwcompile.design import Design, load
from hwcompile.diagnostics import fail
from hwcompile.families import family_of
from hwcompile.families.family import OPEN
from hwcompile.families.flow import Use
from hwcompile.rates import rate_text
from hwcompile.toolchains.board_top import BAUD
from hwcompile.toolchains.build import BoardBuild
from hwcompile.toolchains.clock_choice import OSCILLATOR
from hwcompile.toolchains.options import SEEDS
from hwcompile.toolchains.overflow import check_far_too_large
from hwcompile.toolchains.swap import update_weights as exchange
from hwcompile.toolchains.vendor.project import build_project


@app.command("build")
def build_command(
    directory: Annotated[Path, typer.Argument(help="Build directory.")],
    board: Annotated[str, typer.Option(help="A board (see `hwcompile boards`), or a board file.")],
    seeds: Annotated[int, typer.Option(min=1, help="Place-and-route seeds to try.")] = SEEDS,
    baud: Annotated[int, typer.Option(min=300, help="Bits per second of the link.")] = BAUD,
    clock: Annotated[
        str, typer.Option(help="oscillator, a frequency in MHz, or auto: the fastest that closes.")
    ] = OSCILLATOR,
    swappable: Annotated[
        bool, typer.Option("--swappable", help="Make a bitstream that can take other weights.")
    ] = False,
    update_weights: Annotated[
        Path | None,
        typer.Option(help="Only exchange the weights in the swappable bitstream of this build."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Try also what is estimated far beyond the board.")
    ] = False,
    link: Annotated[str, typer.Option(help="uart or spi; without it the board's usual link.")] = "",
) -> None:
    """Synthesize, place, route and pack for a board; everything lands in DIR/BOARD.

    With --update-weights OLD the bitstream of OLD, a build of the same architecture made with
    --swappable, gets the weights of DIR; nothing is synthesized or routed.

    For a board of a vendor's flow: write a complete project for Vivado or Quartus, and run it if
    that is installed.
    """
    design, target = load(directory), load_board(board)
    tools = family_of(target).tools
    if tools != OPEN:
        if clock != OSCILLATOR:
            why = f"the clock of a {tools} project is that of the board file"
            raise fail(
                "HW0854",
                "--clock is for boards of the open flow",
                why,
                "a copy of it with another clock.mhz",
            )
        _vendor(design, target, baud)
        return
    if update_weights is not None:
        _update(design, target, update_weights)
        return
    if not anyway:
        check_far_too_large(design.report, target)
    with progress() as step:
        built = design.build(
            board,
            seeds=seeds,
            baud=baud,
            clock=clock,
            link=link,
            swappable=swappable,
            progress=step,
        )
    if Voice.as_json:
        made = msgspec.convert(design.report["design"]["resources"], BoardReport)
        _say(built.folder, built.bitstream, made)
        return
    console.print(_table(built, design.report["design"].get("fit")))
    slowest = f", slowest in '{built.slowest}'" if built.slowest else ""
    answers.print(
        f"{built.fmax_mhz:.1f} MHz reached with seed {built.seed}, "
        f"{built.clock_mhz:g} MHz needed{slowest}"
    )
    source = "made by the PLL" if built.pll[0] else "of the oscillator"
    rate = design.report["design"]["resources"]["frames_per_second"]
    console.print(
        f"{built.clock_mhz:g} MHz {source}: {rate_text(rate)} frames/s, however fast the link is"
    )
    console.print(", ".join(f"{step} {time:.1f} s" for step, time in built.seconds.items()))
    console.print(f"Wrote {built.bitstream}. Next: hwcompile program {directory} --board {board}")


def _say(folder: Path, bitstream: Path | None, made: BoardReport | None = None) -> None:
    file = None if bitstream is None else str(bitstream)
    say(BuildAnswer(folder=str(folder), bitstream=file, resources=made))


def _update(design: Design, board: Board, previous: Path) -> None:
    started = time.perf_counter()
    bitstream = exchange(design.directory, board, load(previous).directory)
    seconds = time.perf_counter() - started
    if Voice.as_json:
        _say(bitstream.parent, bitstream)
        return
    console.print(f"Exchanged the weights in the bitstream of {previous} in {seconds:.1f} s.")
    console.print(
        f"Wrote {bitstream}. Next: hwcompile program {design.directory} --board {board.id}"
    )


def _vendor(design: Design, board: Board, baud: int) -> None:
    with progress() as step:
        project = build_project(design.directory, board, baud=baud, progress=step)
    if Voice.as_json:
        _say(project.folder, project.bitstream)
        return
    console.print(f"Wrote {len(project.files)} files to {project.folder}; README.md tells more.")
    if project.bitstream:
        console.print(f"{project.program} made {project.bitstream}.")
    else:
        console.print(
            f"{project.program} is not installed, so the project was generated and not run. "
            f"Where it is: sh {project.folder}/build.sh",
            soft_wrap=True,
        )


def _table(built: BoardBuild, fit: dict[str, Any] | None) -> Table:
    """Use by layer; with what was predicted, where the design was compiled for the board."""
    said = fit if fit and fit["board"] == built.folder.name else None
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("part", overflow="fold")
    for title in ("LUT", "FF", "block RAM", "DSP"):
        table.add_column(title, justify="right", no_wrap=True)
    if said:
        table.add_column("cells predicted", justify="right", no_wrap=True)
    for name, use in built.stages.items():
        cells = f"{said['stages'][name]['lut']:,}" if said else ""
        table.add_row(f"layer {name}", *_cells(use), *([cells] if said else []))
    around = [f"{said['around']['lut']:,}"] if said else []
    table.add_row("link, ports and input FIFOs", *_cells(built.around), *around)
    whole = [f"{said['predicted']['lut']:,}"] if said else []
    table.add_row("synthesized", *_cells(built.synthesized), *whole)
    table.add_row("placed", *_cells(built.use))
    return table


def _cells(use: Use) -> tuple[str, ...]:
    return f"{use.lut:,}", f"{use.ff:,}", f"{use.bram:,}", f"{use.dsp:,}"
