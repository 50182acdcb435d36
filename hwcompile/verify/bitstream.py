"""Level `bitstream`: the packed bits of a board, decoded to cells, as a program that runs them."""

from __future__ import annotations

import shutil
from pathlib import Path

from hwcompile.boards import Board, board_names, load_board
from hwcompile.diagnostics import CompileError, fail
from hwcompile.engine.cache import cached
from hwcompile.families import family_names, family_of, flow_of, fpga_family
from hwcompile.families.decoded import Decoded, DecodeError
from hwcompile.families.programs import ToolError, failed
from hwcompile.resources import room
from hwcompile.toolchains.board_top import TOP
from hwcompile.toolchains.pll import oscillator_of
from hwcompile.toolchains.record import BuildRecord, read_record
from hwcompile.verify.netlist import cell_models
from hwcompile.verify.programs import build_program, program_key
from hwcompile.verify.verilator import BALANCED, verilate

DECODED = "decoded.v"
"""The decoded netlist, which stays in the board's folder for people to read."""


def decodable_boards() -> tuple[str, ...]:
    """Boards whose bitstreams can be decoded."""
    boards = (load_board(name) for name in board_names())
    return tuple(b.id for b in boards if family_of(b).decode and b.uart)


def packed_build(directory: Path, board: Board | None) -> tuple[Path, BuildRecord]:
    """The bitstream that a build directory holds for a board, and how it was made.

    Raises:
        CompileError: HW0609 without a board, HW0611 for one whose bits can not be decoded, HW0809
            when there is no bitstream.
    """
    names = ", ".join(decodable_boards())
    if board is None:
        raise fail(
            "HW0609", "level 'bitstream' needs a board", fix=f"--board NAME, one of: {names}"
        )
    if family_of(board).decode is None:
        known = [fpga_family(name).title for name in family_names() if fpga_family(name).decode]
        raise fail(
            "HW0611",
            f"level 'bitstream' can not decode the bits of '{board.id}'",
            f"only those of {' and '.join(known)} are documented well enough to be read back to "
            "logic",
            f"one of: {names}; or level netlist",
        )
    folder = directory / board.id
    record = read_record(folder)
    bitstream = folder / flow_of(board).bitstream
    if record is None or not bitstream.is_file():
        raise fail(
            "HW0809",
            f"there is no bitstream for '{board.id}' in '{directory}'",
            "level 'bitstream' decodes the packed file",
            f"hwcompile build {directory} --board {board.id}",
        )
    if record.link != "uart":
        raise fail(
            "HW0611",
            f"level 'bitstream' can not talk to a board over {record.link}",
            "it sends frames over the serial line",
            f"hwcompile build {directory} --board {board.id} --link uart",
        )
    return bitstream, record


def decoded_program(bitstream: Path, board: Board, record: BuildRecord, header: str) -> Path:
    """Compile the cells that a bitstream makes to a program that talks like the board.

    Args:
        bitstream: The packed file in the board's folder.
        board: The board.
        record: How the bitstream was made.
        header: What `sim/board_main.cpp` includes as `hw_board.h`.

    Raises:
        CompileError: HW0612 when the bits can not be decoded or make another clock, HW0808 when
            iceunpack fails.
    """
    decoded = decode_bitstream(bitstream, board)
    mhz = oscillator_of(board) * (decoded.pll or 1)
    if mhz != record.clock.mhz:
        what = f"they make a clock of {float(mhz):g} MHz, not {float(record.clock.mhz):g} MHz"
        raise _refused(bitstream, DecodeError(what))
    main = room("sim") / "board_main.cpp"
    models = cell_models(board)
    texts = {"cells.v": models, DECODED: decoded.verilog}

    def make(target: Path) -> None:
        objects = target / "objects"
        objects.mkdir()
        for name, text in {**texts, "hw_board.h": header}.items():
            (objects / name).write_text(text)
        sources = [objects / name for name in texts]
        verilate(sources, TOP, objects, BALANCED.options)
        build_program(objects, main, target / "board", BALANCED)
        shutil.rmtree(objects)

    key = program_key(BALANCED, [header, main.read_text(), *texts.values()])
    return cached("boards", key, make) / "board"


def decode_bitstream(bitstream: Path, board: Board) -> Decoded:
    """Decode a packed file; its Verilog is left beside it.

    Raises:
        CompileError: See `decoded_program`.
    """
    decode = family_of(board).decode
    assert decode is not None
    try:
        decoded = decode(bitstream, board)
    except ToolError as error:
        kept = bitstream.parent / "unpack.log"
        shutil.copyfile(error.log, kept) if error.log.is_file() else kept.write_text(error.line)
        raise failed(ToolError(error.program, error.line, kept)) from error
    except DecodeError as error:
        raise _refused(bitstream, error) from error
    (bitstream.parent / DECODED).write_text(decoded.verilog)
    return decoded


def _refused(bitstream: Path, error: DecodeError) -> CompileError:
    return fail(
        "HW0612",
        f"the bits of '{bitstream}' can not be decoded to logic",
        str(error),
        "build it again, and tell us when that does not help",
    )
