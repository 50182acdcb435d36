"""Random command lines from the program's own list of commands and parameters."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import hwcompile
from hwcompile.boards import board_names
from hwcompile.cli import main
from hwcompile.cli.app import COMMANDS, load_command
from tests.cli.small import save
from tests.fuzz.attempts import HANG_SECONDS, Hang, snapshot, watchdog
from tests.fuzz.budget import Budget
from tests.fuzz.damage import NUMBERS, hostile
from tests.fuzz.figures import Figures

FAULTS = ("tracebacks", "hangs", "mismatches", "wrong codes", "files outside", "lost files")
ENDS = {0: "success", 2: "refused", 3: "missing tool"}

HEAVY = {"simulate-board", "run", "program"}
"""Commands that open ports or start programs of the board's: never with a complete design."""


class Lines:
    """Draws command lines, most of which are nearly right."""

    def __init__(self, rng: np.random.Generator, folder: Path) -> None:
        self.rng, self.folder = rng, folder
        self.files = {
            "model": [folder / "small.onnx"],
            "directory": [folder / "design"],
            "inputs": [folder / "x.npy"],
        }

    def draw(self) -> list[str]:
        """A command with a random choice of its options."""
        name = str(self.rng.choice(list(COMMANDS)))
        words = [name] if self.rng.random() > 0.01 else [hostile(self.rng).replace("\0", "")]
        command = load_command(name)
        kinds = {k: str(v) for k, v in inspect.get_annotations(command.callback).items()}
        for parameter in command.params:
            kind = kinds.get(parameter.name, "")
            needed = parameter.required or parameter.param_type_name == "argument"
            if self.rng.random() < (0.04 if needed else 0.75):
                continue
            words += self._words(name, parameter, kind)
        if self.rng.random() < 0.03:
            words.insert(int(self.rng.integers(len(words) + 1)), hostile(self.rng))
        # What a simulator does is for other parts; compiling one takes longer than a hang may.
        levels = {"verify": ["--levels", "reference"], "simulate": ["--level", "reference"]}
        words += levels.get(name, [])
        # The shell never hands over a NUL, and a word that starts a real build is not ours to try.
        return [word.replace("\0", "") for word in words]

    def _words(self, command: str, parameter: Any, kind: str) -> list[str]:
        """The option and its value; `kind` is the annotation as text."""
        if parameter.param_type_name == "argument":
            return [self._value(command, parameter.name, kind)]
        option = str(self.rng.choice([*parameter.opts, *parameter.secondary_opts]))
        if "bool" in kind or not kind:
            return [option]
        return [option, self._value(command, parameter.name, kind)]

    def _value(self, command: str, name: str, kind: str) -> str:
        rng = self.rng
        if rng.random() < 0.25:
            return hostile(rng) if rng.random() < 0.5 else str(rng.choice(NUMBERS))
        if "int" in kind or "float" in kind:
            return str(rng.choice(["1", "2", "3", "10", "0.5", "100", "115200", "1e6"]))
        if name == "board":
            # A board of a vendor's flow gets a project; the others would be synthesized.
            vendor = ["pynq_z2"] if command == "build" else ["icestick", "ulx3s", "upduino"]
            return str(rng.choice([*vendor, board_names()[0][:-1], "./mine.toml"]))
        if name in self.files and not (command in HEAVY and name == "directory"):
            return str(rng.choice([*map(str, self.files[name]), str(self.folder / "none")]))
        words = ["reference", "rtl", "a,b", "uint8:1/255", "x:int8:0.5", "out", "out.npz", "uart"]
        if command == "simulate" or name == "levels":
            words.remove("rtl")
        return str(rng.choice(words))


@contextlib.contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def typed(words: list[str], folder: Path) -> tuple[int | str, str]:
    """Exit code, or "hang", and what was printed."""
    printed, code = io.StringIO(), 0
    before = sys.argv
    sys.argv = ["hwcompile", *words]
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            _standing_in(folder),
            watchdog(HANG_SECONDS),
        ):
            main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1 if left.code else 0
    except Hang:
        return "hang", printed.getvalue()
    except BaseException as error:
        return 4, f"{printed.getvalue()} {type(error).__name__}: {error}"
    finally:
        sys.argv = before
    return code, printed.getvalue()


def _prepared(folder: Path) -> None:
    """The files that lines are about, in an empty folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    save(folder)
    np.save(folder / "x.npy", np.zeros((3, 6), np.float32))


def run(budget: Budget) -> Figures:
    """Type command lines in a folder of their own, inside one that must not change."""
    figures = Figures(budget.part, least={"command lines": budget.scaled(400)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    around = budget.folder / "around"
    folder, kept = around / "here", budget.folder / "kept"
    folder.mkdir(parents=True)
    (around / "precious.txt").write_text("do not touch")
    _prepared(folder)
    hwcompile.compile(folder / "small.onnx", kept, target_cycles=50)
    seen: set[str] = set()
    for case in budget.cases(400):
        rng = budget.rng(case)
        _prepared(folder)
        shutil.copytree(kept, folder / "design")
        before = snapshot(around, folder)
        words = Lines(rng, folder).draw()
        code, text = typed(words, folder)
        figures.counts["command lines"] += 1
        kind = _judged(code, text)
        if kind in FAULTS and (place := text.strip()[-80:]) not in seen:
            seen.add(place)
            figures.fault(
                kind, f"{words} ended with {code}: {text.strip()[-300:]}; {budget.again(case)}"
            )
        else:
            (figures.faults if kind in FAULTS else figures.counts)[kind] += 1
        if not (folder / "small.onnx").is_file() or not (folder / "x.npy").is_file():
            figures.fault("lost files", f"{words}; {budget.again(case)}")
        if snapshot(around, folder) != before:
            figures.fault("files outside", f"{words}; {budget.again(case)}")
    return figures


def _judged(code: int | str, text: str) -> str:
    """What an end means; a mismatch cannot be, for nothing here computes anything wrong."""
    if code == "hang" or "Hang (more than" in text:
        return "hangs"
    if code == 4 or "Traceback" in text:
        return "tracebacks"
    if code == 1:
        return "mismatches"
    return ENDS.get(int(code), "wrong codes")
