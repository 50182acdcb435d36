"""How much commands say: --quiet, --verbose and --json of all of them, and progress.

Who wrote the expectations: the page of commands, which says what each of these leaves.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hwcompile.cli.app import COMMANDS, load_command
from hwcompile.cli.voice import COMPILING, Loudness, Voice
from hwcompile.processes import job_count
from hwcompile.verify.compare import Mismatch
from hwcompile.verify.verification import Verification
from tests.cli.running import Outcome, type_command
from tests.cli.small import save

Typed = Callable[..., Outcome]

STEPS = ("reading the model ...", "lowering ...", "scheduling ...", "writing RTL ...")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return lambda *words: type_command(monkeypatch, capsys, *words)


def test_every_command_has_the_same_options() -> None:
    for name in COMMANDS:
        words = {word for part in load_command(name).params for word in part.opts}
        assert {"-q", "--quiet", "-v", "--verbose"} <= words, name
        assert ("--json" in words) == (name != "simulate-board")


def test_steps_are_lines_and_quiet_leaves_nothing(tmp_path: Path, typed: Typed) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "out", "--force")
    plain = typed(*words)
    assert (plain.code, plain.err, plain.steps) == (0, "", STEPS)
    assert "note: no target was given" in plain.out
    for option in ("-q", "--quiet"):
        assert typed(*words, option) == Outcome(0, "", "")
    answer = typed(*words, "--json")
    assert (answer.err, answer.steps, answer.out[0]) == ("", (), "{")
    assert typed(*words) == plain, "what a command was told holds for it alone"


def test_quiet_leaves_errors(tmp_path: Path, typed: Typed) -> None:
    outcome = typed("compile", tmp_path / "no.onnx", "-o", tmp_path / "out", "-q")
    assert outcome.code == 2
    assert outcome.err.startswith("error[HW")


def test_quiet_leaves_what_was_asked_for(tmp_path: Path, typed: Typed) -> None:
    assert typed("ops", "-q") == typed("ops")
    typed("compile", save(tmp_path), "-o", tmp_path / "out")
    assert typed("report", tmp_path / "out", "-q").out == typed("report", tmp_path / "out").out
    verdict = typed("verify", tmp_path / "out", "--levels", "reference", "-q")
    assert verdict == Outcome(0, "passed\n", "")


def test_quiet_leaves_mismatches(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Mismatch("y", "", 3, (0, 2), 1, 5, 7, 4, 66)
    found = Verification(11, {"rtl": (wrong,)}, {}, 9)
    load_command("verify")
    design = SimpleNamespace(verify=lambda **_: found)
    monkeypatch.setattr("hwcompile.cli.verify.load", lambda _: design)
    outcome = typed("verify", tmp_path, "-q")
    assert outcome.code == 1
    assert outcome.out.splitlines() == [*found.lines(), "failed"]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_verbose_tells_passes_and_times(
    more: tuple[str, ...], tmp_path: Path, typed: Typed
) -> None:
    outcome = typed("compile", save(tmp_path), "-o", tmp_path / "out", "-v", *more)
    assert outcome.steps == STEPS
    details = outcome.err.splitlines()
    assert all(line.startswith("  ") for line in details)
    assert sum(line.endswith(" s") and line[2].isdigit() for line in details) == len(STEPS)
    assert any(line.startswith("  lower-conv: ") for line in details)
    assert any("cycles per frame" in line for line in details)
    assert outcome.out[0] == "{" or not more


def test_programs_that_run_are_told(tmp_path: Path, typed: Typed) -> None:
    typed("compile", save(tmp_path), "-o", tmp_path / "out")
    np.save(tmp_path / "x.npy", np.zeros((3, 6), np.float32))
    words = ("simulate", tmp_path / "out", "--inputs", tmp_path / "x.npy", "--level", "rtl")
    outcome = typed(*words, "-v")
    assert outcome.steps == ("reading the frames ...", "level rtl, 3 frames ...")
    assert any(line.startswith("  simulator: exit code 0, ") for line in outcome.err.splitlines())
    assert any(line.startswith("  simulators ") for line in outcome.err.splitlines())


def test_jobs_are_of_commands_that_compile(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COMMANDS:
        words = {word for part in load_command(name).params for word in part.opts}
        assert ("--jobs" in words) == (name in COMPILING)
    seen: list[int] = []

    def verify(**_: object) -> Verification:
        seen.append(job_count())
        return Verification(11, {"rtl": ()}, {}, 9)

    design = SimpleNamespace(verify=verify)
    monkeypatch.setattr("hwcompile.cli.verify.load", lambda _: design)
    given: tuple[tuple[object, ...], ...] = (("--jobs", 1), ("--jobs", 7), ())
    for more in given:
        assert typed("verify", tmp_path, *more).code == 0
    assert seen == [1, 7, len(os.sched_getaffinity(0))]
    refused = typed("verify", tmp_path, "--jobs", 0)
    assert (refused.code, "--jobs is 0" in refused.err) == (2, True)


def test_less_and_more_at_once_is_refused(typed: Typed) -> None:
    for words in (("-q", "-v"), ("--verbose", "--quiet")):
        outcome = typed("ops", *words)
        assert outcome.code == 2
        assert "HW0002" in outcome.err
    typed("ops")
    assert Voice.loudness is Loudness.PLAIN


def program(tmp_path: Path) -> list[str]:
    words = ["compile", str(save(tmp_path)), "-o", str(tmp_path / "out")]
    return [sys.executable, "-m", "hwcompile", *words]


def test_pipes_get_no_control_characters(tmp_path: Path) -> None:
    """Not even where a CI asks for colours, which it does by a variable."""
    environment = {**os.environ, "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    done = subprocess.run(program(tmp_path), capture_output=True, text=True, env=environment)
    assert (done.returncode, tuple(done.stderr.splitlines())) == (0, STEPS)


def test_a_terminal_gets_one_line_that_changes(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        program(tmp_path), stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
        process.communicate()
    os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[2K" in shown
    assert any(step.removesuffix(" ...").encode() in shown for step in STEPS)
    assert b" ...\r\n" not in shown


def _read(terminal: int) -> bytes:
    """What a terminal shows; nothing when its program has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
