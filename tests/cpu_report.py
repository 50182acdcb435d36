"""Where the suite spends processor time: `pytest --cpu-report FILE` writes it as JSON.

User and system seconds, by test file and by what ran: the tests themselves, and every program that
they started, its own children included. A busy machine changes them less than it changes the time
on the clock.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

OWN = "tests themselves"
OTHER = "other processes"
COLLECTION = "(collection)"

WORKER = "python -u -c"
"""What pytest-xdist starts; each tells what it took itself."""

Seconds = dict[str, dict[str, float]]
"""Test file to kind of program to CPU seconds."""

NEIGHBOURS = ("cocotb", "pyosys", "yowasp", "smtbmc", "keras", "benchmarks", "hwcompile")

COMPILERS = ("g++", "clang++", "c++", "gcc", "cc", "clang")


def kind_of(command: object) -> str:
    """What kind of program a command starts."""
    words = [os.fspath(word) for word in command] if isinstance(command, list | tuple) else []
    text = [word.decode() if isinstance(word, bytes) else str(word) for word in words]
    if not text:
        return str(command).split()[0]
    name = Path(text[0]).name
    if name in COMPILERS:
        return _compiler(name, text)
    folder = Path(text[0]).parts[-3:-2]
    if folder in (("simulators",), ("netlists",), ("boards",), ("hls",)):
        return f"program of {folder[0]}"
    if name == "verilator_bin":
        return "Verilator, lint" if "--lint-only" in text else "Verilator"
    if name.startswith("python") and len(text) > 2:
        return f"python {text[1]} {_what_it_runs(text[1:])}"
    return name


def _what_it_runs(options: list[str]) -> str:
    """A module's name, or what a text of Python imports."""
    if options[0] != "-c":
        return Path(options[1]).name
    known = [name for name in NEIGHBOURS if name in options[1]]
    return known[0] if known else "other"


def _compiler(name: str, words: list[str]) -> str:
    if "-DVERILATOR=1" in words:
        linked = "-c" not in words and "c++-header" not in words
        return f"{name}, Verilator's C++" + (", link" if linked else "")
    if not any(word.endswith("bulk.cpp") for word in words):
        return f"{name}, link or other"
    exact = "-DHW_AP_TYPES" in words
    sanitize = any(word.startswith("-fsanitize") for word in words)
    what = "ap_types" if exact else "sanitizers" if sanitize else "words"
    return f"{name}, HLS with {what}"


class CpuReport:
    """The plugin: one for each process that runs tests, and one that adds them up.

    Attributes:
        seconds: What was spent so far.
        file: The test file that runs.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.seconds: Seconds = {}
        self.file = COLLECTION
        self.own = 0.0
        self.children = 0.0

    def charge(self, kind: str, seconds: float) -> None:
        """Charge the test file that runs."""
        add(self.seconds, self.file, kind, seconds)

    def settle(self) -> None:
        """Charge what this process took since the last time, and children nobody watched."""
        own = time.process_time()
        self.charge(OWN, own - self.own)
        self.own = own
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.charge(OTHER, usage.ru_utime + usage.ru_stime - self.children)
        self.children = usage.ru_utime + usage.ru_stime

    def watch(self) -> None:
        """See what every program took when it ends."""

        def waited(process: subprocess.Popen[Any], flags: int) -> tuple[int, int]:
            try:
                pid, status, usage = os.wait4(process.pid, flags)
            except ChildProcessError:
                return process.pid, 0
            if pid == process.pid:
                took = usage.ru_utime + usage.ru_stime
                kind = kind_of(process.args)
                if kind.strip() != WORKER:
                    self.charge(kind, took)
                self.children += took
            return pid, status

        setattr(subprocess.Popen, "_try_wait", waited)  # noqa: B010 - it has no public name

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge a test's file."""
        self.settle()
        self.file = item.location[0]
        try:
            return (yield)
        finally:
            self.settle()
            self.file = COLLECTION

    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker found."""
        for file, kinds in node.workeroutput.get("cpu", {}).items():
            for kind, seconds in kinds.items():
                add(self.seconds, file, kind, seconds)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over to the controller, or write the file."""
        self.settle()
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["cpu"] = self.seconds
        else:
            write(Path(self.path), self.seconds)


def add(total: Seconds, file: str, kind: str, seconds: float) -> None:
    """Add to what a kind of program took for a file."""
    kinds = total.setdefault(file, {})
    kinds[kind] = kinds.get(kind, 0.0) + seconds


def write(path: Path, seconds: Mapping[str, Mapping[str, float]]) -> None:
    """Write a report: test file to kind to seconds."""
    rounded = {
        file: {kind: round(value, 2) for kind, value in sorted(kinds.items()) if value >= 0.005}
        for file, kinds in sorted(seconds.items())
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rounded)))
