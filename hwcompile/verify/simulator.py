"""Compiles the RTL of a build directory to a program, and runs frames of integers through it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hwcompile import build_directory
from hwcompile.diagnostics import CompileError, InternalError
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.engine.cache import cached, is_cached
from hwcompile.ir.types import IntArray
from hwcompile.processes import in_parallel, run_captured
from hwcompile.resources import room
from hwcompile.verify.beats import frames_from_beats
from hwcompile.verify.columns import from_file
from hwcompile.verify.parts import FrameRange, UnsettledError, joined_result, one_part, write_parts
from hwcompile.verify.programs import (
    OPTIMISED,
    PROGRAMS,
    SharedSource,
    build_program,
    level_of,
    program_key,
)
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.sources import FrameSource
from hwcompile.verify.status import check_status, starved_cycles
from hwcompile.verify.taps import read_occupancy, read_taps
from hwcompile.verify.verilator import TOGGLES, Variant, verilate

MAX_IDLE_CYCLES = 1_000_000
"""Cycles without a transfer that count as a deadlock, unless told otherwise."""

HARNESS = ("verilator_main.cpp", "verilator_ports.cpp", "hw_design.h")
"""Files of `sim/`: the main program, what joins it to a design, and what both include."""

COUNTER = "hw_toggles.h"
"""What counts changes of nets, in `sim/`."""

MEMORY_LATENCY = 8
"""Cycles from an address taken by external memory to the first beat, unless told otherwise."""


@dataclass(frozen=True)
class Simulator:
    """A compiled design.

    Attributes:
        program: The executable.
        directory: The build directory; its memory files are read when a run starts.
        interface: The design's ports.
        waves: The format of waveforms that it can write; none when empty.
        taps: Whether it records the stages' words and the FIFOs' occupancy.
    """

    program: Path
    directory: Path
    interface: Interface
    waves: str
    taps: bool

    def run(
        self,
        inputs: Mapping[str, IntArray] | FrameSource,
        *,
        stall: float = 0.0,
        seed: int = 0,
        waves: Path | None = None,
        max_idle_cycles: int = MAX_IDLE_CYCLES,
        memory_latency: int = MEMORY_LATENCY,
        memory_stall: float | None = None,
        parts: Sequence[FrameRange] = (),
    ) -> SimulationResult:
        """Send frames back to back and collect what comes out.

        Args:
            inputs: For every input, int64 [frames, height, width, channels], equally many frames;
                or a source of such frames.
            stall: Probability that a source or a sink holds back in a cycle.
            seed: Decides the stalls, and the contents of registers before reset.
            waves: A waveform file to write; needs a simulator compiled for its suffix.
            max_idle_cycles: Cycles without a transfer that count as a deadlock.
            memory_latency: Cycles until external memory brings the first beat of a burst.
            memory_stall: Probability that external memory holds back in a cycle; `stall` if None.
            parts: Parts of the frames to simulate at the same time, for the same result; when they
                do not fit together, or one fails, all frames run again in one part.

        Raises:
            CompileError: HW0601 on a deadlock, HW0602 when a stream breaks its rules, HW0603
                when padding bits are not zero.
        """
        if waves is not None and waves.suffix != f".{self.waves}":
            raise ValueError(f"{waves} needs a simulator compiled for such waveforms")
        source = inputs if isinstance(inputs, FrameSource) else FrameSource.of(inputs)
        lazy = stall if memory_stall is None else memory_stall
        options = [repr(float(stall)), str(seed), str(max_idle_cycles)]
        options += [str(max(memory_latency, 1)), repr(float(lazy))]
        if waves is not None:
            options.append(str(waves.absolute()))
        if len(parts) > 1:
            # What a part says when it fails counts its own frames and cycles.
            with suppress(CompileError, UnsettledError):
                return self._run(source, parts, options, max_idle_cycles)
        return self._run(source, one_part(source.frames), options, max_idle_cycles)

    def _run(
        self,
        source: FrameSource,
        parts: Sequence[FrameRange],
        options: list[str],
        max_idle_cycles: int,
    ) -> SimulationResult:
        with ExitStack() as stack:
            temporary = partial(tempfile.TemporaryDirectory, prefix="hwcompile-sim-")
            works = [Path(stack.enter_context(temporary())) for _ in parts]
            write_parts(works, self.interface.inputs, source, parts)
            for work in works:
                link_memories(self.directory, work)
            tasks = [
                partial(self._execute, work, [str(part.sent), *options])
                for work, part in zip(works, parts, strict=True)
            ]
            started = time.perf_counter()
            in_parallel(lambda task: task(), tasks)
            seconds = time.perf_counter() - started
            for work in works:
                check_status((work / "status.txt").read_text(), self.interface, max_idle_cycles)
            return joined_result(parts, [self._collect(work, seconds) for work in works])

    def _execute(self, work: Path, options: list[str]) -> None:
        command = [str(self.program), ".", *options]
        result = run_captured(command, cwd=work)
        if result.returncode != 0 or not (work / "status.txt").is_file():
            log = (result.stdout + result.stderr).strip()
            raise InternalError(f"the simulator ended with code {result.returncode}: {log}")

    def _collect(self, work: Path, seconds: float) -> SimulationResult:
        outputs: dict[str, IntArray] = {}
        for index, port in enumerate(self.interface.outputs):
            beats = from_file(work / f"output_{index}.beats", "u1", (port.tdata_bytes,))
            outputs[port.name] = frames_from_beats(beats, port)
        input_cycles = _cycles(work, "input", self.interface.inputs)
        output_cycles = _cycles(work, "output", self.interface.outputs)
        last = max(int(c[-1]) for c in (*input_cycles.values(), *output_cycles.values()))
        taps, occupancy = read_taps(work), read_occupancy(work)
        starved = starved_cycles((work / "status.txt").read_text(), self.interface)
        return SimulationResult(
            outputs, input_cycles, output_cycles, last + 1, seconds, taps, occupancy, starved
        )


def compile_simulator(
    directory: Path, *, waves: str = "", taps: bool = False, cycles: float | None = None
) -> Simulator:
    """Compile the design in a build directory, or find it in the cache.

    Memory files are read at run time; only their names, which change with their contents, are in
    the program.

    Args:
        directory: Holds `interface.json` and `rtl/` with `files.f`.
        waves: Make waveforms of this format possible, see `Variant` (slower).
        taps: Record every stage's words and every FIFO's occupancy (slower).
        cycles: About how many clock cycles will be simulated: the program of a few is optimised
            less, which takes less time in all. None: many.

    Raises:
        CompileError: If a tool is missing or refuses the design.
    """
    interface = Interface.read(directory)
    main, ports, design = (room("sim") / name for name in HARNESS)
    header = ports_header(interface, waves=waves)
    beside = [design, *([room("sim") / COUNTER] if waves == TOGGLES else [])]
    texts = [header, *(path.read_text() for path in (main, ports, *beside))]
    for level in reversed(OPTIMISED):
        variant = Variant(waves=waves, taps=taps, level=level)
        key = simulator_key(directory, variant, texts)
        if level == level_of(cycles) or is_cached(PROGRAMS, key):
            break

    def make(folder: Path) -> None:
        objects = folder / "objects"
        objects.mkdir()
        (objects / "hw_ports.h").write_text(header)
        for path in beside:
            shutil.copyfile(path, objects / path.name)
        verilate(build_directory.rtl_sources(directory), interface.top, objects, variant.options)
        shared = SharedSource(main, (design,))
        build_program(objects, ports, folder / "simulator", variant, shared=shared)
        shutil.rmtree(objects)

    program = cached(PROGRAMS, key, make) / "simulator"
    return Simulator(program, directory, interface, waves, taps)


def link_memories(directory: Path, work: Path) -> None:
    """Make the memory files, which the sources name without a folder, visible in `work`.

    The images of external memory are there as `memory_<i>.bin`.

    A simulation runs in a folder of its own, so that what it records does not land in `rtl/`.
    """
    for memory in build_directory.memories(directory):
        (work / memory.name).symlink_to(memory.absolute())
    for index, port in enumerate(Interface.read(directory).memories):
        build_directory.read_bytes(directory, port.file)  # refuses a damaged one
        (work / f"memory_{index}.bin").symlink_to((directory / port.file).absolute())


def simulator_key(directory: Path, variant: Variant, extra: list[str]) -> str:
    """The cache key of a program made of a build directory's sources and `extra` texts."""
    texts = [
        part
        for path in build_directory.rtl_sources(directory)
        for part in (path.name, path.read_text())
    ]
    return program_key(variant, [Interface.read(directory).top, *extra, *texts])


def ports_header(interface: Interface, *, waves: str = "") -> str:
    """The C++ header that tells `sim/verilator_ports.cpp` the ports of a design."""
    lines = [f"#define HW_WAVES_{waves.upper()}\n"] if waves else []
    for name, ports in (("HW_INPUTS", interface.inputs), ("HW_OUTPUTS", interface.outputs)):
        items = (
            f"PORT({index}, {port.prefix}, {port.tdata_bytes}, {port.format.words})"
            for index, port in enumerate(ports)
        )
        lines.append(f"#define {name}(PORT) {' '.join(items)}\n")
    memories = (
        f"PORT({index}, {port.prefix}, {port.status}, {port.data_bits // 8}, {port.size})"
        for index, port in enumerate(interface.memories)
    )
    lines.append(f"#define HW_MEMORIES(PORT) {' '.join(memories)}\n")
    return "".join(lines)


def _cycles(work: Path, kind: str, ports: tuple[AxisPort, ...]) -> dict[str, IntArray]:
    return {
        port.name: from_file(work / f"{kind}_{index}.cycles", "<i8")
        for index, port in enumerate(ports)
    }
