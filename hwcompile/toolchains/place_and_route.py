"""Place and route with nextpnr: several seeds, some at once, until the clock is met.

What a seed makes is kept by the contents of all that goes in, so seeds that were tried once are not
placed again. The result is that of seeds which are tried one after the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hwcompile.boards import Board
from hwcompile.emit.project import write_files
from hwcompile.engine.work import Job, ProgramThreads, Work, WorkEngine, contents_key
from hwcompile.families import flow_of
from hwcompile.families.flow import NETLIST, REPORT, ROUTED, Flow, Use
from hwcompile.families.programs import ToolError, command_of, run_logged, version_of
from hwcompile.processes import job_count

LOG = "nextpnr.log"
"""What nextpnr said about the seed whose files are in the board's folder."""


@dataclass(frozen=True)
class Routed:
    """A routed design; its files lie in the board's folder.

    Attributes:
        fmax_mhz: The fastest clock, in MHz.
        seed: The seed that reached it.
        use: What nextpnr counts, in the family's units.
        path: Cells of the slowest path, in order.
    """

    fmax_mhz: float
    seed: int
    use: Use
    path: tuple[str, ...]


class PlacedSeed(msgspec.Struct, frozen=True):
    """What a seed makes.

    Attributes:
        fmax_mhz: The fastest clock, in MHz.
        use: What nextpnr counts, in the family's units.
        path: Cells of the slowest path, in order.
        files: Name to contents, packed by zlib: the routed design, the report, the log.
        problem: Why there is no routed design; the log is the only file then.
    """

    fmax_mhz: float
    use: Use
    path: tuple[str, ...]
    files: dict[str, bytes]
    problem: str = ""


class Seed(msgspec.Struct, frozen=True):
    """A seed to be tried.

    Attributes:
        number: Its number.
        board: The FPGA.
        constraints: Name of the file with the pins.
        command: What is run.
        program: Its name.
    """

    number: int
    board: Board
    constraints: str
    command: tuple[str, ...]
    program: str


def place_and_route(
    board: Board,
    leds: int,
    folder: Path,
    *,
    clock_mhz: float,
    seeds: int,
    progress: Callable[[str], None],
    at_once: bool = False,
) -> Routed:
    """Place and route `netlist.json` in `folder`; the best seed's files stay there.

    Args:
        board: FPGA and pins.
        leds: How many LEDs the netlist has.
        folder: The board's folder.
        clock_mhz: Clock to reach, in MHz; no further seed counts when one reaches it.
        seeds: How many seeds to try at most.
        progress: Called with what is about to be done.
        at_once: No seed is thought to reach the clock, so others are tried beside the first one,
            too. Else the first one is tried alone, as it mostly is enough.

    Raises:
        CompileError: HW0805 when nextpnr is not installed.
        ToolError: When nextpnr fails.
    """
    flow = flow_of(board)
    name, text = flow.constraints(board, leds)
    write_files(folder, {name: text})
    works = [_work(flow, board, folder, clock_mhz, seed, name) for seed in range(1, seeds + 1)]
    engine = WorkEngine(ProgramThreads())
    # The folder stands for its contents, of which the keys are.
    packed = (contents_key(str(folder.absolute())), os.fsencode(folder.absolute()))
    job = Job(_folder, packed, place_seed, PlacedSeed, lasting=_routed, kind="routed")
    best: PlacedSeed | None = None
    found = 0
    for tried in _batches(works, job_count() if at_once else 1):
        progress(_step(tried))
        for work, placed in zip(tried, engine.run(job, tried), strict=True):
            if placed.problem:
                _unpack(placed, folder)
                raise ToolError(work.task.program, placed.problem, folder / LOG)
            if best is None or placed.fmax_mhz > best.fmax_mhz:
                best, found = placed, work.task.number
            if best.fmax_mhz >= clock_mhz:
                break
        if best is not None and best.fmax_mhz >= clock_mhz:
            break
    assert best is not None
    _unpack(best, folder)
    return Routed(best.fmax_mhz, found, best.use, best.path)


def place_seed(folder: Path, seed: Seed) -> PlacedSeed:
    """Try a seed, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="seed-", dir=folder) as name:
        place = Path(name)
        for file in (NETLIST, seed.constraints):
            _link(folder / file, place / file)
        try:
            run_logged(seed.command, seed.program, place, place / LOG)
        except ToolError as error:
            return PlacedSeed(0.0, Use(), (), _packed([place / LOG]), error.line)
        files = [*sorted(place.glob(f"{ROUTED}.*")), place / REPORT, place / LOG]
        fmax, use, path = _read(place / REPORT, flow_of(seed.board))
        return PlacedSeed(fmax, use, path, _packed(files))


def _work(
    flow: Flow, board: Board, folder: Path, clock_mhz: float, seed: int, constraints: str
) -> Work:
    step = flow.place(board, clock_mhz, seed, constraints)
    command = tuple(command_of(step))
    inputs = [_digest(folder / file) for file in (NETLIST, constraints)]
    # What the report's names mean is the family's.
    counted = repr(sorted(flow.utilisation.items()))
    key = contents_key(version_of(step.program), repr(step.arguments), *inputs, counted)
    return Work(key, Seed(seed, board, constraints, command, step.program.name))


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _batches(works: Sequence[Work], first: int) -> list[Sequence[Work]]:
    """So many first, and then as many as run at once."""
    each = job_count()
    rest = range(first, len(works), each)
    return [works[:first], *(works[start : start + each] for start in rest)]


def _step(tried: Sequence[Work]) -> str:
    numbers = [str(work.task.number) for work in tried]
    word = "seed" if len(numbers) == 1 else "seeds"
    return f"place and route, {word} {', '.join(numbers)}"


def _folder(packed: bytes) -> Path:
    return Path(os.fsdecode(packed))


def _routed(placed: PlacedSeed) -> bool:
    return not placed.problem


def _link(file: Path, to: Path) -> None:
    """A second name for a large file where the file system has some; else a copy."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def _packed(files: Sequence[Path]) -> dict[str, bytes]:
    return {file.name: zlib.compress(file.read_bytes()) for file in files if file.is_file()}


def _unpack(placed: PlacedSeed, folder: Path) -> None:
    for name, data in placed.files.items():
        (folder / name).write_bytes(zlib.decompress(data))


def _read(path: Path, flow: Flow) -> tuple[float, Use, tuple[str, ...]]:
    """Clock in MHz, use, and cells of the slowest path."""
    report = json.loads(path.read_text())
    used = {name: int(figures["used"]) for name, figures in report["utilization"].items()}
    use = Use(
        **{
            part: sum(used.get(name, 0) for name in names)
            for part, names in flow.utilisation.items()
        }
    )
    fmax = min(float(clock["achieved"]) for clock in report["fmax"].values())
    return fmax, use, _slowest_path(report)


def _slowest_path(
    report: dict[str, list[dict[str, list[dict[str, dict[str, str]]]]]],
) -> tuple[str, ...]:
    """Cells of the longest path between registers."""
    paths = [p["path"] for p in report.get("critical_paths", []) if p.get("from") == p.get("to")]
    cells = [part["to"].get("cell", "") for part in paths[0]] if paths else []
    return tuple(dict.fromkeys(cells))
