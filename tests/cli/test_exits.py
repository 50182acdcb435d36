"""How commands end: exit codes, one line for Ctrl-C, a file for an error of the program itself.

Who wrote the expectations: the table of exit codes that the documentation states.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwcompile.build_directory import check_build_directory
from hwcompile.build_directory.names import WORK
from hwcompile.cli import exits, manual
from hwcompile.cli.app import COMMANDS, load_command
from hwcompile.diagnostics import InternalError, fail
from tests.cli.running import Outcome, type_command
from tests.cli.small import save
from tests.models import ROOT

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]

# A line before the program: what happens while Python itself starts is not its doing.
ANNOUNCED = (
    "import runpy, sys\n"
    "print('begins', flush=True)\n"
    "runpy.run_module('hwcompile', run_name='__main__')\n"
)


def raising(error: BaseException) -> object:
    def load(directory: Path) -> None:
        raise error

    return load


def test_the_list_of_commands_says_what_each_command_says() -> None:
    folder = Path(sys.modules["hwcompile.cli"].__file__ or "").parent
    texts = {path: path.read_text() for path in folder.glob("*.py")}
    assert sum(text.count("@app.command(") for text in texts.values()) == len(COMMANDS)
    for name, line in COMMANDS.items():
        first = (load_command(name).help or "").strip().split("\n\n")[0]
        assert " ".join(first.split()) == line


def test_the_list_of_commands_imports_none_of_them() -> None:
    # Half a second of processor time is allowed; what is heavy must not even be imported.
    program = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from hwcompile.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'onnx', 'scipy', 'hwcompile.design') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "simulate-board" in done.stdout


def test_an_unexpected_exception_is_no_mismatch(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(KeyError("parallel")))
    outcome = type_command(monkeypatch, capsys, "report", tmp_path)
    (saved,) = tmp_path.glob("hwcompile-error-*.txt")
    assert outcome.code == 4
    assert outcome.err == (
        "error[HW0009]: internal error of hwcompile: KeyError ('parallel'), because this is a bug "
        f"and not your mistake; the traceback is in {saved}. Try: report it to the issue tracker "
        "of hwcompile, with this file and, if you can, the model; --debug prints the traceback.\n"
    )
    text = saved.read_text()
    assert "Traceback (most recent call last)" in text
    assert f"command: hwcompile report {tmp_path}" in text
    assert "numpy " in text


@pytest.mark.parametrize("error", [InternalError("broken"), MemoryError(), RecursionError("deep")])
def test_every_exception_is_an_internal_error(
    error: Exception, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(error))
    outcome = type_command(monkeypatch, capsys, "report", tmp_path)
    assert (outcome.code, len(outcome.err.splitlines())) == (4, 1)


def test_a_traceback_finds_a_place_when_the_current_folder_is_gone(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("hwcompile.cli.crash.Path.cwd", raising_oserror)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(ValueError("x")))
    assert type_command(monkeypatch, capsys, "report", tmp_path).code == 4
    assert len(list(tmp_path.glob("hwcompile-error-*.txt"))) == 1


def raising_oserror() -> Path:
    raise FileNotFoundError("gone")


def test_debug_shows_the_traceback(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(KeyError("parallel")))
    with pytest.raises(KeyError, match="parallel"):
        type_command(monkeypatch, capsys, "report", tmp_path, "--debug")


@pytest.mark.parametrize("code", ["HW0702", "HW0703", "HW0706", "HW0805"])
def test_a_missing_tool_is_not_the_users_error(
    code: str, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(fail(code, "it is not installed")))
    assert type_command(monkeypatch, capsys, "report", tmp_path).code == 3


def test_usage_errors_are_the_users(monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    for words in (["nothing"], ["verify"], ["verify", "d", "--frames", "x"], ["verify", "--no"]):
        assert type_command(monkeypatch, capsys, *words).code == 2


def test_ctrl_c_is_one_line(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    load_command("report")
    monkeypatch.setattr("hwcompile.cli.report.load", raising(KeyboardInterrupt()))
    outcome = type_command(monkeypatch, capsys, "report", tmp_path)
    assert (outcome.code, outcome.err, outcome.out) == (130, "Interrupted.\n", "")


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.9, 1.4])
def test_ctrl_c_at_any_moment_is_one_line(seconds: float, tmp_path: Path) -> None:
    model, out = save(tmp_path), tmp_path / "out"
    words = ["compile", str(model), "-o", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", ANNOUNCED, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=20)
    said = Outcome.of(process.returncode, "", printed).err
    if process.returncode == 0:  # it was faster
        return
    assert (process.returncode, said) == (130, "Interrupted.\n")
    assert set(tmp_path.iterdir()) <= {model, out}
    if out.exists():  # all was written, and the table not yet printed
        assert check_build_directory(out) == []
        assert not (out / WORK).exists()


def test_ctrl_c_after_the_command_is_done_changes_nothing() -> None:
    late = (
        "import atexit, os, signal, sys\n"
        "from hwcompile.cli import program\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "sys.argv = ['hwcompile', '--version']\n"
        "program()\n"
    )
    done = subprocess.run([sys.executable, "-c", late], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_the_programs_that_run(tmp_path: Path) -> None:
    program = (
        "import os, signal, threading\n"
        "from hwcompile.processes import in_parallel\n"
        "from hwcompile.verify.programs import _run\n"
        "from hwcompile.cli.app import interrupt_by_exception\n"
        "interrupt_by_exception()\n"
        "threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "waits = [['sleep', time] for time in ('61.5', '62.5', '63.5')]\n"
        "try: in_parallel(_run, waits)\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
    assert time.monotonic() - started < 20


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m hwcompile ops | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stderr) in ((141, ""), (0, ""))


def test_the_version(monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    outcome = type_command(monkeypatch, capsys, "--version")
    assert (outcome.code, outcome.out.split()[0]) == (0, "hwcompile")


def test_the_page_of_commands_is_that_of_the_commands() -> None:
    page = (ROOT / "docs" / manual.PAGE).read_text(encoding="utf-8")
    assert page == manual.page_with_manual(page), "make pages writes it anew"
    for name in COMMANDS:
        assert f"### {name}\n" in page


def test_the_page_of_commands_has_every_exit_code() -> None:
    page = (ROOT / "docs" / manual.PAGE).read_text(encoding="utf-8")
    codes = {value for name, value in vars(exits).items() if name.isupper()}
    assert set(map(int, re.findall(r"^\| (\d+) \|", page, re.M))) == codes
