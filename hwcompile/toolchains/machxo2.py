"""Lattice MachXO2: Yosys, nextpnr-machxo2, ecppack."""

from __future__ import annotations

from hwcompile.boards import Board
from hwcompile.toolchains.ecp5 import location_preferences
from hwcompile.toolchains.family import ROUTED, Family, Program, Step, common_place

_PACKAGE = "yowasp-nextpnr-machxo2"
_NEXTPNR = Program("nextpnr-machxo2", "yowasp_nextpnr_machxo2", "run_nextpnr_machxo2", _PACKAGE)
_PACK = Program("ecppack", "yowasp_nextpnr_machxo2", "run_ecppack", _PACKAGE)


LATTICE_LUTS = (
    "techmap -map +/lattice/latches_map.v",
    "abc -lut 4 -dress",
    "clean",
)
"""With Yosys' pass `abc9` (0.70), which `synth_lattice` uses, level `netlist` saw wrong integers on
MachXO2 and Nexus: inputs of carry cells were left undefined, or carry inputs tied. The older pass
does not touch these cells."""


def _synthesis(board: Board, dsp: bool) -> str:
    return "synth_lattice -family xo2"


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = f"{board.device.device}-{board.device.speed}{board.device.package}"
    files = ("--lpf", constraints, "--textcfg", f"{ROUTED}.config")
    return Step(_NEXTPNR, ("--device", device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_PACK, (f"{ROUTED}.config", FAMILY.bitstream))


FAMILY = Family(
    name="machxo2",
    synthesis=_synthesis,
    start="coarse",
    multiply=(),
    after_flatten=(),
    smallest_product=1024,
    widest_factor=0,
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
    luts=LATTICE_LUTS,
)
"""MachXO2 has no multiplier blocks; products are adders and LUTs."""
