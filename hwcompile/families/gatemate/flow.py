"""Cologne Chip GateMate: Yosys, nextpnr-himbaechel, gmpack."""

from __future__ import annotations

from hwcompile.board_file import Board
from hwcompile.families.flow import (
    ROUTED,
    Flow,
    Program,
    Step,
    all_pins,
    common_place,
)

_PACKAGE = "yowasp-nextpnr-himbaechel-gatemate"
_MODULE = "yowasp_nextpnr_himbaechel_gatemate"
_NEXTPNR = Program("nextpnr-himbaechel", _MODULE, "run_nextpnr_himbaechel_gatemate", _PACKAGE)
_GMPACK = Program("gmpack", _MODULE, "run_gmpack", _PACKAGE)


def _synthesis(board: Board, dsp: bool) -> str:
    # Pads and clock buffers are inserted when the netlist is flat; see `after_flatten`.
    return "synth_gatemate -luttree -nomx8 -noiopad -noclkbuf -nomult"


def _constraints(board: Board, leds: int) -> tuple[str, str]:
    pins = (("clk", board.clock.pin), *all_pins(board, leds))
    return "pins.ccf", "".join(f'Net "{port}" Loc = "{pin}";\n' for port, pin in pins)


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    files = ("--vopt", f"ccf={constraints}", "--vopt", f"out={ROUTED}.txt")
    return Step(_NEXTPNR, ("--device", board.device.device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_GMPACK, (f"{ROUTED}.txt", FLOW.bitstream))


FLOW = Flow(
    programs=(_NEXTPNR, _GMPACK),
    synthesis=_synthesis,
    start="prepare",
    multiply=(),
    after_flatten=(
        "iopadmap -bits -inpad CC_IBUF Y:I -outpad CC_OBUF A:O",
        "clkbufmap -buf CC_BUFG O:I",
    ),
    cells={
        "lut": (("CC_L2T[45]|CC_LUT[12]|CC_ADDF|CC_MX2", 1), ("CC_MX4", 2)),
        "ff": (("CC_DFF", 1),),
        "bram": (("CC_BRAM_20K", 1), ("CC_BRAM_40K", 2)),
    },
    utilisation={
        "lut": ("CPE_LT",),
        "ff": ("CPE_FF",),
        "bram": ("RAM_HALF",),
    },
    constraints=_constraints,
    place=_place,
    pack=_pack,
    bitstream="design.bit",
    models=("gatemate/cells_sim.v",),
)
