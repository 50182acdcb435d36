"""A whole exploration: what it keeps, what it says again, and what it does not do twice."""

from __future__ import annotations

import csv
import pickle
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hwcompile.boards import load_board
from hwcompile.compiler import lowered_ways, planned_network
from hwcompile.diagnostics import CompileError
from hwcompile.engine import version
from hwcompile.engine.cluster import engine
from hwcompile.engine.work import Here, Job, Work, WorkEngine
from hwcompile.explore.network import explore
from hwcompile.explore.network.confirm import Order, build_order, confirmed
from hwcompile.explore.network.explore import Effort, Front, default_clocks, explore_network
from hwcompile.explore.network.points import Point
from hwcompile.explore.network.tasks import Found
from hwcompile.options import CompileOptions
from hwcompile.processes import Jobs
from tests.cli.running import type_command
from tests.cli.small import save
from tests.cli.test_answers import answered
from tests.models import ROOT

BOARDS = ("icebreaker", "ulx3s_85")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))


def explored(model: Path, does: WorkEngine, effort: Effort | None = None) -> Front:
    return explore_network(
        lowered_ways(model, CompileOptions()),
        [load_board(name) for name in BOARDS],
        lambda board: default_clocks(board, board.clock.mhz if board else 100.0),
        effort or Effort(designs=120, points=4),
        does,
    )


def test_a_front_is_planned_again_and_nothing_twice(tmp_path: Path) -> None:
    model = save(tmp_path)
    first = WorkEngine(Here())
    front = explored(model, first)
    assert first.performed > 20
    assert first.cached == 0
    assert {point.board for point in front.points} == set(BOARDS)
    for point in front.points:
        options = CompileOptions(
            schedule=tomllib.loads(point.schedule), board=point.board, clock_mhz=point.clock_mhz
        )
        _, prediction, _ = planned_network(model, options)
        assert (prediction.interval, prediction.latency) == (point.interval, point.latency)
        beaten = [
            other
            for other in front.points
            if other.board == point.board
            and other.costs != point.costs
            and all(a <= b for a, b in zip(other.costs, point.costs, strict=True))
        ]
        assert beaten == []
    again = WorkEngine(Here())
    assert explored(model, again) == front
    assert (again.performed, again.cached) == (0, first.performed)


def test_an_exploration_that_was_ended_goes_on(tmp_path: Path) -> None:
    model = save(tmp_path)

    class Ended(Here):
        left = 9

        def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
            for found in super().run(job, works):
                if not self.left:
                    raise KeyboardInterrupt
                self.left -= 1
                yield found

    broken, whole = WorkEngine(Ended()), WorkEngine(Here())
    with pytest.raises(KeyboardInterrupt):
        explored(model, broken)
    front = explored(model, whole)
    assert whole.cached == broken.performed == 9
    other = WorkEngine(Here())
    assert explored(model, other) == front


def test_another_seed_is_another_search(tmp_path: Path) -> None:
    model, does = save(tmp_path), WorkEngine(Here())
    explored(model, does)
    done = does.performed
    explored(model, does, Effort(designs=120, points=4, seed=2))
    assert does.performed > done


def test_one_job_needs_no_dask() -> None:
    Jobs.most = 1
    try:
        with engine() as does:
            assert (does.workers, type(does.runner)) == (1, Here)
    finally:
        Jobs.most = None


