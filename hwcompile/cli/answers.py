"""What commands print with `--json`: one object on standard output, and nothing else there.

Errors go to standard error, there is no progress, and exit codes are the same as without `--json`.
`docs/schemas/answers-1.json` has the form of every answer, by the command's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import typer

from hwcompile.build_directory.reported import BoardReport, Report
from hwcompile.cli.command_answer import CommandAnswer
from hwcompile.cli.model_answers import ExploreAnswer, ImportAnswer, PowerAnswer
from hwcompile.cli.system_answers import SplitAnswer, VerifySystemAnswer


class CompileAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile compile`.

    Attributes:
        directory: The build directory.
        report: Its `report.json`.
        notes: Remarks.
    """

    directory: str
    report: Report
    notes: list[str]


class CyclesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Cycles of a run.

    Attributes:
        predicted: By the compiler; null where nothing was timed.
        measured: By the run; null where it was too short.
    """

    predicted: int | None
    measured: int | None


class VerifyAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile verify`.

    Attributes:
        directory: The build directory.
        passed: Exit code 0.
        frames: Frames compared.
        mismatches: Level to the integers that differ from level reference.
        findings: The first mismatches, a line each, and cycles that are not as predicted.
        interval_cycles: Cycles per frame at the end of the last run that was timed.
        latency_cycles: Cycles of the first frame of that run.
        cycles: Of the last simulation; null without one.
        seconds: Wall-clock time of the last simulation.
    """

    directory: str
    passed: bool
    frames: int
    mismatches: dict[str, int]
    findings: list[str]
    interval_cycles: CyclesAnswer
    latency_cycles: CyclesAnswer
    cycles: int | None
    seconds: float


class SimulateAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile simulate`.

    Attributes:
        directory: The build directory.
        level: At which it ran.
        frames: How many.
        cycles: Of the whole run; null at levels without a clock.
        seconds: Wall-clock time of the run; 0 at level reference.
        outputs: The file that was written; null without `--outputs`.
        classes: Of an output that is one vector per frame: the place of its largest number.
        accuracy: Share of the frames whose class is their label; null without `--labels`.
    """

    directory: str
    level: str
    frames: int
    cycles: int | None
    seconds: float
    outputs: str | None
    classes: list[int] | None
    accuracy: float | None


class TraceAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile trace`.

    Attributes:
        level: At which it ran.
        frames: How many.
        tensors: Name to shape of one frame: height, width, channels.
        outputs: The file that was written.
    """

    level: str
    frames: int
    tensors: dict[str, list[int]]
    outputs: str


class BuildAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile build`.

    Attributes:
        folder: The board's folder in the build directory.
        bitstream: The file to load; null where a vendor's program is not installed.
        resources: What was made; null where nothing was synthesized now.
    """

    folder: str
    bitstream: str | None
    resources: BoardReport | None


class FilesAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile driver`, `hwcompile testbench` and `hwcompile wrap`.

    Attributes:
        files: What was written.
    """

    files: list[str]


class ProgramAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile program`.

    Attributes:
        command: The programmer's command, word by word.
        ran: False with `--dry-run`.
    """

    command: list[str]
    ran: bool


class RunAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile run`.

    Attributes:
        board: The board's id.
        frames: Frames that came back.
        seconds: Wall-clock time.
        retries: Packets that were sent again.
        outputs: The file that was written; null without `--outputs`.
        differing: Frames that differ from level reference; null without `--check`.
    """

    board: str
    frames: int
    seconds: float
    retries: int
    outputs: str | None
    differing: int | None


class BoardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A board.

    Attributes:
        board: Its id.
        name: In words.
        family: Of its FPGA.
        device: The FPGA.
        tools: open, or whose flow makes its bitstreams.
        links: Links to a host.
        clock_mhz: Its oscillator. MHz.
        lut: Logic cells.
        ff: Flip-flops.
        ram_bits: Bits of block RAM and large RAM.
        dsp: DSP blocks.
    """

    board: str
    name: str
    family: str
    device: str
    tools: str
    links: list[str]
    clock_mhz: float
    lut: int
    ff: int
    ram_bits: int
    dsp: int


class BoardsAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile boards`.

    Attributes:
        boards: By id.
    """

    boards: list[BoardAnswer]


class FamilyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A family of operators.

    Attributes:
        family: Its name.
        kernels: What builds it; empty where it is lowered to others.
        summary: What it does.
    """

    family: str
    kernels: list[str]
    summary: str


class OpsAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile ops`.

    Attributes:
        families: Of operators.
        sources: Operators of source files by domain.
    """

    families: list[FamilyAnswer]
    sources: dict[str, list[str]]


class PartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A package or a program.

    Attributes:
        part: Its name.
        version: That of a package; "found" for a program; null where it is missing.
        purpose: What it is for.
        remedy: How to get it; empty where it is there.
    """

    part: str
    version: str | None
    purpose: str
    remedy: str


class DoctorAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile doctor`.

    Attributes:
        parts: Packages and programs.
        levels: Level to whether it can run here.
        directory: The build directory that was checked; null without one.
    """

    parts: list[PartAnswer]
    levels: dict[str, bool]
    directory: str | None


class KindAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of entries of the cache.

    Attributes:
        kind: Its name.
        entries: How many.
        bytes: Of all of them.
    """

    kind: str
    entries: int
    bytes: int


class CacheAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile cache`.

    Attributes:
        folder: Where the cache is.
        limit: Bytes that it is kept below.
        removed: Bytes that were removed now.
        kinds: What is left.
    """

    folder: str
    limit: int
    removed: int
    kinds: list[KindAnswer]


ANSWERS: dict[str, type[CommandAnswer]] = {
    "boards": BoardsAnswer,
    "build": BuildAnswer,
    "cache": CacheAnswer,
    "compile": CompileAnswer,
    "doctor": DoctorAnswer,
    "driver": FilesAnswer,
    "explore": ExploreAnswer,
    "import-deep-compression": ImportAnswer,
    "ops": OpsAnswer,
    "power": PowerAnswer,
    "program": ProgramAnswer,
    "run": RunAnswer,
    "simulate": SimulateAnswer,
    "split": SplitAnswer,
    "testbench": FilesAnswer,
    "trace": TraceAnswer,
    "verify": VerifyAnswer,
    "verify-system": VerifySystemAnswer,
    "wrap": FilesAnswer,
}
"""Command to its answer; `report --json` prints `report.json`, and `simulate-board` only serves."""


def say(answer: CommandAnswer) -> None:
    """Print an answer."""
    data: Any = msgspec.to_builtins(answer)
    typer.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())


def say_files(folder: Path) -> None:
    """Print the files below a folder that was written, hidden ones left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    say(FilesAnswer(files=[str(path) for path in files if not path.name.startswith(".")]))
