"""`hwcompile boards`: the boards a design can be built for."""

from __future__ import annotations

from hwcompile.boards import Board, board_names, links_of, load_board
from hwcompile.cli.answers import BoardAnswer, BoardsAnswer, say
from hwcompile.cli.app import answers, app
from hwcompile.cli.voice import Voice
from hwcompile.families import family_of
from hwcompile.report.fitting import FittingTable, TableColumn


@app.command("boards")
def boards_command() -> None:
    """List the boards; `--board` also takes the path of your own board file."""
    boards = [_board(load_board(name)) for name in board_names()]
    if Voice.as_json:
        say(BoardsAnswer(boards=boards))
        return
    answers.print(FittingTable(_COLUMNS, [_row(board) for board in boards]))


_COLUMNS = (
    TableColumn("board"),
    TableColumn("name", 3),
    TableColumn("family"),
    TableColumn("device", 2),
    TableColumn("flow", 1),
    TableColumn("link", 2),
    TableColumn("MHz", 3, number=True),
    TableColumn("LUT", 0, number=True),
    TableColumn("FF", 4, number=True),
    TableColumn("block RAM bits", 1, number=True),
    TableColumn("DSP", 1, number=True),
)


def _row(board: BoardAnswer) -> tuple[str, ...]:
    return (
        board.board,
        board.name,
        board.family,
        board.device,
        board.tools,
        ", ".join(board.links) or "none",
        f"{board.clock_mhz:g}",
        *(f"{figure:,}" for figure in (board.lut, board.ff, board.ram_bits, board.dsp)),
    )


def _board(board: Board) -> BoardAnswer:
    holds, family = board.capacities, family_of(board)
    return BoardAnswer(
        board=board.id,
        name=board.name,
        family=board.device.family,
        device=board.device.device,
        tools=family.tools,
        links=["dma"] if family.processor else list(links_of(board)),
        clock_mhz=board.clock.mhz,
        lut=holds.lut,
        ff=holds.ff,
        ram_bits=holds.bram * holds.bram_bits + holds.large_ram * holds.large_ram_bits,
        dsp=holds.dsp,
    )
