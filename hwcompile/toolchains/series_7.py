"""Synthesis for AMD's 7 series with Yosys, as docs/rtl.md shows it, and what its cells take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hwcompile.families.flow import Use, cells_use
from hwcompile.toolchains.synthesis import UNPROVED, run_yosys

KEPT = "setattr -mod -set keep_hierarchy 1 *hw_weight_rom*"
"""What keeps memories of weights apart; docs/rtl.md says why."""

LOGIC = {"lut": (("LUT[1-6]", 1),)}
"""Look-up tables of logic alone."""

CELLS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "lut": (
        *LOGIC["lut"],
        ("RAM(32|64)M|RAM128X1D|RAM256X1S", 4),
        ("RAM(32|64)X1D|RAM128X1S", 2),
        ("RAM(32|64)X1S|SRL16E|SRLC(16|32)E", 1),
    ),
    "ff": (("FD[A-Z]+", 1),),
    # In halves of 36 kbit.
    "bram": (("RAMB18E1", 1), ("RAMB36E1", 2)),
    "dsp": (("DSP48E1", 1),),
}
"""For each field of `Use`, patterns of cell types with how many of it each takes; look-up tables
that are memories or shift registers count like others."""


def script(sources: Sequence[str], top: str, *, dsp: bool = True, proved: bool = True) -> list[str]:
    """Yosys' commands for files in the folder where they run; see `cells_of`."""
    blocks = "" if dsp else " -nodsp"
    return [
        *([] if proved else [UNPROVED]),
        *(f"read_verilog -sv {file}" for file in sources),
        f"hierarchy -top {top}",
        KEPT,
        f"synth_xilinx -family xc7 -flatten -noiopad -noclkbuf{blocks} -top {top}",
        "tee -q -o cells.json stat -json",
    ]


def cells_of(
    folder: Path, sources: Sequence[str], top: str, *, dsp: bool = True, proved: bool = True
) -> Counter[str]:
    """Cells by type that synthesis makes.

    Args:
        folder: Holds the files; scripts and logs go there.
        sources: Names of SystemVerilog files.
        top: Name of the top module.
        dsp: Whether products may go to DSP blocks.
        proved: Whether abc proves what it makes equal to what it was given.

    Raises:
        CompileError: HW0805 when Yosys is not installed.
        ToolError: When Yosys fails.
    """
    run_yosys(folder, "unit", script(sources, top, dsp=dsp, proved=proved))
    modules = json.loads((folder / "cells.json").read_text())["modules"]
    return _inside({name.lstrip("\\"): data for name, data in modules.items()}, top)


def _inside(modules: Mapping[str, Any], top: str) -> Counter[str]:
    """Cells of a module with those of the modules in it."""
    found: Counter[str] = Counter()
    for kind, value in modules[top]["num_cells_by_type"].items():
        count = int(value["count"] if isinstance(value, dict) else value)
        name = kind.lstrip("\\")
        if name in modules:
            for inner, inner_count in _inside(modules, name).items():
                found[inner] += count * inner_count
        else:
            found[name] += count
    return found


def use_of(
    cells: Mapping[str, int], table: Mapping[str, tuple[tuple[str, int], ...]] = CELLS
) -> Use:
    """What cells take by a table like `CELLS`."""
    return cells_use(cells, table)
