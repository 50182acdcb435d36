"""From a board's packed bitstream to Verilog of the cells that its bits make."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hwcompile.board_file import Board
from hwcompile.families.decoded import Decoded, DecodeError
from hwcompile.families.flow import NETLIST, TOP
from hwcompile.families.ice40.bits.bits import parse_text, unpack_text
from hwcompile.families.ice40.bits.database import ChipDatabase, Place, chip_database, die_of
from hwcompile.families.ice40.bits.logic import Decoder
from hwcompile.families.ice40.bits.verilog import TopPort, verilog_of


def decode_packed(bitstream: Path, board: Board) -> Decoded:
    """Decode a packed bitstream of an iCE40 board.

    Beside the bitstream lie the netlist, which names the ports, and the pin constraints, which
    say where they are; everything else comes from the bits.

    Args:
        bitstream: The packed file in the board's folder.
        board: The board.

    Raises:
        CompileError: HW0805 when iceunpack or the chip database is missing, HW0613.
        ToolError: When iceunpack refuses the file.
        DecodeError: When the bits say something that can not be followed.
    """
    database = chip_database(board.device.device)
    with tempfile.TemporaryDirectory(prefix="hwcompile-bits-") as work:
        text = unpack_text(bitstream, Path(work))
    try:
        bits = parse_text(text, database)
    except (ValueError, IndexError) as error:
        raise DecodeError(f"it is not for this device: {error}") from error
    ports = _ports(bitstream.parent / NETLIST)
    places = _places(bitstream.parent / "pins.pcf", database, board.device.package)
    directions: dict[str, dict[str, Place]] = {"input": {}, "output": {}}
    for name, port in ports.items():
        for bit in port.bits(name):
            directions[port.direction][bit] = places[bit]
    low = die_of(board.device.device) == "1k"
    netlist = Decoder(database, bits, low).run(directions["input"], directions["output"])
    return Decoded(verilog_of(netlist, TOP, ports), netlist.pll)


def _ports(path: Path) -> Mapping[str, TopPort]:
    found = json.loads(path.read_text())["modules"][TOP]["ports"]
    return {name: TopPort(port["direction"], len(port["bits"])) for name, port in found.items()}


def _places(path: Path, database: ChipDatabase, package: str) -> dict[str, Place]:
    pins = database.pins(package)
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[1]: pins[words[2]] for words in lines if words and words[0] == "set_io"}
