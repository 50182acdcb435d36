"""Programs that this one runs: whoever interrupts it does not leave them behind."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import TextIO, TypeVar

_log = logging.getLogger(__name__)
_running: set[subprocess.Popen[str]] = set()
_lock = threading.Lock()

_T = TypeVar("_T")
_R = TypeVar("_R")


class Jobs:
    """How many programs may run at once.

    Attributes:
        most: What the user said; None for as many as there are processors for this process.
    """

    most: int | None = None


def job_count() -> int:
    """How many programs may run at once."""
    return Jobs.most or len(os.sched_getaffinity(0))


def in_parallel(function: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
    """Results of a function that waits for programs, for all items in their order.

    After an error no others begin, and Ctrl-C also ends those that run.
    """
    with ThreadPoolExecutor(job_count()) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):
                stop_processes()
            raise


def as_done(function: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """Results of a function that waits for programs, as they are done.

    After an error no others begin; whoever takes no more of them ends the programs that run.
    """
    with ThreadPoolExecutor(job_count()) as pool:
        try:
            for future in as_completed([pool.submit(function, item) for item in items]):
                yield future.result()
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):
                stop_processes()
            raise


def run_captured(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with its output captured, as `subprocess.run` does.

    It may be called in any thread: `stop_processes` ends what runs, whoever waits for it.
    """
    out, said, code = _run(command, cwd, env, subprocess.PIPE, subprocess.PIPE)
    return subprocess.CompletedProcess(list(command), code, out, said)


def run_into(command: Sequence[str | Path], log: Path, *, cwd: Path | None = None) -> int:
    """Run a program to its end, all that it says into a file; returns its exit code.

    It may be called in any thread, as `run_captured`.
    """
    with log.open("w") as file:
        return _run(command, cwd, None, file, subprocess.STDOUT)[2]


def _run(
    command: Sequence[str | Path],
    cwd: Path | None,
    env: dict[str, str] | None,
    stdout: int | TextIO,
    stderr: int,
) -> tuple[str, str, int]:
    """What a program says, as far as it is captured, and its exit code."""
    started = time.perf_counter()
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        errors="replace",
    ) as process:
        with _lock:
            _running.add(process)
        try:
            out, said = process.communicate()
        except BaseException:
            process.kill()
            raise
        finally:
            with _lock:
                _running.discard(process)
    seconds = time.perf_counter() - started
    _log.info("%s: exit code %d, %.2f s", Path(command[0]).name, process.returncode, seconds)
    return out, said, process.returncode


def stop_processes() -> None:
    """End every program that `run_captured` waits for, in whatever thread."""
    # A copy without the lock: a signal handler may run while its own thread holds it.
    for process in tuple(_running):
        with suppress(OSError):
            process.kill()
