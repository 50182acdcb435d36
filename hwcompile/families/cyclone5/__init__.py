"""Intel Cyclone V: projects for Quartus."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily

FAMILY = FpgaFamily(
    title="Cyclone V",
    folder=Path(__path__[0]),
    tools="quartus",
    remark="The Quartus project is the design behind its serial line. A system with the hard "
    "processor is not generated: its memory and pins are set by the board maker's reference "
    "project. `{top}_hw.tcl` makes the design a component of Platform Designer for that project; "
    "its AXI4-Lite agent belongs to the lightweight bridge.",
)