def test_the_command_writes_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save(tmp_path)
    words = [model, "--board", "icebreaker", "--designs", "120", "--points", "4"]
    words += ["--jobs", "1", "-o", tmp_path / "front"]
    outcome = type_command(monkeypatch, capsys, "explore", *words, "--json")
    assert outcome.code == 0, outcome.err
    front = answered("explore", outcome)["front"]
    assert front["designs_tried"] > 50
    folder = tmp_path / "front"
    with (folder / "front.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["schedule"] for row in rows] == [each["schedule"] for each in front["designs"]]
    assert [int(row["lut"]) for row in rows] == [each["lut"] for each in front["designs"]]
    schedules = sorted(path.name for path in (folder / "schedules").iterdir())
    assert schedules == [each["schedule"] for each in front["designs"]]
    page = (folder / "front.html").read_text(encoding="utf-8")
    assert all(f">{name}</th>" in page for name in schedules)
    # A longer front that was here before, whose last schedule its table lists; the user's own stay.
    for name in ("2026.toml", "999.toml", "mine.toml"):
        (folder / "schedules" / name).write_text("")
    with (folder / "front.csv").open("a") as file:
        file.write("999.toml\n../../model.onnx\n")
    printed = type_command(monkeypatch, capsys, "explore", *words)
    assert "001.toml" in printed.out
    left = sorted(path.name for path in (folder / "schedules").iterdir())
    assert left == sorted([*schedules, "2026.toml", "mine.toml"])
    assert model.is_file()
    assert "front.html" in printed.err + printed.out


def test_without_a_board_there_is_a_front_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save(tmp_path)
    words = [model, "--designs", "60", "--points", "3", "--jobs", "1", "-o", tmp_path / "front"]
    outcome = type_command(monkeypatch, capsys, "explore", *words, "--json")
    assert outcome.code == 0, outcome.err
    designs = answered("explore", outcome)["front"]["designs"]
    assert {(each["board"], each["clock_mhz"]) for each in designs} == {("", 100.0)}
    for each in designs:
        schedule = tmp_path / "front/schedules" / each["schedule"]
        _, prediction, _ = planned_network(model, CompileOptions(schedule=schedule))
        assert (prediction.interval, prediction.latency) == (each["interval"], each["latency"])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--encodings", "fc", "-o", "x"], "HW0002"),
        (["--encodings", "fc", "--board", "icebreaker", "--board", "icestick"], "HW0002"),
        (["--encodings", "fc", "--data", "x.npy"], "HW0002"),
        (["--encodings", "fc", "--labels", "y.npy"], "HW0002"),
        (["--encodings", "fc", "--inputs-are", "codes"], "HW0002"),
        (["--inputs-are", "codes"], "HW0002"),
        (["-o", __file__], "HW0003"),
        (["-o", f"{__file__}/front"], "HW0003"),
        (["--target-cycles", "9"], "HW0002"),
        (["--synth", "2"], "HW0002"),
        (["--data", "x.npy"], "HW0409"),
        (["--clock-mhz", "0"], "HW0001"),
        (["--board", "nothing"], "HW0801"),
    ],
)
def test_what_does_not_go_together_is_refused(
    more: list[str],
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = type_command(monkeypatch, capsys, "explore", save(tmp_path), *more)
    assert outcome.code == 2
    assert code in outcome.err


def test_nothing_that_fits_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore._Exploration, "run", lambda self, shares: [])
    with pytest.raises(CompileError, match="HW0408"):
        explored(save(tmp_path), WorkEngine(Here()))


def test_a_board_for_which_nothing_fits_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("way", "interval", "latency", "lanes", "lut", "ff", "bram", "dsp")
    figures: dict[str, Any] = dict.fromkeys(names, 1)
    point = Point(board="icebreaker", clock_mhz=12.0, mhz=12.0, schedule="", **figures)

    def run(self: Any, shares: int) -> list[Point]:
        return [point] if self.subject.board.id == "icebreaker" else []

    monkeypatch.setattr(explore._Exploration, "run", run)
    words = ["--board", "icebreaker", "--board", "icestick", "--jobs", "1"]
    outcome = type_command(monkeypatch, capsys, "explore", save(tmp_path), *words)
    assert outcome.code == 0, outcome.err
    assert "No design was found that fits icestick." in outcome.out + outcome.err
    assert "fits icebreaker" not in outcome.out + outcome.err
    typed = type_command(monkeypatch, capsys, "explore", save(tmp_path), *words, "--json")
    assert answered("explore", typed)["front"]["notes"] == [
        "No design was found that fits icestick."
    ]


def test_two_boards_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = []
    for folder in ("mine", "yours"):
        path = tmp_path / folder / "twin.toml"
        path.parent.mkdir()
        path.write_text((ROOT / "boards/icebreaker/board.toml").read_text())
        words += ["--board", str(path)]
    outcome = type_command(monkeypatch, capsys, "explore", save(tmp_path), *words)
    assert outcome.code == 2
    assert "HW0002" in outcome.err
    assert "both are called 'twin'" in " ".join(outcome.err.split())


