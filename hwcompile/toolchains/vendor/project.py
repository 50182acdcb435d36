"""A complete project of a design for a vendor's tool, and its run where the tool is there."""

from __future__ import annotations

import inspect
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hwcompile_runtime
from hwcompile import build_directory
from hwcompile.boards import Board
from hwcompile.build_directory import HOST, INTERFACE, rtl_path
from hwcompile.diagnostics import fail
from hwcompile.emit.environment import render
from hwcompile.emit.interface import Interface, memory_signals
from hwcompile.emit.licence import licence_file
from hwcompile.emit.project import write_files
from hwcompile.families import family_of
from hwcompile.families.flow import led_pins
from hwcompile.families.programs import ToolError, run_logged
from hwcompile.toolchains.board_top import BAUD, TOP, identity, led_count, write_board_top
from hwcompile.toolchains.build import failed
from hwcompile.toolchains.vendor.vivado import dmas, pins
from hwcompile.toolchains.vendor.wrapper import (
    Wrapper,
    dma_wrapper,
    lite_ports,
    lite_wrapper,
    wrapper_files,
)
from hwcompile_runtime import packing

PROGRAMS = {"vivado": "vivado", "quartus": "quartus_sh"}
"""What has to be on the PATH for a flow."""

BITSTREAMS = {"vivado": "design.bit", "quartus": "design.rbf"}
"""What a flow leaves in the board's folder."""

SCRIPT = "build.sh"
"""The script that runs the vendor's tool."""

RUNTIME = "hwcompile_runtime"
"""The folder of the runtime in a project."""

_TOOLS = {"vivado": "Vivado", "quartus": "Quartus"}


@dataclass(frozen=True)
class VendorProject:
    """A project for a vendor's tool.

    Attributes:
        folder: The board's folder in the build directory.
        files: Its files, relative to it, sorted.
        program: The vendor's program.
        bitstream: What the program made; None when it is not installed, so nothing ran.
    """

    folder: Path
    files: tuple[str, ...]
    program: str
    bitstream: Path | None


def build_project(
    directory: Path,
    board: Board,
    *,
    baud: int = BAUD,
    progress: Callable[[str], None] = lambda step: None,
) -> VendorProject:
    """Write `<directory>/<board>/`, and run the vendor's tool if it is on the PATH.

    Args:
        directory: A complete build directory.
        board: A board whose flow is a vendor's.
        baud: Bits per second of a serial link.
        progress: Called with each step as it starts.

    Raises:
        CompileError: HW0803 no link, HW0806 the baud rate, HW0808 the tool failed, HW0815 the
            folder is somebody else's, HW0852 too many ports.
    """
    progress("project")
    files = project_files(directory, board, baud)
    name = build_directory.board_folder(directory, board.id).name
    with build_directory.making_folder(directory, name) as folder:
        copy_design(directory, folder)
        write_files(folder, files)
        made = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
        names = tuple(sorted(str(path.relative_to(folder)) for path in made))
        program = PROGRAMS[family_of(board).tools]
        bitstream = None
        if shutil.which(program):
            progress(program)
            bitstream = _run(folder, program, BITSTREAMS[family_of(board).tools])
    return VendorProject(folder, names, program, bitstream)


def project_files(directory: Path, board: Board, baud: int = BAUD) -> dict[str, str]:
    """Name to text of a project's files, without those of the design itself."""
    interface = Interface.read(directory)
    name = identity(directory, interface)
    if family_of(board).processor:
        return _dma_project(directory, board, dma_wrapper(interface, name))
    return _uart_project(directory, board, baud, lite_wrapper(interface, name))


def copy_design(directory: Path, folder: Path) -> None:
    """Copy the design's sources, memory contents and images of external memory into a folder."""
    (folder / build_directory.RTL).mkdir()
    for path in (*build_directory.rtl_sources(directory), *build_directory.memories(directory)):
        shutil.copy(path, folder / build_directory.RTL)
    for port in Interface.read(directory).memories:
        (folder / port.file).parent.mkdir(exist_ok=True)
        shutil.copy(directory / port.file, folder / port.file)


def host_files(directory: Path) -> dict[str, str]:
    """What a program needs that runs the design from a host: the runtime, and what it reads."""
    folder = Path(inspect.getfile(hwcompile_runtime)).parent
    found = {f"{RUNTIME}/{path.name}": path.read_text() for path in sorted(folder.glob("*.py"))}
    files = (HOST, INTERFACE)
    return {**found, **{name: build_directory.read_text(directory, name) for name in files}}


def design_files(directory: Path) -> list[str]:
    """Names of the design's sources, in compilation order."""
    return build_directory.source_names(directory)


def shell_text(wrapper: Wrapper) -> str:
    """The wrapper's top level in Verilog, for Vivado's block designs."""
    streams = [(bus, False) for bus in wrapper.inputs] + [(bus, True) for bus in wrapper.outputs]
    return render(
        "vendor/shell.v.j2",
        wrapper=wrapper,
        lite=lite_ports(),
        streams=streams,
        memories=wrapper.interface.memories,
        memory_signals=memory_signals,
        buses=[
            "s_axi",
            *(port.prefix for port in wrapper.interface.memories),
            *(bus.port.prefix for bus, _ in streams),
        ],
    )


