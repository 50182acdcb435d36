"""SIGKILL at random moments of compile, verify and build: nothing is lost, nor half looks whole.

After every kill the folder around still holds the user's files as they were, the build directory
is complete or is refused as one that is not, and the same command succeeds when typed again.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import hwcompile
from tests.cli.small import save
from tests.fuzz.attempts import attempt, snapshot
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures

FAULTS = ("lost", "half looks whole", "cannot be repeated", "left over", "tracebacks")
COMMANDS = ("compile", "compile again", "verify", "build")


class Bench:
    """A folder with a model, a design and a file of the user's."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.out = folder, folder / "out"
        folder.mkdir()
        save(folder)
        (folder / "precious.txt").write_text("do not touch")

    def take(self, design: Path) -> None:
        """Begin with a finished design."""
        shutil.copytree(design, self.out)

    def words(self, command: str) -> list[str]:
        """The command line of a kind of attempt."""
        chosen = {
            "compile": ["compile", "small.onnx", "-o", "out", "--target-cycles", "50"],
            "compile again": [
                "compile", "small.onnx", "-o", "out", "--target-cycles", "90", "--force",
            ],
            "verify": ["verify", "out", "--levels", "reference"],
            "build": ["build", "out", "--board", "pynq_z2"],
        }[command]  # fmt: skip
        return [sys.executable, "-m", "hwcompile", *chosen]

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """The command, in a session of its own so that its children can be killed with it."""
        return subprocess.Popen(
            self.words(command), cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, command: str) -> tuple[int, str]:
        """The whole command: exit code and what it said."""
        process = self.start(command)
        _, said = process.communicate(timeout=120)
        return process.returncode, said.decode(errors="replace")


def _seconds(folder: Path) -> dict[str, float]:
    """How long each command takes when nobody kills it."""
    bench, found = Bench(folder), {}
    for command in COMMANDS:
        start = time.monotonic()
        bench.run(command)
        found[command] = time.monotonic() - start
    return found


def _changed(folder: Path, before: dict[str, tuple[int, int]]) -> bool:
    """True when the folder is another, or one of its files goes while it is looked at."""
    try:
        return snapshot(folder) != before
    except FileNotFoundError:
        return True


def _kill(bench: Bench, command: str, after: float, writing: bool) -> bool:
    """Start a command and kill all of it; False when it had ended before.

    Args:
        bench: Where it runs.
        command: Which.
        after: Seconds to wait.
        writing: Wait from the first change in the folder on, and not from the start.
    """
    before = snapshot(bench.folder)
    process = bench.start(command)
    while writing and process.poll() is None and not _changed(bench.folder, before):
        time.sleep(0.002)
    time.sleep(after)
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return not ended


def run(budget: Budget) -> Figures:
    """At least 20 kills."""
    figures = Figures(budget.part, least={"kills": budget.scaled(20)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    seconds = _seconds(budget.folder / "timing")
    for case in budget.cases(20, lambda: figures.counts["kills"] >= budget.scaled(20)):
        rng, command = budget.rng(case), COMMANDS[case % len(COMMANDS)]
        bench = Bench(budget.folder / "bench")
        if command != "compile":
            bench.take(budget.folder / "timing" / "out")
        mine = snapshot(bench.folder, bench.out)
        # Most of a run is the start of the interpreter; files are written in its last part.
        writing, moment = rng.random() < 0.6, float(rng.random())
        after = 0.2 * moment**2 if writing else seconds[command] * (0.4 + 0.6 * moment)
        killed = _kill(bench, command, after, writing)
        figures.counts["kills"] += killed
        figures.counts["ended before"] += not killed
        for kind, text in _damage(bench, command, mine):
            figures.fault(kind, f"{command}: {text}; {budget.again(case)}")
    return figures


def _damage(bench: Bench, command: str, mine: dict[str, tuple[int, int]]) -> list[tuple[str, str]]:
    found = []
    after = snapshot(bench.folder, bench.out)
    found += [("lost", path) for path in mine if after.get(path) != mine[path]]
    opened = attempt(lambda: _used(bench.out))
    if opened.bad:
        found.append(("tracebacks", opened.text))
    if command in ("verify", "build") and opened.kind == "refused":
        found.append(("lost", f"the design: {opened.value}"))
    code, said = bench.run("compile again" if command == "compile" else command)
    if code:
        found.append(("cannot be repeated", f"exit code {code}: {said.strip()[-300:]}"))
    elif attempt(lambda: _used(bench.out)).kind != "right":
        found.append(("half looks whole", "the repeated command left no design"))
    rest = set(snapshot(bench.folder, bench.out)) - set(mine)
    found += [("left over", path) for path in sorted(rest - {str(bench.out)})]
    return found


def _used(out: Path) -> None:
    design = hwcompile.load(out)
    design.simulate(np.zeros((2, 6), np.float32), level="reference")
    listed = hwcompile.load(out).directory
    if not all((listed / name).exists() for name in ("report.json", "schedule.toml", "graph.txt")):
        raise FileNotFoundError("a design without its files was opened")
