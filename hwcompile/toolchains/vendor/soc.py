"""A design for systems of the user's own: both AXI wrappers, headers, a LiteX module."""

from __future__ import annotations

import inspect
from pathlib import Path

from hwcompile import build_directory
from hwcompile.emit.environment import render
from hwcompile.emit.interface import Interface
from hwcompile.emit.licence import licence_file
from hwcompile.emit.neighbours import timing_files
from hwcompile.emit.project import write_files
from hwcompile.toolchains.board_top import identity
from hwcompile.toolchains.vendor.project import (
    copy_design,
    design_files,
    header_text,
    shell_text,
)
from hwcompile.toolchains.vendor.rdl import rdl_text
from hwcompile.toolchains.vendor.registers import ADDRESS_BITS
from hwcompile.toolchains.vendor.wrapper import dma_wrapper, lite_wrapper, wrapper_files
from hwcompile_runtime import packing


def write_wrappers(directory: Path) -> Path:
    """Write `<directory>/soc/` with the design, its wrappers and what software needs.

    Args:
        directory: A complete build directory.

    Returns:
        The folder; it stands for itself and can be copied.

    Raises:
        CompileError: HW0815 when the folder is somebody else's, HW0852 for too many ports,
            HW0853 for a design that reads weights from external memory.
    """
    files = wrapper_project(directory)
    with build_directory.making_folder(directory, build_directory.SOC) as folder:
        copy_design(directory, folder)
        write_files(folder, files)
    return folder


def wrapper_project(directory: Path) -> dict[str, str]:
    """Name to text of all files but those of the design itself."""
    interface = Interface.read(directory)
    name = identity(directory, interface)
    lite, axi = lite_wrapper(interface, name), dma_wrapper(interface, name)
    design = design_files(directory)
    added = {**wrapper_files(axi, design), **wrapper_files(lite, design)}
    view = {"lite": lite, "axi": axi, "address_bits": ADDRESS_BITS}
    mhz = float(build_directory.read_report(directory)["design"]["clock_mhz"])
    timing: dict[str, str] = {}
    for top in (axi.top, lite.top):
        timing |= timing_files(top, mhz, f"{top}.sdc", f"{top}.xdc")
    return {
        **timing,
        **{build_directory.rtl_path(file): text for file, text in added.items()},
        build_directory.FILES: "".join(f"{file}\n" for file in (*design, *added)),
        build_directory.rtl_path(f"{axi.top}_shell.v"): shell_text(axi),
        f"{axi.top}.rdl": rdl_text(axi),
        f"{lite.top}.rdl": rdl_text(lite),
        f"{axi.top}.h": header_text(axi),
        f"{lite.top}.h": header_text(lite),
        f"{interface.top}_litex.py": render("vendor/litex.py.j2", **view),
        "README.md": render("vendor/wrap.md.j2", **view),
        "packing.py": inspect.getsource(packing),
        **licence_file(),
    }
