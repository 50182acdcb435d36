"""Runs one attack in this process: it may succeed or be refused in words, nothing else."""

from __future__ import annotations

import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from hwcompile.diagnostics import CompileError

HANG_SECONDS = 20.0


class Hang(BaseException):
    """An attempt took longer than it may. Not an Exception: nothing but us catches it."""


@contextmanager
def watchdog(seconds: float = HANG_SECONDS) -> Iterator[None]:
    """Raise `Hang` in the main thread after `seconds`."""

    def bark(signum: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Attempt:
    """What came of it.

    Attributes:
        kind: `right` (it returned), `refused` (CompileError), `tracebacks` or `hangs`.
        value: What it returned, or the CompileError.
        text: For a failure, the exception and the innermost lines of our own code.
    """

    kind: str
    value: Any = None
    text: str = ""

    @property
    def bad(self) -> bool:
        """True for a traceback or a hang."""
        return self.kind in ("tracebacks", "hangs")


def attempt(action: Callable[[], Any], seconds: float = HANG_SECONDS) -> Attempt:
    """Run `action` under a watchdog; what numpy would write to the user's screen is a traceback."""
    try:
        with watchdog(seconds), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return Attempt("right", action())
    except CompileError as error:
        return Attempt("refused", error)
    except Hang as error:
        return Attempt("hangs", text=_where(error))
    except MemoryError as error:
        return Attempt("tracebacks", text=_where(error))
    except Exception as error:
        return Attempt("tracebacks", text=_where(error))


def _where(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "hwcompile" in f.filename]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-3:]))
    first = (str(error).splitlines() or [""])[0][:160]
    return f"{type(error).__name__}: {first} at {places}"


def snapshot(folder: Path, *without: Path) -> dict[str, tuple[int, int]]:
    """Every file below `folder` with size and time of change, except those below `without`."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not any(path.is_relative_to(skipped) for skipped in without):
            status = path.lstat()
            found[str(path)] = (status.st_size, status.st_mtime_ns if path.is_file() else 0)
    return found
