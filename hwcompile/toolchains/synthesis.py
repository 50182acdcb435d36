"""Synthesis with Yosys: SystemVerilog in, a flat netlist of the family's cells out.

Stages of the design keep their boundaries until the cells are counted, so every cell is charged to
its layer; then the netlist is flattened. The scripts stay in the folder and run by hand with
`yosys -s`.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path

from hwcompile.boards import Board
from hwcompile.emit.project import write_files
from hwcompile.families import family_of, flow_of
from hwcompile.families.family import MAP
from hwcompile.families.flow import NETLIST, Flow, Program, Use
from hwcompile.families.programs import missing, run_logged
from hwcompile.resources import package_version, room

VERILOG = "netlist.v"
FORCED = "forced.txt"
"""The memories that were to be in blocks: module, slash, name."""
_MAPPED = "mapped.json"
_YOSYS = Program("yosys", "pyosys", "run_pass", "pyosys")
_CALL = """
import sys
from pyosys import libyosys
libyosys.run_pass("script " + sys.argv[1], libyosys.Design())
"""

UNPROVED = "scratchpad -set abc9.verify false"
"""Without abc's proof: for sums of thousands of adders it takes hours, the mapping minutes. Where
cells are only counted, nothing is lost."""


@dataclass(frozen=True)
class Synthesis:
    """A synthesized design.

    Attributes:
        folder: Holds `netlist.json` and `netlist.v`.
        use: What the whole netlist takes.
        modules: The same for each module that kept its boundary.
        kinds: Types of the cells in it, sorted.
    """

    folder: Path
    use: Use
    modules: dict[str, Use]
    kinds: tuple[str, ...]


def synthesize(
    sources: Sequence[Path],
    top: str,
    kept: Sequence[str],
    board: Board,
    folder: Path,
    block_rows: int = 0,
    *,
    proved: bool = True,
) -> Synthesis:
    """Synthesize for a board's FPGA.

    Products go to DSP blocks as far as these reach, unless they are very small; the rest to LUTs.

    Args:
        sources: SystemVerilog files.
        top: Name of the top module.
        kept: Modules whose cells are counted apart.
        board: The FPGA and its capacities.
        folder: Where scripts, logs and netlists go.
        block_rows: Memories of at least so many rows that are only read must be in blocks of
            memory; 0 leaves it to Yosys.
        proved: Whether abc proves what it makes equal to what it was given.

    Raises:
        CompileError: HW0805 when Yosys is not installed.
        ToolError: When Yosys fails.
    """
    flow = flow_of(board)
    write_files(folder, _maps(board))
    run_yosys(folder, "elaborate", _elaborate(sources, top, kept, board, folder))
    products = (folder / "products.txt").read_text().split()
    wide = [cell for cell in products if cell in set((folder / "wide.txt").read_text().split())]
    narrow = [cell for cell in products if cell not in set(wide)]
    small = (folder / "small.txt").read_text().split()
    limit = min(board.capacities.dsp, len(narrow))
    while True:
        soft = [*small, *wide, *narrow[limit:]] if limit else []
        mapped = _map(top, kept, board, soft, limit > 0, block_rows)
        mapped = mapped if proved else [UNPROVED, *mapped]
        _finished(folder, top, board, mapped, _finish(kept, flow))
        result = _counted(folder, top, kept, flow)
        if not limit or result.use.dsp <= board.capacities.dsp:
            break
        # A wide product takes several blocks: fewer products, as many as fit on average.
        limit = min(limit - 1, limit * board.capacities.dsp // result.use.dsp)
    return result


def recipe(top: str, kept: Sequence[str], board: Board) -> str:
    """Everything beside the sources that decides what synthesis makes: scripts and version."""
    flow = flow_of(board)
    scripts = [*_elaborate([], top, kept, board, Path()), *_map(top, kept, board, (), True)]
    own = inspect.getsource(sys.modules[flow.absorb.__module__]) if flow.absorb else ""
    return "\n".join(
        [package_version("pyosys"), *_maps(board).values(), *scripts, *_finish(kept, flow), own]
    )


def share_folder() -> Path:
    """Yosys' share folder.

    Raises:
        CompileError: HW0805 when Yosys is not installed.
    """
    spec = importlib.util.find_spec("pyosys")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise missing(_YOSYS)
    return Path(places[0]) / "share"


def _maps(board: Board) -> dict[str, str]:
    """Name and text of the techmap files that the scripts use."""
    family = family_of(board)
    adders = room("templates") / "toolchains" / "adders.v"
    files = {adders.name: adders, f"{family.name}_{MAP}": family.file(MAP)}
    return {name: path.read_text() for name, path in files.items() if path}


def _elaborate(
    sources: Sequence[Path], top: str, kept: Sequence[str], board: Board, folder: Path
) -> list[str]:
    flow = flow_of(board)
    products = family_of(board).products
    least, widest = products.least, products.widest
    lines = [f"read_verilog -sv {relpath(path.absolute(), folder)}" for path in sources]
    lines += [f"setattr -mod -set keep_hierarchy 1 {module}" for module in kept]
    lines += [
        f"{flow.synthesis(board, True)} -top {top} -run begin:{flow.start}",
        "proc",
        "flatten",
        "opt_expr",
        "opt_clean",
        "opt -nodffe -nosdff",
        "wreduce",
        "peepopt",
        "opt_clean",
        f"tee -q -o products.txt select -list t:$mul r:Y_WIDTH>={least} %i",
        f"tee -q -o small.txt select -list t:$mul r:Y_WIDTH<{least} %i",
        f"tee -q -o wide.txt select -list t:$mul r:A_WIDTH>{widest} r:B_WIDTH>{widest} %u %i",
        # Without the family's cells, whose parameters this format forgets.
        "select *",
        "write_rtlil -selected elaborated.il",
    ]
    return lines


def _map(
    top: str,
    kept: Sequence[str],
    board: Board,
    soft: Sequence[str],
    dsp: bool,
    block_rows: int = 0,
) -> list[str]:
    flow = flow_of(board)
    lines = [
        "read_rtlil elaborated.il",
        f"{flow.synthesis(board, dsp)} -top {top} -run begin:{flow.start}",
    ]
    lines += [f"chtype -set $__soft_mul {cell}" for cell in soft]
    if dsp and flow.multiply:
        lines += [*flow.multiply, "chtype -set $mul t:$__soft_mul", "opt_expr -fine", "wreduce"]
    lines += [
        "techmap -map adders.v",
        *_from_coarse(f"{flow.synthesis(board, dsp)} -top {top}", flow, block_rows),
    ]
    return lines


def _finish(kept: Sequence[str], flow: Flow) -> list[str]:
    """Count cells, then make one flat netlist of them."""
    return [
        "autoname",
        "tee -q -o cells.json stat -json",
        *(f"setattr -mod -unset keep_hierarchy {module}" for module in kept),
        "flatten",
        "opt_clean",
        *flow.after_flatten,
        "hierarchy -check",
        "check -assert -noinit",
        "blackbox =A:whitebox",
        f"write_json {NETLIST}",
        f"write_verilog -noattr {VERILOG}",
    ]


def _finished(folder: Path, top: str, board: Board, mapped: list[str], finish: list[str]) -> None:
    """Run both scripts, as one where the family needs nothing between them."""
    flow = flow_of(board)
    if not flow.absorb:
        run_yosys(folder, "map", [*mapped, *finish])
        return
    # Without the family's cells, as processes in them can not be written.
    run_yosys(folder, "map", [*mapped, "select *", f"write_json -selected {_MAPPED}"])
    design = json.loads((folder / _MAPPED).read_text())
    for module in design["modules"].values():
        flow.absorb(module)
    write_files(folder, {_MAPPED: json.dumps(design)})
    cells = f"{flow.synthesis(board, True)} -top {top} -run begin:{flow.start}"
    run_yosys(folder, "finish", [f"read_json {_MAPPED}", cells, *finish])


def _from_coarse(synthesis: str, flow: Flow, block_rows: int) -> list[str]:
    start = flow.start
    if flow.luts:
        # The family's own mapping to LUTs replaces that of Yosys' script.
        from_ram = ["map_luts", *flow.luts, f"{synthesis} -run map_cells:check"]
    else:
        from_ram = ["check"]
    if not block_rows:
        return [f"{synthesis} -run {start}:{from_ram[0]}", *from_ram[1:]]
    # The library calls its memories so; what Yosys makes of case statements has other names.
    read_only = f"t:$mem_v2 r:WR_PORTS=0 %i r:SIZE>={block_rows} %i c:*mem %i"
    return [
        f"{synthesis} -run {start}:map_ram",
        f"tee -q -o {FORCED} select -list {read_only}",
        f'setattr -set rom_style "block" {read_only}',
        f"{synthesis} -run map_ram:{from_ram[0]}",
        *from_ram[1:],
    ]


def run_yosys(folder: Path, name: str, script: Sequence[str]) -> None:
    """Run Yosys' commands in a folder, which keeps them and the log as `NAME.ys`, `yosys_NAME.log`.

    Raises:
        CompileError: HW0805 when Yosys is not installed.
        ToolError: When Yosys fails.
    """
    share_folder()  # Yosys must be there
    write_files(folder, {f"{name}.ys": "".join(f"{line}\n" for line in script)})
    command = [sys.executable, "-c", _CALL, f"{name}.ys"]
    run_logged(command, "yosys", folder, folder / f"yosys_{name}.log")


def _counted(folder: Path, top: str, kept: Sequence[str], flow: Flow) -> Synthesis:
    modules = json.loads((folder / "cells.json").read_text())["modules"]
    cells = {name.lstrip("\\"): data["num_cells_by_type"] for name, data in modules.items()}
    own = {name: _plain(cells[name], flow) for name in (top, *kept)}
    kinds = {kind for name in own for kind in cells[name]} - set(own)
    charged = {name: own[name] for name in kept}
    return Synthesis(folder, sum(own.values(), Use()), charged, tuple(sorted(kinds)))


def _plain(counts: Mapping[str, object], flow: Flow) -> Use:
    """Counts are numbers, or tables with one when areas are known too."""
    numbers = {
        kind: int(value["count"] if isinstance(value, dict) else str(value))
        for kind, value in counts.items()
    }
    return flow.use_of(numbers)