def test_a_result_that_leaves_the_cache_meanwhile_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hwcompile.engine.work.is_cached", lambda kind, key: True)
    job = Job(pickle.loads, ("", pickle.dumps(5)), lambda five, task: Found(tried=five), Found)
    does = WorkEngine(Here())
    assert does.run(job, [Work("key", None)]) == [Found(tried=5)]
    assert (does.performed, does.cached) == (1, 0)


def test_a_build_that_failed_is_tried_again(tmp_path: Path) -> None:
    point = Point(
        way=0, board="mine", clock_mhz=12.0, mhz=12.0, schedule="", interval=1, latency=1,
        lanes=1, lut=1, ff=1, bram=1, dsp=1,
    )  # fmt: skip
    ways = lowered_ways(save(tmp_path), CompileOptions())
    order = Order(0, str(tmp_path / "gone.toml"), "", 12.0)
    assert "HW0801" in build_order(ways, order).problem
    board = tmp_path / "mine.toml"
    board.write_text((ROOT / "boards/icebreaker/board.toml").read_text())
    broken = replace(point, schedule="[nodes.nothing]\npe = 1\n")
    does = WorkEngine(Here())
    for performed in (1, 2):
        (made,) = confirmed(ways, {"mine": str(board)}, [broken], does)
        assert "nothing" in made.problem
        assert (does.performed, does.cached) == (performed, 0)


def test_results_are_kept_under_all_that_they_depend_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = ("hwcompile", "hwcompile/families", "hwcompile_runtime", "templates")
    files = [tmp_path / room / "a" for room in rooms]
    for path in files:
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "hwcompile/engine/version.py"))
    monkeypatch.setattr(version, "room", lambda name: tmp_path / name)
    keys = [version.compiler_key.__wrapped__()]
    for path in files:
        path.write_text("changed")
        keys.append(version.compiler_key.__wrapped__())
    for package in ("numpy", "pymoo"):
        told = {package: "9"}
        monkeypatch.setattr(version, "_version", lambda name, told=told: told.get(name, "1"))
        keys.append(version.compiler_key.__wrapped__())
    assert len(set(keys)) == len(keys)
    (tmp_path / "hwcompile/__pycache__").mkdir()
    (tmp_path / "hwcompile/__pycache__/a.pyc").write_text("")
    assert version.compiler_key.__wrapped__() == keys[-1]
    assert "pyosys" in version.tools_key()
    assert "nextpnr-ice40" in version.tools_key()


def test_a_board_without_a_model_is_said_and_errors_travel(tmp_path: Path) -> None:
    ways = lowered_ways(save(tmp_path), CompileOptions())
    board = load_board("gatemate_a1_evb")
    with pytest.raises(CompileError, match="HW0405") as caught:
        explore_network(ways, [board], lambda board: (10.0,), Effort(), WorkEngine(Here()))
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.diagnostics == caught.value.diagnostics
    assert str(again) == str(caught.value)


@pytest.mark.slow
def test_designs_are_really_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [save(tmp_path), "--board", "icebreaker", "--clock-mhz", "12", "--synth", "2"]
    words += ["--designs", "100", "--points", "3", "--jobs", "1", "--csv", tmp_path / "t.csv"]
    outcome = type_command(monkeypatch, capsys, "explore", *words, "--json")
    assert outcome.code == 0, outcome.err
    designs = answered("explore", outcome)["front"]["designs"]
    built = [each for each in designs if each["built"]]
    assert built == [designs[0], designs[-1]]
    for each in built:
        assert each["built"]["problem"] == ""
        assert each["built"]["lut"] == pytest.approx(each["lut"], rel=0.25)
        assert each["built"]["fmax_mhz"] > 12
    with (tmp_path / "t.csv").open(newline="") as file:
        made = [row["built_lut"] for row in csv.DictReader(file) if row["built_lut"]]
    assert made == [str(each["built"]["lut"]) for each in built]
