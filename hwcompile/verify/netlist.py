"""Level `netlist`: the design as Yosys maps it to an FPGA's cells, with models of these cells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from hwcompile import build_directory
from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.emit.interface import Interface
from hwcompile.engine.cache import cached, digest
from hwcompile.families import family_names, family_of, flow_of, fpga_family
from hwcompile.families.family import CELLS
from hwcompile.families.programs import ToolError, failed
from hwcompile.resources import room
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.synthesis import VERILOG, recipe, share_folder, synthesize

_LONG = re.compile(r"\\(\S{81,})(?=\s)")
"""Escaped names of a netlist that Verilator abbreviates, and then does not find for waveforms."""
_INCLUDE = re.compile(r'^`include "([^"]+)"', re.MULTILINE)
_NAME = re.compile(r"^\s*module\s+\\?(\w+)", re.MULTILINE)
_BLACKBOX = re.compile(r"^\(\*\s*blackbox\s*\*\)\s*module\s+(\w+)", re.MULTILINE)
_MODULE = re.compile(
    r"^(?:\(\*[^\n]*\*\)\s*)*module\s+\\?(\w+).*?^endmodule", re.MULTILINE | re.DOTALL
)


def mapped_design(directory: Path, board: Board) -> Path:
    """A folder that simulates like a build directory, with the netlist as its only source.

    Synthesis is cached: the same sources for the same FPGA are mapped once.

    Args:
        directory: Build directory.
        board: The board whose FPGA is meant.

    Raises:
        CompileError: HW0805 when Yosys is missing, HW0808 when it fails, HW0610 when there is no
            model of a cell.
    """
    interface = Interface.read(directory)
    files = sorted((*build_directory.rtl_sources(directory), *build_directory.memories(directory)))
    models = cell_models(board)
    modules = tuple(stage_modules(interface))
    made_of = [
        _LONG.pattern,
        repr((board.device, board.capacities)),
        models,
        recipe(interface.top, modules, board),
    ]
    ports = build_directory.read_text(directory, build_directory.INTERFACE)
    order = build_directory.read_text(directory, build_directory.FILES)
    images = [build_directory.read_bytes(directory, port.file).hex() for port in interface.memories]
    texts = [part for f in files for part in (f.name, f.read_text())]
    key = digest([*made_of, ports, order, *images, *texts])

    def make(folder: Path) -> None:
        try:
            # Beside the scripts, so that no name in the netlist depends on where the build lies.
            (folder / "source").mkdir()
            for path in files:
                shutil.copy(path, folder / "source")
            sources = [
                folder / "source" / path.name for path in build_directory.rtl_sources(directory)
            ]
            made = synthesize(sources, interface.top, modules, board, folder)
        except ToolError as error:
            # The folder of a failed synthesis goes away; its log must not.
            kept = directory / f"netlist_{board.id}.log"
            shutil.copyfile(error.log, kept)
            raise failed(ToolError(error.program, error.line, kept)) from error
        rtl = folder / build_directory.RTL
        rtl.mkdir()
        (rtl / VERILOG).write_text(shortened((folder / VERILOG).read_text()))
        _check_models(models, made.kinds, board)
        (rtl / "cells.v").write_text(models)
        (folder / build_directory.FILES).write_text(f"cells.v\n{VERILOG}\n")
        (folder / build_directory.INTERFACE).write_text(ports)
        for port in interface.memories:
            (folder / port.file).parent.mkdir(exist_ok=True)
            shutil.copyfile(directory / port.file, folder / port.file)

    return cached("netlists", key, make)


def shortened(netlist: str) -> str:
    """A netlist whose long names are cut; a hash keeps them apart."""
    return _LONG.sub(lambda name: f"\\{name[1][:60]}_{digest([name[1]])[:16]}", netlist)


def cell_models(board: Board) -> str:
    """Verilog models of the cells of a board's FPGA.

    Yosys brings most of them; for cells that it knows by their ports only, ours in
    the family's folder take their place.
    """
    ours = family_of(board).file(CELLS)
    own = _with_includes(ours) if ours else ""
    replaced = {match[1] for match in _MODULE.finditer(own)}
    texts = []
    for name in flow_of(board).models:
        text = _with_includes(share_folder() / name)
        texts.append(_MODULE.sub(lambda m: "" if m[1] in replaced else m[0], text))
    return "".join([*texts, own])


def _check_models(models: str, kinds: tuple[str, ...], board: Board) -> None:
    known = set(_NAME.findall(models)) - set(_BLACKBOX.findall(models))
    missing = [kind for kind in kinds if kind not in known and not kind.startswith("$")]
    if missing:
        flows = {name: fpga_family(name).flow for name in family_names()}
        complete = [name for name, flow in flows.items() if flow and flow.all_modelled]
        raise fail(
            "HW0610",
            f"level 'netlist' can not simulate the FPGA of '{board.id}'",
            f"there is no model of its {', '.join(missing)}",
            f"a board of family {' or '.join(complete)}, whose models are complete",
        )


def _with_includes(path: Path) -> str:
    text = path.read_text()
    return _INCLUDE.sub(lambda m: _with_includes(_included(path, m[1])), text)


def _included(path: Path, name: str) -> Path:
    """A file beside the one that includes it, or one that families share."""
    beside = path.parent / name
    return beside if beside.is_file() else room("templates") / "toolchains" / name
