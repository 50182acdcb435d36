"""Fits the delays of FPGA families to placed circuits, and publishes their errors.

    python benchmarks/delays.py [--boards NAME ...] [--cache FOLDER] [--dry] [--json FILE]
                                [--markdown FILE]

Kernels that take registers for a clock are placed and routed alone, at several sizes, with none
and with as many as they take (`clock_runs.py`). What a kernel says of its paths and what place and
route says of the slowest one give the delays of a look-up table, a carry chain, a memory, a DSP
block; every fourth run is held out. Writes `delays.json` in the families' folders, which the
compiler reads; with --dry it only prints. Runs are kept in the cache by what goes in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path as File

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import structs
from platformdirs import user_cache_path
from rich.console import Console
from scipy.optimize import least_squares

from benchmarks.clock_runs import timed
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.resource_sites import subjects
from benchmarks.resource_subject import Subject
from hwcompile.boards import Board, load_board
from hwcompile.emit.alone import circuit_of
from hwcompile.families import fpga_family
from hwcompile.families.family import DELAYS
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import REGISTERS
from hwcompile.technology.delays import DelayModel, Delays, delay_model

ROOT = File(sys.argv[0]).resolve().parents[1]
BOARDS = ("ulx3s_25", "tang_nano_9k", "icebreaker", "hx8k_breakout")
MOST = 1
"""Sizes of a kind of circuit."""

HELD_OF = 4
"""Of so many runs, one is held out."""

PULL = 0.05
"""Weight of a delay's relative distance from the one before, which no run may have."""

TITLES = ("family", "grade", "runs", "median error", "nine of ten within", "held out", "farthest")
TABLES = {"": TITLES}

console = Console()


@dataclass(frozen=True)
class Fitted:
    """A placed circuit: its paths, as it tells them, and its slowest one, in ns."""

    name: str
    label: str
    paths: tuple[Path, ...]
    delay: float
    cells: tuple[str, ...]
    held: bool

    def error(self, model: DelayModel) -> float:
        """Of the predicted clock, as a share of the placed one."""
        return self.delay / model.slowest(self.paths)[1] - 1


def chosen() -> Iterator[Subject]:
    """At most `MOST` sizes of every kind of circuit that takes registers."""
    count: dict[str, int] = {}
    for subject in subjects():
        most = subject.kernel.most_registers
        count[subject.name] = count.get(subject.name, 0) + 1
        if not most or count[subject.name] > MOST:
            continue
        yield subject
        parameters = {**subject.parameters, REGISTERS: most}
        yield Subject(subject.kernel, subject.site, parameters)


def runs(board: Board, cache: File) -> Iterator[Fitted]:
    """Every circuit that fits, placed on a board's FPGA."""
    every = list(chosen())
    circuits = [circuit_of(subject.built) for subject in every]
    placed = timed(circuits, board, cache, title=f"place and route for {board.id}")
    for index, (subject, found) in enumerate(zip(every, placed, strict=True)):
        if found.problem:
            said = f"{board.id}: {subject.name} {subject.label}: {found.problem}"
            console.print(said, markup=False)
            continue
        paths = subject.kernel.at(subject.site, subject.parameters).paths
        held = index % HELD_OF == HELD_OF - 1
        yield Fitted(subject.name, subject.label, paths, found.delay, found.path, held)


def fit(model: DelayModel, found: Sequence[Fitted]) -> DelayModel:
    """Delays that meet the runs best which are not held out; near the known ones where none has."""
    names = Delays.__struct_fields__
    start = np.array([getattr(model.delays, name) for name in names])
    used = [run for run in found if not run.held]

    def of(values: npt.NDArray[np.float64]) -> DelayModel:
        delays = Delays(*(float(value) for value in values))
        return DelayModel(delays, model.rules)

    def residuals(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        trial = of(values)
        errors = [np.log1p(run.error(trial)) for run in used]
        return np.array([*errors, *(PULL * np.log(values / start))])

    solved = least_squares(
        residuals, start, bounds=(start / 4, start * 4), loss="soft_l1", f_scale=0.1, diff_step=0.02
    )
    return of(np.round(solved.x, 2))


def row(board: Board, model: DelayModel, found: Sequence[Fitted]) -> list[str]:
    """What a table says of a speed grade."""

    def sizes(held: bool) -> list[float]:
        return [abs(run.error(model)) for run in found if run.held == held]

    fitted, held = sizes(held=False), sizes(held=True)
    figures = (np.median(fitted), np.quantile(fitted, 0.9), np.median(held), max(fitted + held))
    family = fpga_family(board.device.family).name
    return [family, grade_of(board), number(len(found)), *(f"{100 * x:.0f} %" for x in figures)]


def grade_of(board: Board) -> str:
    """The key of a board's FPGA in `delays.json`."""
    device = board.device
    known = _known(board)
    return next(key for key in known if key in (device.device, device.speed, device.package))


def _known(board: Board) -> Mapping[str, Delays]:
    path = fpga_family(board.device.family).file(DELAYS)
    assert path is not None
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Delays])


def write_delays(board: Board, model: DelayModel) -> None:
    """Put the delays of a grade into its family's file, the others as they are."""
    delays = {**_known(board), grade_of(board): model.delays}
    lines = [
        f'  "{key}": {msgspec.json.format(msgspec.json.encode(value), indent=0).decode()}'
        for key, value in delays.items()
    ]
    path = ROOT / "hwcompile" / "families" / board.device.family / DELAYS
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    options_of = parser(__doc__)
    options_of.add_argument("--boards", nargs="+", default=list(BOARDS))
    options_of.add_argument("--cache", type=File, default=user_cache_path("hwcompile") / "clocks")
    options_of.add_argument("--dry", action="store_true")
    options = options_of.parse_args()
    lines, plain = [], []
    for name in options.boards:
        board = load_board(name)
        known = delay_model(board.device)
        assert known is not None, f"{name}: no delays to start with"
        found = list(runs(board, options.cache))
        model = fit(known, found)
        for run in found:
            path, delay = model.slowest(run.paths)
            facts = {**asdict(run), "board": name, "path": path.name, "predicted": delay}
            plain.append({key: facts[key] for key in facts if key != "paths"})
        console.print(structs.asdict(model.delays))
        lines.append(row(board, model, found))
        if not options.dry:
            write_delays(board, model)
    show(TITLES, lines)
    write(options, plain, markdown(TITLES, lines))


if __name__ == "__main__":
    main()
