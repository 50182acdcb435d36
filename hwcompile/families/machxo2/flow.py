"""Lattice MachXO2: Yosys, nextpnr-machxo2, ecppack."""

from __future__ import annotations

from hwcompile.board_file import Board
from hwcompile.families.flow import ROUTED, Flow, Program, Step, common_place
from hwcompile.families.lattice import LUTS, location_preferences

_PACKAGE = "yowasp-nextpnr-machxo2"
_NEXTPNR = Program("nextpnr-machxo2", "yowasp_nextpnr_machxo2", "run_nextpnr_machxo2", _PACKAGE)
_PACK = Program("ecppack", "yowasp_nextpnr_machxo2", "run_ecppack", _PACKAGE)


def _synthesis(board: Board, dsp: bool) -> str:
    return "synth_lattice -family xo2"


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = f"{board.device.device}-{board.device.speed}{board.device.package}"
    files = ("--lpf", constraints, "--textcfg", f"{ROUTED}.config")
    return Step(_NEXTPNR, ("--device", device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_PACK, (f"{ROUTED}.config", FLOW.bitstream))


FLOW = Flow(
    programs=(_NEXTPNR, _PACK),
    synthesis=_synthesis,
    start="coarse",
    multiply=(),
    after_flatten=(),
    cells={
        "lut": (("LUT4", 1), ("CCU2D", 2), ("TRELLIS_DPR16X4", 6)),
        "ff": (("TRELLIS_FF", 1),),
        "bram": (("DP8KC|PDPW8KC|SP8KC|FIFO8KB", 1),),
    },
    utilisation={
        "lut": ("TRELLIS_COMB",),
        "ff": ("TRELLIS_FF",),
        "bram": ("DP8KC",),
    },
    constraints=location_preferences,
    place=_place,
    pack=_pack,
    bitstream="design.bit",
    models=("lattice/cells_sim_xo2.v",),
    luts=LUTS,
)
