"""From a build directory to a bitstream for a board, with figures for the report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from hwcompile import build_directory
from hwcompile.boards import Board, links_of, load_board, with_link
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.interface import Interface, ports_of
from hwcompile.emit.names import identifier
from hwcompile.families import flow_of
from hwcompile.families.flow import Use
from hwcompile.families.programs import ToolError
from hwcompile.families.programs import failed as failed
from hwcompile.rates import frames_per_second
from hwcompile.toolchains.board_top import (
    TOP,
    clocks_per_bit,
    identity,
    led_count,
    write_board_top,
)
from hwcompile.toolchains.clock_choice import (
    AUTO,
    MARGIN,
    ROUNDS,
    asked_clock,
    fastest_clock,
)
from hwcompile.toolchains.options import BuildOptions
from hwcompile.toolchains.overflow import (
    Overflow,
    does_not_fit,
    placed_overflow,
    synthesized_overflow,
)
from hwcompile.toolchains.place_and_route import Routed, place_and_route
from hwcompile.toolchains.record import BuildRecord
from hwcompile.toolchains.swap import SOURCES, check_swappable, fill_routed, pack_routed
from hwcompile.toolchains.synthesis import Synthesis, synthesize
from hwcompile.toolchains.system_clock import SystemClock
from hwcompile.toolchains.weights import LEAST_ROWS, Structure, structure_of
from hwcompile_runtime.deployment import identity_of

EAGER_MHZ = 1000.0
"""A clock that no design meets: all seeds are tried, and the best one tells how fast it gets."""


@dataclass(frozen=True)
class BoardBuild:
    """A bitstream and its figures.

    Attributes:
        folder: The board's folder in the build directory.
        bitstream: The file to load.
        clock_mhz: The clock it runs at, in MHz.
        fmax_mhz: The fastest clock that place and route promises, in MHz.
        seed: The seed of place and route.
        use: What the whole FPGA holds, as counted after place and route.
        synthesized: The same as counted after synthesis.
        stages: Stage name to what synthesis made of it.
        seconds: Step to wall-clock seconds.
        slowest: The stage in which the slowest path ends, "" for the link around the design.
        pll: The wrapper of the PLL that makes the clock and its parameters; "" for the oscillator.
    """

    folder: Path
    bitstream: Path
    clock_mhz: float
    fmax_mhz: float
    seed: int
    use: Use
    synthesized: Use
    stages: dict[str, Use]
    seconds: dict[str, float]
    slowest: str
    pll: tuple[str, dict[str, str]] = ("", {})

    @property
    def around(self) -> Use:
        """What the stages do not account for: link, ports, FIFOs at the inputs."""
        inside = zip(*(use.figures() for use in self.stages.values()), strict=True)
        whole = self.synthesized.figures()
        return Use(*(total - sum(parts) for total, parts in zip(whole, inside, strict=True)))


def build_for_board(directory: Path, board: Board, options: BuildOptions) -> BoardBuild:
    """Synthesize, place, route and pack a design with its link to the host.

    Everything goes to `<directory>/<board>/`; the folder has no bitstream when this fails.

    Args:
        directory: A complete build directory.
        board: The board.
        options: How.

    Raises:
        CompileError: HW0001 a number, HW0803 no link, HW0804 does not fit, HW0805 a tool is
            missing, HW0806 the baud rate, HW0807 too slow, HW0808 a tool failed, HW0817 and HW0821
            weights that can not be exchanged, HW0832 and HW0833 the clock.
    """
    asked = options.checked()
    flow_of(board)  # refuses boards of vendors' flows
    if asked.swappable:
        check_swappable(board)
    board = with_link(board, asked.link)
    clock = None if asked.clock == AUTO else asked_clock(board, asked.clock)
    name = build_directory.board_folder(directory, board.id).name
    with build_directory.making_folder(directory, name) as folder:
        return _build(_Job(directory, board, folder, asked), clock)


def _build(job: _Job, asked: SystemClock | None) -> BoardBuild:
    board = job.board
    if job.options.swappable:
        job.take_weights_out()
    try:
        made, routed = job.at(asked) if asked else job.fastest()
        job.options.step("bitstream")
        if job.structure:
            fill_routed(board, job.folder, job.structure)
        pack_routed(board, job.folder)
    except ToolError as error:
        raise failed(error) from error
    job.record(made.clock, routed.seed)
    return BoardBuild(
        job.folder,
        job.folder / flow_of(board).bitstream,
        float(made.clock.mhz),
        routed.fmax_mhz,
        routed.seed,
        replace(routed.use, ff=routed.use.ff or made.synthesis.use.ff),
        made.synthesis.use,
        made.stages,
        job.seconds,
        slowest_stage(routed, made.stages),
        (made.clock.module, dict(made.clock.parameters)),
    )


@dataclass(frozen=True)
class _Made:
    """A synthesized top level: its clock, and what its stages take."""

    clock: SystemClock
    synthesis: Synthesis
    stages: dict[str, Use]


class _Job:
    """One build: synthesis and place and route, again for every clock that is tried."""

    def __init__(self, directory: Path, board: Board, folder: Path, options: BuildOptions) -> None:
        self.directory, self.board, self.folder = directory, board, folder
        self.options = options
        self.seconds = {"synthesis": 0.0, "place_and_route": 0.0}
        self.structure: Structure | None = None
        self.sources = build_directory.rtl_sources(directory)
        interface = Interface.read(directory)
        self.identity = identity(directory, interface)

    def take_weights_out(self) -> None:
        """Use sources with random contents in the place of the weights."""
        self.structure = structure_of(self.directory)
        self.structure.write(self.folder / SOURCES)
        self.sources = [self.folder / SOURCES / path.name for path in self.sources]
        self.identity = identity_of(self.structure.digest, ports_of(Interface.read(self.directory)))

    def at(self, clock: SystemClock) -> tuple[_Made, Routed]:
        """Demand a clock."""
        made = self._synthesize(clock)
        routed = self._place(made, float(clock.mhz))
        if routed.fmax_mhz < clock.mhz:
            raise self._too_slow(made, routed)
        return made, routed

    def fastest(self) -> tuple[_Made, Routed]:
        """See what closes, and confirm the fastest clock below it."""
        made = self._synthesize(SystemClock.of_oscillator(self.board))
        routed = self._place(made, EAGER_MHZ)
        most = Fraction(routed.fmax_mhz) * (1 - MARGIN)
        for _ in range(ROUNDS):
            clock = fastest_clock(self.board, most, self.options.baud)
            if clock is None:
                break
            made = self._synthesize(clock)
            routed = self._place(made, float(clock.mhz))
            if routed.fmax_mhz >= clock.mhz:
                return made, routed
            most = min(Fraction(routed.fmax_mhz), clock.mhz) * (1 - MARGIN)
        raise self._too_slow(made, routed)

    def record(self, clock: SystemClock, seed: int) -> None:
        """Write down how the bitstream was made."""
        (link,) = links_of(self.board)
        BuildRecord(
            self.options.baud,
            clocks_per_bit(clock, self.options.baud) if link == "uart" else 0,
            self.identity,
            seed,
            str(clock.mhz),
            clock.module,
            dict(clock.parameters),
            self.structure is not None,
            self.structure.weights if self.structure else "",
            self.structure.digest if self.structure else "",
            link,
        ).write(self.folder)

    def _synthesize(self, clock: SystemClock) -> _Made:
        started = time.perf_counter()
        self.options.step(f"synthesis for {float(clock.mhz):g} MHz")
        kept = stage_modules(Interface.read(self.directory))
        top = write_board_top(
            self.directory, self.board, self.folder, self.options.baud, clock, self.identity
        )
        sources = [*self.sources, *top]
        rows = LEAST_ROWS if self.structure else 0
        made = synthesize(sources, TOP, tuple(kept), self.board, self.folder, rows)
        stages = {name: made.modules[module] for module, name in kept.items()}
        over = synthesized_overflow(self.board, made.use)
        if over:
            raise self._too_large(_Made(clock, made, stages), over)
        self.seconds["synthesis"] += time.perf_counter() - started
        return _Made(clock, made, stages)

    def _place(self, made: _Made, mhz: float) -> Routed:
        started = time.perf_counter()
        try:
            routed = place_and_route(
                self.board,
                led_count(self.board),
                self.folder,
                clock_mhz=mhz,
                seeds=self.options.seeds,
                progress=self.options.step,
                at_once=mhz >= EAGER_MHZ,
            )
        except ToolError as error:
            over = placed_overflow(self.board, error.log.read_text(errors="replace"), error.line)
            if over is None:
                raise
            raise self._too_large(made, over, error) from error
        self.seconds["place_and_route"] += time.perf_counter() - started
        return routed

    def _too_large(
        self, made: _Made, over: Overflow, error: ToolError | None = None
    ) -> CompileError:
        return does_not_fit(self.directory, self.board, over, made.synthesis, made.stages, error)

    def _too_slow(self, made: _Made, routed: Routed) -> CompileError:
        where = slowest_stage(routed, made.stages)
        mhz = float(made.clock.mhz)
        return fail(
            "HW0807",
            f"the design is too slow for {mhz:g} MHz on '{self.board.id}'",
            f"the best of {self.options.seeds} seeds reaches {routed.fmax_mhz:.1f} MHz"
            + (f", the slowest path ends in '{where}'" if where else ""),
            "more --seeds, --clock auto, or another folding of that layer in the schedule",
        )


def stage_modules(interface: Interface) -> dict[str, str]:
    """Module name to stage name, of every stage of a design."""
    return {
        f"{interface.top}_{identifier(stream.name, longest=80)}": stream.name
        for stream in interface.streams
    }


def build_bitstream(directory: Path, board: str, options: BuildOptions) -> BoardBuild:
    """Build for the board of a name or a file (`build_for_board`), and update `report.json`."""
    target = load_board(board)
    built = build_for_board(directory, target, options)
    update = partial(record_build, built=built, board=target)
    build_directory.update_report(directory, update)
    return built


def record_build(report: dict[str, Any], built: BoardBuild, board: Board) -> None:
    """Fill in `report.json` data: resources of the design and of every layer."""
    use = built.use
    report["design"]["resources"] = {
        "board": board.id,
        **_figures(use),
        "clock_mhz": built.clock_mhz,
        "oscillator_mhz": board.clock.mhz,
        "pll": {"module": built.pll[0], "parameters": built.pll[1]} if built.pll[0] else None,
        "frames_per_second": frames_per_second(built.clock_mhz, _interval(report)),
        "fmax_mhz": round(built.fmax_mhz, 2),
        "seed": built.seed,
        "seconds": {step: round(value, 1) for step, value in built.seconds.items()},
        "slowest": built.slowest,
    }
    charged = set()
    for node in report["nodes"]:
        stage = node["stage"]
        # A stage's cells are counted together; its first node carries them.
        own = None if stage in charged else _figures(built.stages[stage])
        charged.add(stage)
        node["resources"]["synthesized"] = own


def _interval(report: dict[str, Any]) -> int:
    """Cycles per frame: as simulated, else as predicted."""
    cycles = report["design"]["interval_cycles"]
    return int(cycles.get("measured") or cycles["predicted"])


def _figures(use: Use) -> dict[str, int]:
    figures = {"lut": use.lut, "ff": use.ff, "bram": use.bram, "dsp": use.dsp}
    return {**figures, "large_ram": use.large_ram} if use.large_ram else figures


def slowest_stage(routed: Routed, stages: Mapping[str, Use]) -> str:
    """The stage in which the slowest path ends; names of cells tell."""
    names = {identifier(name, longest=80): name for name in stages}
    for cell in reversed(routed.path):
        for part in cell.split("."):
            name = part.removeprefix("u_")
            if name in names:
                return names[name]
    return ""
