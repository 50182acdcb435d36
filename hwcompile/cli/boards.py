"""`hwcompile boards`: the boards a design can be built for."""

from __future__ import annotations

from rich.table import Table

from hwcompile.boards import board_names, links_of, load_board
from hwcompile.cli.app import app, console
from hwcompile.families import family_of


@app.command("boards")
def boards_command() -> None:
    """List the boards; `--board` also takes the path of your own board file."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("board", "name", "family", "device", "flow", "link"):
        table.add_column(title, no_wrap=title == "board", overflow="fold")
    for title in ("MHz", "LUT", "FF", "block RAM bits", "DSP"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in board_names():
        board = load_board(name)
        holds, family = board.capacities, family_of(board)
        bits = holds.bram * holds.bram_bits + holds.large_ram * holds.large_ram_bits
        figures = [holds.lut, holds.ff, bits, holds.dsp]
        table.add_row(
            name,
            board.name,
            board.device.family,
            board.device.device,
            family.tools,
            "dma" if family.processor else ", ".join(links_of(board)) or "none",
            f"{board.clock.mhz:g}",
            *(f"{figure:,}" for figure in figures),
        )
    console.print(table)
