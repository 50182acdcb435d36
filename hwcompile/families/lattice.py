"""What Lattice's families share."""

from __future__ import annotations

from hwcompile.board_file import Board
from hwcompile.families.flow import all_pins, led_pins

LUTS = (
    "techmap -map +/lattice/latches_map.v",
    "abc -lut 4 -dress",
    "clean",
)
"""With Yosys' pass `abc9` (0.70), which `synth_lattice` uses, level `netlist` saw wrong integers on
MachXO2 and Nexus: inputs of carry cells were left undefined, or carry inputs tied. The older pass
does not touch these cells."""


def location_preferences(board: Board, leds: int) -> tuple[str, str]:
    """Name and text of a Lattice preference file; (board, LEDs in use)."""
    on_leds = {port for port, _ in led_pins(board, leds)}
    lines = [f'FREQUENCY PORT "clk" {board.clock.mhz:g} MHZ;']
    for port, pin in (("clk", board.clock.pin), *all_pins(board, leds)):
        own = board.leds.standard if board.leds and port in on_leds else ""
        lines.append(f'LOCATE COMP "{port}" SITE "{pin}";')
        lines.append(f'IOBUF PORT "{port}" IO_TYPE={own or board.io.standard};')
    return "pins.lpf", "".join(f"{line}\n" for line in lines)
