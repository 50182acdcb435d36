"""What neighbouring tools look for beside the sources: lists, packages, descriptions, a clock.

FuseSoC's core file (CAPI2), Bender's manifest, IP-XACT (IEEE 1685-2014), a list of sources with
names relative to itself, the clock as SDC, and a page that says what is what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwcompile import build_directory as names
from hwcompile.emit.environment import render
from hwcompile.emit.finished import memory_macros
from hwcompile.emit.interface import AxisPort, Interface, MemoryPort, memory_signals

VENDOR, LIBRARY, VERSION = "hwcompile", "design", "1.0"
"""A design's name for packages is `<vendor>:<library>:<top>:<version>`."""

_CLOCK = (("ACLK", "aclk"), ("ARESETn", "aresetn"))
_DATA = (
    (names.REPORT_PAGE, "all of it to look at in a browser: `hwcompile report --open`"),
    (names.INTERFACE, "ports, and how frames are cut into words"),
    (names.HOST, "what the host does before and after"),
    (names.REPORT, "cycles and resources, as predicted and as measured"),
    (names.INSIGHT, "what the page draws: one frame in time, resources, value ranges"),
    (names.SCHEDULE, "kernels, foldings and FIFOs; change it and compile again"),
    (names.GRAPH, "the network on integers"),
    (names.MANIFEST, "what made the folder; a hash of every file"),
    (
        names.SBOM,
        "bill of materials (CycloneDX): model, compiler, its packages, every file",
    ),
    (names.LICENCE, "whose all of this is"),
)


@dataclass(frozen=True)
class WirePort:
    """A port of the top level.

    Attributes:
        name: What it is called.
        direction: "in" or "out".
        bits: Its width.
        vector: Whether it has a range; a port of one bit may.
    """

    name: str
    direction: str
    bits: int = 1
    vector: bool = False


@dataclass(frozen=True)
class Bus:
    """A bus of the top level: its kind, its side, and (logical, physical) names of its ports."""

    name: str
    type: str
    mode: str
    maps: tuple[tuple[str, str], ...]


def package_name(top: str) -> str:
    """Vendor, library, name and version, as packages are called."""
    return f"{VENDOR}:{LIBRARY}:{top}:{VERSION}"


def neighbour_files(
    interface: Interface, sources: Sequence[str], memories: Sequence[str], clock_mhz: float
) -> dict[str, str]:
    """Path in the build directory to text.

    Args:
        interface: The design's ports.
        sources: Names of the sources, in the order of compilation.
        memories: Names of the memory files.
        clock_mhz: The clock in MHz that the design was compiled for.
    """
    top = interface.top
    core = names.core_name(top)
    view = {
        "top": top,
        "sources": sources,
        "memories": memories,
        "folder": names.RTL,
        "vlnv": package_name(top),
        "vendor": VENDOR,
        "library": LIBRARY,
        "version": VERSION,
        "ports": top_ports(interface),
        "buses": buses(interface),
        "macro": memory_macros(top)[0],
        "list": names.FILE_LIST,
        "order": names.SOURCE_LIST,
        "core": core,
        "bender": names.BENDER,
        "component": names.COMPONENT,
        "data": _DATA,
        "sdc": names.TIMING,
        "xdc": names.TIMING_VIVADO,
        "licence": names.LICENCE,
    }
    templates = {
        names.FILE_LIST: "filelist.f",
        core: "design.core",
        names.BENDER: "Bender.yml",
        names.COMPONENT: "component.xml",
        names.README: "README.md",
    }
    files = {file: render(f"neighbours/{name}.j2", **view) for file, name in templates.items()}
    constants = [f"{port.status}_base_i" for port in interface.memories]
    return files | timing_files(top, clock_mhz, names.TIMING, names.TIMING_VIVADO, constants)


def timing_files(
    top: str, clock_mhz: float, sdc: str, xdc: str, constants: Sequence[str] = ()
) -> dict[str, str]:
    """Path to text of the constraints of a module by itself.

    Args:
        top: The module; its clock is `aclk`.
        clock_mhz: The clock in MHz.
        sdc: Path of the clock alone, as SDC.
        xdc: Path of the constraints for Vivado.
        constants: Input ports that do not change after reset.
    """
    view = {"top": top, "period": 1000 / clock_mhz, "constants": constants}
    return {
        sdc: render("neighbours/timing.sdc.j2", **view),
        xdc: render("neighbours/timing.xdc.j2", **view),
    }


def top_ports(interface: Interface) -> list[WirePort]:
    """The ports of the top level, in its order."""
    found = [WirePort("aclk", "in"), WirePort("aresetn", "in")]
    for ports, to, back in ((interface.inputs, "in", "out"), (interface.outputs, "out", "in")):
        for port in ports:
            found += [
                WirePort(f"{port.prefix}_tdata", to, 8 * port.tdata_bytes, True),
                WirePort(f"{port.prefix}_tvalid", to),
                WirePort(f"{port.prefix}_tready", back),
                WirePort(f"{port.prefix}_tlast", to),
            ]
    for memory in interface.memories:
        found += _memory(memory)
    return [*found, WirePort("frame_error_o", "out")]


def _memory(port: MemoryPort) -> list[WirePort]:
    signals = [
        WirePort(
            f"{port.prefix}_{name}", way.strip()[:-3], bits, bits > 1 or name in ("arid", "rid")
        )
        for way, bits, name in memory_signals(port)
    ]
    return [
        *signals,
        WirePort(f"{port.status}_base_i", "in", port.address_bits, True),
        WirePort(f"{port.status}_starved_o", "out", 32, True),
        WirePort(f"{port.status}_error_o", "out"),
    ]


def buses(interface: Interface) -> list[Bus]:
    """The buses of the top level, as AMBA calls them."""
    streams = [(port, "slave") for port in interface.inputs]
    streams += [(port, "master") for port in interface.outputs]
    found = [Bus(port.prefix, "AXI4Stream", mode, _stream(port)) for port, mode in streams]
    for memory in interface.memories:
        maps = tuple(
            (name.upper(), f"{memory.prefix}_{name}") for _, _, name in memory_signals(memory)
        )
        found.append(Bus(memory.prefix, "AXI4", "master", (*_CLOCK, *maps)))
    return found


def _stream(port: AxisPort) -> tuple[tuple[str, str], ...]:
    maps = (
        (name.upper(), f"{port.prefix}_{name}") for name in ("tdata", "tvalid", "tready", "tlast")
    )
    return (*_CLOCK, *maps)
