"""`hwcompile explore MODEL` without a layer: the front of the whole network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwcompile.boards import Board, load_board
from hwcompile.build_directory import write_atomic
from hwcompile.cli.answers import say
from hwcompile.cli.app import answers, console
from hwcompile.cli.labels import read_labels
from hwcompile.cli.model_answers import BuiltAnswer, DesignAnswer, ExploreAnswer, FrontAnswer
from hwcompile.cli.voice import Voice
from hwcompile.compiler import lowered_ways
from hwcompile.engine.cluster import engine
from hwcompile.engine.work import WorkEngine
from hwcompile.explore.network.accuracy import AccurateFront, explore_accuracy
from hwcompile.explore.network.confirm import Confirmed, confirmed
from hwcompile.explore.network.explore import Effort, Front, default_clocks, explore_network
from hwcompile.explore.network.files import SCHEDULES, csv_text, listed, schedule_name
from hwcompile.explore.network.page import page_of
from hwcompile.explore.network.points import Point
from hwcompile.explore.network.recipes import Examples, written
from hwcompile.explore.power import AssumedPower, assumed_power
from hwcompile.families.family import GENERIC
from hwcompile.families.flow import Use
from hwcompile.limits import not_both, writable_folder, writable_place
from hwcompile.options import DEFAULT_MHZ, CompileOptions
from hwcompile.rates import rate_text
from hwcompile.report.fitting import FittingTable, TableColumn
from hwcompile.report.page.front import PAGE
from hwcompile.technology.energies import ASSUMED

_JUDGED = ("weights", "accuracy")

_SHOWN = 24
"""Designs that are printed, at most."""

CSV = "front.csv"
MODELS = "models"
"""The folder of models with compressed weights."""


@dataclass(frozen=True)
class Wish:
    """What the command line says.

    Attributes:
        model: The file.
        boards: Names or files; none for a 7-series FPGA without an end.
        clocks: In MHz; none for multiples of the board's.
        effort: How much is looked at.
        synth: So many designs are built.
        output: Folder for the front; None to print it only.
        csv_file: For the table.
        scheduler: Of a Dask cluster.
        data: Frames to classify; None to leave the weights as they are.
        labels: Their classes.
        inputs_are: What numbers in the frames mean.
    """

    model: Path
    boards: Sequence[str]
    clocks: Sequence[float]
    effort: Effort
    synth: int
    output: Path | None
    csv_file: Path | None
    scheduler: str
    data: Path | None = None
    labels: Path | None = None
    inputs_are: str | None = None


def explore_whole(wish: Wish, step: Callable[[str], None]) -> Callable[[], None]:
    """Explore; what is returned prints the answer.

    Raises:
        CompileError: Those of `explore_network` and of `engine`.
    """
    if not wish.boards:
        not_both(("--synth", wish.synth or None), ("no --board", True), "it is built for a board")
    names = _boards(wish.boards)
    boards: list[Board | None] = [load_board(name) for name in names.values()]
    if wish.csv_file:
        writable_place("--csv", wish.csv_file)
    if wish.output:
        writable_folder("-o", wish.output)

    def clocks(board: Board | None) -> tuple[float, ...]:
        mhz = board.clock.mhz if board else DEFAULT_MHZ
        return tuple(sorted(set(wish.clocks))) or default_clocks(board, mhz)

    with engine(wish.scheduler) as does:
        found = _found(wish, boards or [None], clocks, does, step)
        front, ways, followed = found.front, found.ways, found.recipes
        have = {point.board for point in front.points}
        without = [board.id for board in boards if board and board.id not in have]
        built: list[Confirmed | None] = [None] * len(front.points)
        chosen = _evenly(len(front.points), wish.synth)
        points = [front.points[index] for index in chosen]
        for index, made in zip(chosen, confirmed(ways, names, points, does, step), strict=True):
            built[index] = made
        families = {board.id: board.device.family for board in boards if board}
        powers = [
            assumed_power(
                Use(point.lut, point.ff, point.bram, point.dsp),
                point.interval,
                point.mhz,
                families.get(point.board, GENERIC),
            )
            for point in front.points
        ]
        each = enumerate(zip(front.points, built, powers, strict=True), start=1)
        done = FrontAnswer(
            designs=[_answer(number, *figures) for number, figures in each],
            designs_tried=front.designs_tried,
            planned=front.planned,
            workers=does.workers,
            tasks_performed=does.performed,
            tasks_cached=does.cached,
            notes=[
                *found.refused,
                *(f"No design was found that fits {name}." for name in without),
            ],
        )
    table = csv_text(front.points, built, powers)
    if wish.csv_file:
        write_atomic(wish.csv_file, table)
    if wish.output:
        _write(wish.output, front, table, page_of(front, wish.model.stem, powers))
        for name in {point.recipe for point in front.points} & set(followed):
            models = wish.output / MODELS
            models.mkdir(exist_ok=True)
            written(wish.model, followed[name], models / f"{name}{wish.model.suffix}")
    return lambda: _say(done, wish)


def _boards(asked: Sequence[str]) -> dict[str, str]:
    """What `load_board` takes, by the names that designs have.

    Raises:
        CompileError: HW0002 where two of them have the same name.
    """
    found: dict[str, str] = {}
    for name in dict.fromkeys(asked):
        same = load_board(name).id
        known = found.setdefault(same, name)
        if known != name:
            why = f"both are called '{same}', and designs are listed by that"
            not_both((f"--board {known}", True), (f"--board {name}", True), why)
    return found


def _found(
    wish: Wish,
    boards: Sequence[Board | None],
    clocks: Callable[[Board | None], tuple[float, ...]],
    does: WorkEngine,
    step: Callable[[str], None],
) -> AccurateFront:
    """The front, the graphs that it is of, and the recipes for their weights."""
    if wish.data is None or wish.labels is None:
        ways = lowered_ways(wish.model, CompileOptions(progress=step))
        front = explore_network(ways, boards, clocks, wish.effort, does, step)
        return AccurateFront(front, list(ways), {}, 0)
    examples = Examples.of(wish.model, wish.data, read_labels(wish.labels), wish.inputs_are)
    return explore_accuracy(wish.model, examples, boards, clocks, wish.effort, does, step)


def _evenly(count: int, most: int) -> list[int]:
    """Places of so many of a list, with both ends and the same distance between others."""
    if most <= 1:
        return [0][:most]
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def _write(folder: Path, front: Front, table: str, page: str) -> None:
    schedules = folder / SCHEDULES
    schedules.mkdir(parents=True, exist_ok=True)
    before = listed(folder / CSV)
    texts = {schedule_name(n): point.schedule for n, point in enumerate(front.points, start=1)}
    for name, text in texts.items():
        write_atomic(schedules / name, text)
    write_atomic(folder / CSV, table)
    # Of a longer front that was written here before, whose table named them; no row does any more.
    for name in before - texts.keys():
        (schedules / name).unlink(missing_ok=True)
    write_atomic(folder / PAGE, page)


def _answer(
    number: int, point: Point, made: Confirmed | None, takes: AssumedPower | None
) -> DesignAnswer:
    return DesignAnswer(
        schedule=schedule_name(number),
        recipe=point.recipe,
        accuracy=point.accuracy if point.recipe else None,
        board=point.board,
        clock_mhz=point.clock_mhz,
        mhz=point.mhz,
        frames_per_second=point.frames_per_second,
        interval=point.interval,
        latency=point.latency,
        lanes=point.lanes,
        lut=point.lut,
        ff=point.ff,
        bram=point.bram,
        dsp=point.dsp,
        nj_per_frame=takes.nj_per_frame if takes else None,
        dynamic_mw=takes.dynamic_mw if takes else None,
        built=BuiltAnswer(
            lut=made.lut,
            ff=made.ff,
            bram=made.bram,
            dsp=made.dsp,
            fmax_mhz=made.fmax_mhz,
            problem=made.problem,
        )
        if made
        else None,
    )


def _say(done: FrontAnswer, wish: Wish) -> None:
    if Voice.as_json:
        say(ExploreAnswer(front=done))
        return
    columns = (
        TableColumn("design"),
        *(TableColumn(name, number=name != "weights") for name in _JUDGED if wish.data),
        *(TableColumn(name, number=True) for name in ("frames/s", "MHz", "interval")),
        TableColumn("latency", 3, number=True),
        *(TableColumn(name, number=True) for name in ("cells", "BRAM", "DSP")),
        TableColumn("about mW", 2, number=True),
        *(TableColumn(f"built {name}", number=True) for name in ("LUT", "MHz") if wish.synth),
    )
    several = len(wish.boards) > 1
    chosen = {*_evenly(len(done.designs), _SHOWN)}
    chosen |= {index for index, design in enumerate(done.designs) if design.built}
    rows = [_row(done.designs[i], several, bool(wish.synth)) for i in sorted(chosen)]
    answers.print(FittingTable(columns, rows))
    for design in done.designs:
        if design.built and design.built.problem:
            console.print(f"{design.schedule}: {design.built.problem}", markup=False)
    for note in done.notes:
        console.print(note, markup=False, soft_wrap=True)
    more = f"; {len(rows)} of them are listed" if len(rows) < len(done.designs) else ""
    console.print(
        f"{len(done.designs):,} designs of which none is faster and smaller than another{more}. "
        f"{done.designs_tried:,} were weighed and {done.planned:,} planned whole. Cycles are "
        f"exact; cells and clocks are predicted; mW are those of changes, if {ASSUMED:.1%} of all "
        "bits change in a cycle (hwcompile power counts them).",
        markup=False,
        soft_wrap=True,
    )
    where = wish.output
    console.print(
        f"Wrote {where / PAGE}, {CSV} and {SCHEDULES}/."
        if where
        else "With -o DIR they are written with their schedules, as a page and as a table.",
        markup=False,
        soft_wrap=True,
    )


def _row(design: DesignAnswer, several: bool, built: bool) -> tuple[str, ...]:
    name = f"{design.board} {design.schedule}" if several else design.schedule
    figures = (design.interval, design.latency, design.lut, design.bram, design.dsp)
    made = design.built
    more = (f"{made.lut:,}", f"{made.fmax_mhz:.1f}") if made and not made.problem else ("-", "-")
    judged = (design.recipe, f"{design.accuracy:.2%}") if design.accuracy is not None else ()
    return (
        name,
        *judged,
        rate_text(design.frames_per_second),
        f"{design.mhz:.1f}",
        *(f"{figure:,}" for figure in figures),
        "-" if design.dynamic_mw is None else f"{design.dynamic_mw:.3g}",
        *(more if built else ()),
    )
