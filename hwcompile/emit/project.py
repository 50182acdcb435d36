"""Writes the RTL part of a build directory from a plan. Deterministic: same plan, same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hwcompile.build_directory import FILES, INTERFACE, RTL, json_text
from hwcompile.emit.environment import render
from hwcompile.emit.finished import finished, own_name
from hwcompile.emit.library import library_files
from hwcompile.emit.licence import licensed
from hwcompile.emit.neighbours import neighbour_files
from hwcompile.emit.netlist import Netlist, build_netlist
from hwcompile.schedule.plan import Plan

Files = dict[str, str | bytes]
"""Relative path to contents; bytes are those of external memory."""


def rtl_files(plan: Plan) -> Files:
    """Relative path to contents of everything the simulator and synthesis need.

    `rtl/files.f` lists the SystemVerilog sources, library first, top level last; memory files
    stand beside them; `interface.json` describes the ports.
    """
    return _files(build_netlist(plan))


def _files(net: Netlist) -> Files:
    sources = library_files(net.library, net.encodings)
    for module in net.printed:
        sources[f"{module.name}.sv"] = module.module()
    for stage in net.stages:
        sources[f"{stage.view.module}.sv"] = render("top/stage.sv.j2", stage=stage.view)
    sources[f"{net.interface.top}.sv"] = render("top/top.sv.j2", net=net)
    files: Files = {f"{RTL}/{name}": text for name, text in {**sources, **net.memories}.items()}
    files[FILES] = "".join(f"{name}\n" for name in sources)
    files.update(net.images)
    files[INTERFACE] = interface_text(net)
    return files


def finished_rtl(plan: Plan, clock_mhz: float) -> Files:
    """The same as it is written (`emit.finished`), and what neighbouring tools want beside it.

    Args:
        plan: The design.
        clock_mhz: The clock in MHz that timing is analysed for.
    """
    net = build_netlist(plan)
    files = _files(net)
    texts = {name: text for name, text in files.items() if isinstance(text, str)}
    top = net.interface.top
    texts[FILES] = own_name(texts[FILES], top)
    images = {name: data for name, data in files.items() if name not in texts}
    sources = texts[FILES].split()
    stored = [name.removeprefix(f"{RTL}/") for name in texts if name.endswith(".mem")]
    beside = neighbour_files(net.interface, sources, stored, clock_mhz)
    return finished(texts | beside, top) | images


def interface_text(net: Netlist) -> str:
    """`interface.json` of a netlist."""
    return json_text(net.interface.to_json())


def write_files(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below `directory`, creating folders; texts get the header with the licence.

    Raises:
        OSError: With the name of the file that can not be written.
    """
    for folder in {(directory / name).parent for name in files}:
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = directory / name
        try:
            data = licensed(name, text).encode() if isinstance(text, str) else text
            path.write_bytes(data)
        except OSError as error:  # a full disk does not say which file it was
            raise OSError(error.errno, error.strerror, str(path)) from error
