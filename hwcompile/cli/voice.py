"""What every command can be told: how much it says, and how many programs it runs at once.

Progress goes to standard error: on a terminal as one line that changes, elsewhere as a line for
each step, which ends with `...`. With --quiet or --json there is none.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any

import typer
from typer.models import CommandInfo

from hwcompile.cli.exits import errors
from hwcompile.limits import JOBS, not_both, whole
from hwcompile.processes import Jobs
from hwcompile.report.console import report_console

console = report_console()
"""What a command says on standard output; nothing with --quiet."""

answers = report_console()
"""What a command was asked for: verdicts, and the tables of those that only list."""

Step = Callable[[str], None]
"""Says that a step starts."""


COMPILING = (
    *("build", "explore", "power", "run", "simulate", "simulate-board"),
    *("trace", "verify", "verify-system"),
)
"""Commands that run programs or processes of their own at once."""


class Loudness(IntEnum):
    """How much a command says."""

    QUIET = 0
    PLAIN = 1
    VERBOSE = 2


class Voice:
    """Of the command that runs.

    Attributes:
        loudness: How much it says.
        as_json: Whether standard output belongs to an answer as JSON.
    """

    loudness = Loudness.PLAIN
    as_json = False


class _Details(logging.Handler):
    """Details of `--verbose` on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        errors.print(f"  {record.getMessage()}", markup=False)


_DETAILS = _Details()


def speak(loudness: Loudness) -> None:
    """Set how much the command says from here on; details are what modules log as information."""
    Voice.loudness = loudness
    console.quiet = loudness is Loudness.QUIET
    logger = logging.getLogger("hwcompile")
    logger.removeHandler(_DETAILS)
    logger.setLevel(logging.NOTSET)
    if loudness is Loudness.VERBOSE:
        logger.addHandler(_DETAILS)
        logger.setLevel(logging.INFO)


def begin() -> None:
    """A command begins: nothing of a former one in this process is left."""
    Voice.as_json = False
    Jobs.most = None
    speak(Loudness.PLAIN)


def shared_options(name: str) -> list[Any]:
    """The options that commands share.

    Args:
        name: Of the command. Those that compile programs have `--jobs`; `simulate-board`, which
            serves until it is interrupted, has no `--json`.
    """
    command = typer.main.get_command_from_info(
        CommandInfo(name="any", callback=_options),
        pretty_exceptions_short=False,
        rich_markup_mode=None,
    )
    without = {"as_json"} if name == "simulate-board" else set()
    without |= set() if name in COMPILING else {"jobs"}
    return [part for part in command.params if part.name not in without]


def _as_json(asked: bool) -> bool:
    Voice.as_json = asked
    return asked


def _jobs(asked: int | None) -> int | None:
    if asked is not None:
        Jobs.most = whole("--jobs", asked, JOBS)
    return asked


def _quiet(asked: bool) -> bool:
    return _asked(asked, Loudness.QUIET)


def _verbose(asked: bool) -> bool:
    return _asked(asked, Loudness.VERBOSE)


def _asked(asked: bool, loudness: Loudness) -> bool:
    """One of the two options; they come in the order in which they were typed."""
    if asked:
        if Voice.loudness not in (Loudness.PLAIN, loudness):
            why = "one asks for less and the other for more"
            not_both(("--quiet", True), ("--verbose", True), why)
        speak(loudness)
    return asked


def _options(
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            help="Compilers, simulations and other processes that run at once.",
            show_default="as many as there are processors",
            callback=_jobs,
            expose_value=False,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the result as JSON and nothing else.",
            callback=_as_json,
            expose_value=False,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            help="Only errors, and what was asked for.",
            callback=_quiet,
            expose_value=False,
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Also what each step did, and how long it took.",
            callback=_verbose,
            expose_value=False,
        ),
    ] = False,
) -> None:
    """Every command's."""


@contextmanager
def progress(first: str = "") -> Iterator[Step]:
    """Show what the command is doing.

    Args:
        first: The first step, if it is known.

    Yields:
        A function to call with each further step as it starts.
    """
    if Voice.loudness is Loudness.VERBOSE:
        timed = _Timed(first)
        yield timed.next
        timed.end()
    elif Voice.loudness is Loudness.QUIET or Voice.as_json:
        yield lambda step: None
    elif sys.stderr.isatty() and not errors.is_dumb_terminal:
        with errors.status(first or "starting") as status:
            yield status.update
    else:
        if first:
            _line(first)
        yield _line


def _line(step: str) -> None:
    errors.print(f"{step} ...", markup=False)


class _Timed:
    """Steps as lines, and below each what it did and how long it took."""

    def __init__(self, first: str) -> None:
        self.begun = 0.0
        if first:
            self.next(first)

    def next(self, step: str) -> None:
        """The step before is done."""
        self.end()
        _line(step)
        self.begun = time.perf_counter()

    def end(self) -> None:
        """Say how long the step took."""
        if self.begun:
            errors.print(f"  {time.perf_counter() - self.begun:.2f} s", markup=False)
