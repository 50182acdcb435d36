"""From a build directory to a bitstream for a board, with figures for the report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hwcompile.boards import Board
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.interface import Interface
from hwcompile.emit.names import identifier
from hwcompile.toolchains.board_top import BAUD, TOP, identity, led_count, write_board_top
from hwcompile.toolchains.families import family_of
from hwcompile.toolchains.family import Use
from hwcompile.toolchains.place_and_route import Routed, place_and_route, too_much
from hwcompile.toolchains.programs import ToolError, command_of, run_logged
from hwcompile.toolchains.record import BuildRecord
from hwcompile.toolchains.synthesis import Synthesis, synthesize

_NAMES = {"lut": "LUT", "ff": "flip-flops", "bram": "memory blocks", "dsp": "DSP blocks"}


SEEDS = 8
"""Seeds of place and route that are tried until the clock is met."""


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

    @property
    def around(self) -> Use:
        """What the stages do not account for: link, ports, FIFOs at the inputs."""
        inside = zip(*(use.figures() for use in self.stages.values()), strict=True)
        whole = self.synthesized.figures()
        return Use(*(total - sum(parts) for total, parts in zip(whole, inside, strict=True)))


def build_for_board(
    directory: Path,
    board: Board,
    *,
    seeds: int = SEEDS,
    baud: int = BAUD,
    progress: Callable[[str], None] = lambda step: None,
) -> BoardBuild:
    """Synthesize, place, route and pack a design with its link to the host.

    Everything goes to `<directory>/<board>/`; the folder has no bitstream when this fails.

    Args:
        directory: A complete build directory.
        board: The board.
        seeds: Seeds of place and route to try until the clock is met.
        baud: Bits per second of the link.
        progress: Called with each step as it starts.

    Raises:
        CompileError: HW0803 no link, HW0804 does not fit, HW0805 a tool is missing, HW0806 the
            baud rate, HW0807 too slow, HW0808 a tool failed.
    """
    folder = fresh_folder(directory, board)
    kept = stage_modules(Interface.read(directory))
    times: dict[str, float] = {}
    try:
        started = time.perf_counter()
        progress("synthesis")
        sources = [*rtl_sources(directory), *write_board_top(directory, board, folder, baud)]
        made = synthesize(sources, TOP, tuple(kept), board, folder)
        stages = {name: made.modules[module] for module, name in kept.items()}
        times["synthesis"] = time.perf_counter() - started
        _check_fit(board, made, stages)
        routed = _place(board, folder, seeds, stages, made, progress)
        times["place_and_route"] = time.perf_counter() - started - times["synthesis"]
        progress("bitstream")
        step = family_of(board).pack(board)
        run_logged(command_of(step), step.program.name, folder, folder / "pack.log")
    except ToolError as error:
        raise failed(error) from error
    _record(directory, board, folder, baud, routed.seed)
    bitstream = folder / family_of(board).bitstream
    use = replace(routed.use, ff=routed.use.ff or made.use.ff)
    slowest = _stage_of(routed, {identifier(n, longest=80): n for n in stages})
    return BoardBuild(
        folder,
        bitstream,
        board.clock.mhz,
        routed.fmax_mhz,
        routed.seed,
        use,
        made.use,
        stages,
        times,
        slowest,
    )


def _record(directory: Path, board: Board, folder: Path, baud: int, seed: int) -> None:
    clocks = round(board.clock.mhz * 1e6 / baud)
    BuildRecord(baud, clocks, identity(directory, Interface.read(directory)), seed).write(folder)


def fresh_folder(directory: Path, board: Board) -> Path:
    """An empty folder for a board's files in the build directory.

    Raises:
        CompileError: HW0815 when a folder of that name holds something else.
    """
    folder = directory / board.id
    if folder.exists() and not (folder / f"{TOP}.sv").is_file() and any(folder.iterdir()):
        raise fail(
            "HW0815",
            f"the folder '{folder}' is not that of a board",
            f"the board file's name makes it '{board.id}'",
            "another name for the board file",
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def stage_modules(interface: Interface) -> dict[str, str]:
    """Module name to stage name, of every stage of a design."""
    return {
        f"{interface.top}_{identifier(stream.name, longest=80)}": stream.name
        for stream in interface.streams
    }


def failed(error: ToolError) -> CompileError:
    """The finding for a program that failed."""
    return fail(
        "HW0808", f"{error.program} failed", f"it says: {error.line}", f"read its log, {error.log}"
    )


def record_build(report: dict[str, Any], built: BoardBuild, board: Board) -> None:
    """Fill in `report.json` data: resources of the design and of every layer."""
    use = built.use
    report["design"]["resources"] = {
        "board": board.id,
        **_figures(use),
        "clock_mhz": built.clock_mhz,
        "fmax_mhz": round(built.fmax_mhz, 2),
        "seed": built.seed,
        "seconds": {step: round(value, 1) for step, value in built.seconds.items()},
    }
    charged = set()
    for node in report["nodes"]:
        stage = node["stage"]
        # A stage's cells are counted together; its first node carries them.
        own = None if stage in charged else _figures(built.stages[stage])
        charged.add(stage)
        node["resources"]["synthesized"] = own


def _figures(use: Use) -> dict[str, int]:
    figures = {"lut": use.lut, "ff": use.ff, "bram": use.bram, "dsp": use.dsp}
    return {**figures, "large_ram": use.large_ram} if use.large_ram else figures


def rtl_sources(directory: Path) -> list[Path]:
    """The SystemVerilog files of a build directory, in order."""
    names = (directory / "rtl" / "files.f").read_text().split()
    return [directory / "rtl" / name for name in names]


def _place(
    board: Board,
    folder: Path,
    seeds: int,
    stages: dict[str, Use],
    made: Synthesis,
    progress: Callable[[str], None],
) -> Routed:
    try:
        routed = place_and_route(
            board,
            led_count(board),
            folder,
            clock_mhz=board.clock.mhz,
            seeds=seeds,
            progress=progress,
        )
    except ToolError as error:
        over = too_much(error.log.read_text(errors="replace"))
        if not over:
            raise
        name, used, available = over[0]
        what = f"{used:,} of {available:,} {name} (nextpnr: {error.line})"
        raise _does_not_fit(board, what, "lut", stages, made) from error
    if routed.fmax_mhz < board.clock.mhz:
        where = _stage_of(routed, {identifier(n, longest=80): n for n in stages})
        raise fail(
            "HW0807",
            f"the design is too slow for the board's {board.clock.mhz:g} MHz",
            f"the best of {seeds} seeds reaches {routed.fmax_mhz:.1f} MHz"
            + (f", the slowest path ends in '{where}'" if where else ""),
            "more --seeds, or another folding of that layer in the schedule",
        )
    return routed


def _check_fit(board: Board, made: Synthesis, stages: dict[str, Use]) -> None:
    for part, name in _NAMES.items():
        used, available = getattr(made.use, part), getattr(board.capacities, part)
        if used > available:
            raise _does_not_fit(board, f"{used:,} of {available:,} {name}", part, stages, made)


def _does_not_fit(
    board: Board, what: str, part: str, stages: dict[str, Use], made: Synthesis
) -> CompileError:
    total = max(getattr(made.use, part), 1)
    largest = sorted(stages, key=lambda name: -getattr(stages[name], part))[:2]
    shares = ", ".join(
        f"'{name}' takes {100 * getattr(stages[name], part) // total} %" for name in largest
    )
    return fail(
        "HW0804",
        f"the design does not fit '{board.id}': {what}",
        shares,
        "compile with a larger --target-cycles (fewer lanes), or a larger board",
    )


def _stage_of(routed: Routed, stages: dict[str, str]) -> str:
    """The stage in which the slowest path ends; names of cells tell."""
    for cell in reversed(routed.path):
        for part in cell.split("."):
            name = part.removeprefix("u_")
            if name in stages:
                return stages[name]
    return ""