def _dma_project(directory: Path, board: Board, wrapper: Wrapper) -> dict[str, str]:
    system = family_of(board).processor
    assert system is not None
    ps = system(board.clock.mhz)
    engines = dmas(wrapper, ps)
    view = {
        "board": board,
        "wrapper": wrapper,
        "ps": ps,
        "dmas": engines,
        **pins(wrapper, ps, engines),
    }
    rtl = wrapper_files(wrapper, design_files(directory))
    files = {rtl_path(name): text for name, text in rtl.items()}
    files |= {
        rtl_path(f"{wrapper.top}_shell.v"): shell_text(wrapper),
        "vivado.tcl": render("vendor/vivado_dma.tcl.j2", **view),
        "driver.py": render("vendor/driver.py.j2", wrapper=wrapper),
        "registers.h": header_text(wrapper),
        **host_files(directory),
    }
    needed = ["design.bit", "design.hwh", "driver.py", HOST, INTERFACE, RUNTIME]
    needed += [port.file for port in wrapper.interface.memories]
    names = ", ".join(f"`{name}`" for name in needed)
    after = f"Then copy {names} to the board and use `driver.py` there, with PYNQ."
    return _finish(files, board, wrapper, after, registers=True)


def _uart_project(directory: Path, board: Board, baud: int, wrapper: Wrapper) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="hwcompile-top-") as name:
        paths = write_board_top(directory, board, Path(name), baud)
        files = {rtl_path(path.name): path.read_text() for path in paths}
    sources = [*design_files(directory), *(path.name for path in paths)]
    inputs = ["uart_rx", *(["button"] if board.reset else [])]
    leds = led_count(board)
    view = {
        "board": board,
        "top": TOP,
        "sources": sources,
        "pins": board_pins(board),
        "slow_inputs": inputs,
        "slow_outputs": ["uart_tx", *(f"led[{index}]" for index in range(leds))],
    }
    if family_of(board).tools == "vivado":
        files["pins.xdc"] = render("vendor/pins.xdc.j2", **view)
        files["vivado.tcl"] = render("vendor/vivado_uart.tcl.j2", **view)
    else:
        files["design.qpf"] = 'PROJECT_REVISION = "design"\n'
        files["design.qsf"] = render("vendor/design.qsf.j2", **view)
        files["design.sdc"] = render("vendor/design.sdc.j2", **view)
        files |= _component(directory, wrapper)
    after = (
        f"Then `hwcompile program` loads it and `hwcompile run` talks to it at {baud:,} baud; see "
        "docs/boards.md of hwcompile."
    )
    return _finish(files, board, wrapper, after, registers=family_of(board).tools == "quartus")


def _component(directory: Path, wrapper: Wrapper) -> dict[str, str]:
    """The AXI4-Lite wrapper as a component of Platform Designer."""
    design = design_files(directory)
    added = wrapper_files(wrapper, design)
    text = render(
        "vendor/component_hw.tcl.j2",
        wrapper=wrapper,
        sources=[*design, *added],
        memories=[path.name for path in build_directory.memories(directory)],
        lite=lite_ports(),
    )
    files = {rtl_path(name): source for name, source in added.items()}
    return {
        **files,
        f"{wrapper.top}_hw.tcl": text,
        "registers.h": header_text(wrapper),
        "packing.py": inspect.getsource(packing),
    }


def header_text(wrapper: Wrapper) -> str:
    """The C header with a wrapper's register map and the sizes of its frames."""
    return render("vendor/registers.h.j2", wrapper=wrapper, macro=wrapper.top.upper())


def board_pins(board: Board) -> list[tuple[str, str, str]]:
    """(port bit, pin, electrical standard) of the board's top level, the clock first."""
    general = board.io.standard
    found = [("clk", board.clock.pin, general)]
    if board.uart:
        found += [("uart_rx", board.uart.rx, general), ("uart_tx", board.uart.tx, general)]
    if board.reset:
        found.append(("button", board.reset.pin, general))
    leds = led_pins(board, led_count(board)) if board.leds else ()
    standard = (board.leds.standard if board.leds else "") or general
    found += [(f"led[{index}]", pin, standard) for index, (_, pin) in enumerate(leds)]
    return found


_MEANINGS = {
    "build.sh": "runs everything",
    "vivado.tcl": "what Vivado does",
    "pins.xdc": "pins and clock",
    "design.qpf": "Quartus project",
    "design.qsf": "settings and pins",
    "design.sdc": "clock",
    "driver.py": "real numbers in, real numbers out, on the board",
    HOST: "what happens before and behind the design",
    INTERFACE: "how integers lie in the words of its streams",
    "packing.py": "integers to bus words and back",
    "registers.h": "register map and frame sizes for C",
}


def _finish(
    files: dict[str, str], board: Board, wrapper: Wrapper, after: str, *, registers: bool
) -> dict[str, str]:
    listed = [(name, _MEANINGS[name]) for name in sorted(files) if name in _MEANINGS]
    readme = render(
        "vendor/README.md.j2",
        board=board,
        wrapper=wrapper,
        tool_name=_TOOLS[family_of(board).tools],
        after=after,
        files=[(rtl_path(""), "the design and everything around it"), *listed],
        limits=family_of(board).remark.format(top=wrapper.top),
        show_registers=registers,
        packing=next((name for name in files if name.endswith("packing.py")), ""),
    )
    return {
        **files,
        **licence_file(),
        SCRIPT: render("vendor/build.sh.j2", tools=family_of(board).tools),
        "README.md": readme,
    }


def _run(folder: Path, program: str, bitstream: str) -> Path:
    try:
        run_logged(["sh", SCRIPT], program, folder, folder / "build.log")
    except ToolError as error:
        raise failed(error) from error
    if not (folder / bitstream).is_file():
        raise fail("HW0808", f"{program} made no {bitstream}", fix=f"read {folder / 'build.log'}")
    return folder / bitstream
