"""Test benches for people: SystemVerilog and cocotb, vectors, waves that name layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwcompile import build_directory as names
from hwcompile.emit.environment import render
from hwcompile.emit.finished import memory_macros
from hwcompile.emit.interface import AxisPort, MemoryPort
from hwcompile.emit.licence import licence_file
from hwcompile.emit.netlist import build_netlist
from hwcompile.emit.opened import read_plan
from hwcompile.emit.project import write_files
from hwcompile.emit.waves import wave_groups, wave_views
from hwcompile.resources import room
from hwcompile.toolchains.vectors import FRAMES, golden_vectors

PATIENCE = 20
"""A bench gives up after so many times the predicted cycles, and `LEAST` more."""
LEAST = 10_000
WAVES = "waves.fst"


@dataclass(frozen=True)
class BenchPort:
    """A stream of the design as a bench sees it: bits of tdata, words of a frame and of all."""

    prefix: str
    name: str
    bits: int
    words: int

    @property
    def beats(self) -> int:
        """Words of all frames."""
        return FRAMES * self.words


@dataclass(frozen=True)
class BenchMemory:
    """External memory as a bench plays it: words of the bus."""

    prefix: str
    status: str
    name: str
    address_bits: int
    data_bits: int
    beats: int


def write_testbench(directory: Path) -> Path:
    """Write `<directory>/tb/`: benches that run beside the design's sources.

    Args:
        directory: A complete build directory.

    Raises:
        CompileError: HW0815 when the folder is somebody else's.
    """
    files = testbench_files(directory)
    with names.making_folder(directory, names.TESTBENCH) as folder:
        write_files(folder, files)
    return folder


def testbench_files(directory: Path) -> dict[str, str]:
    """Path in the folder to text of every file."""
    plan = read_plan(directory)
    interface = build_netlist(plan).interface
    top = interface.top
    design = names.read_report(directory)["design"]
    cycles = FRAMES * design["interval_cycles"]["predicted"]
    cycles += design["latency_cycles"]["predicted"] or 0
    cycles += max((port.load_cycles for port in interface.memories), default=0)
    memories = [_memory(port) for port in interface.memories]
    view = {
        "top": top,
        "frames": FRAMES,
        "limit": PATIENCE * cycles + LEAST,
        "memories": memories,
        "inputs": [_port(port) for port in interface.inputs],
        "folder": names.RTL,
        "outputs": [_port(port) for port in interface.outputs],
        "list": names.FILE_LIST,
        "macro": memory_macros(top)[0],
        "order": names.SOURCE_LIST,
        "waves": WAVES,
    }
    templates = {
        f"{top}_tb.sv": "bench.sv",
        f"test_{top}.py": "test.py",
        "Makefile": "Makefile",
        "run_cocotb.py": "run_cocotb.py",
        "to_verilog.py": "to_verilog.py",
        names.README: "README.md",
    }
    files = {file: render(f"testbench/{name}.j2", **view) for file, name in templates.items()}
    vectors = golden_vectors(plan.graph, interface)
    vectors |= {port.prefix: _image(directory, port) for port in interface.memories}
    files |= {f"vectors/{prefix}.mem": text for prefix, text in vectors.items()}
    views = wave_views(wave_groups(plan, interface), f"{top}_tb.dut", WAVES)
    files |= {f"{Path(WAVES).stem}{suffix}": text for suffix, text in views.items()}
    fst = sorted((room("sim") / "fst").iterdir())
    files |= {f"fst/{path.name}": path.read_text(encoding="utf-8") for path in fst}
    return files | licence_file()


def _port(port: AxisPort) -> BenchPort:
    return BenchPort(port.prefix, port.name, 8 * port.tdata_bytes, port.format.words)


def _memory(port: MemoryPort) -> BenchMemory:
    beats = -(-port.size // (port.data_bits // 8))
    return BenchMemory(
        port.prefix, port.status, port.name, port.address_bits, port.data_bits, beats
    )


def _image(directory: Path, port: MemoryPort) -> str:
    """What external memory holds, a line for every word of the bus."""
    data, width = names.read_bytes(directory, port.file), port.data_bits // 8
    words = (data[at : at + width].ljust(width, b"\0") for at in range(0, len(data), width))
    return "".join(f"{word[::-1].hex()}\n" for word in words)
