"""Pieces of work, each done once: in this process, or in threads that wait for programs.

A piece of work is a function of plain data that gives the same result wherever it runs. Results
are kept under a key of its contents, so what was done once is not done again, and what was ended
in the middle goes on where it was. Work that computes in Python goes to processes (`cluster.py`);
work that waits for programs needs threads alone, which are there at once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from hwcompile.diagnostics import fail
from hwcompile.engine.cache import cached, is_cached
from hwcompile.engine.version import compiler_key
from hwcompile.processes import as_done, job_count

KIND = "explore"
"""Of results in the cache, unless a job says another."""

_RESULT = "result.json"
R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True)
class Work:
    """A piece of work.

    Attributes:
        key: Of its contents, and of everything else that its result depends on.
        task: What `Job.perform` takes.
    """

    key: str
    task: Any


@dataclass(frozen=True)
class Job(Generic[R]):
    """What is done to pieces of work.

    Attributes:
        open: Makes of `packed` what all pieces share; a process does it once.
        packed: Its contents, and their key.
        perform: Does one.
        result: The type of results.
        lasting: Which results are kept in the cache. Those of tools that failed may be others when
            they are tried again.
        kind: Of its results in the cache.
    """

    open: Callable[[bytes], Any]
    packed: tuple[str, bytes]
    perform: Callable[[Any, Any], R]
    result: type[R]
    lasting: Callable[[R], bool] = lambda _: True
    kind: str = KIND


def contents_key(*parts: str) -> str:
    """A key of texts."""
    state = hashlib.sha256()
    for part in parts:
        state.update(hashlib.sha256(part.encode(errors="surrogatepass")).digest())
    return state.hexdigest()[:32]


class Runner(Protocol):
    """Does pieces of work that are not in the cache."""

    @property
    def workers(self) -> int:
        """How many are done at once, at the moment."""

    def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
        """Keys and results as JSON, in any order."""


class Store(Protocol):
    """Where results are kept, as JSON."""

    def find(self, kind: str, key: str) -> bytes | None:
        """A result, or None."""

    def keep(self, kind: str, key: str, data: bytes) -> None:
        """Keep one."""


class CacheStore:
    """In the user's cache, where the least recently used make room."""

    def find(self, kind: str, key: str) -> bytes | None:
        """See `Store`."""
        if is_cached(kind, key):
            # Another process may make room in the cache at any time.
            with suppress(_GoneError):
                return (cached(kind, key, _gone) / _RESULT).read_bytes()
        return None

    def keep(self, kind: str, key: str, data: bytes) -> None:
        """See `Store`."""
        cached(kind, key, partial(_write, data))


@dataclass(frozen=True)
class FolderStore:
    """In a folder for good, as `KEY.json`; its owner's keys need no kinds."""

    folder: Path

    def find(self, kind: str, key: str) -> bytes | None:
        """See `Store`."""
        file = self.folder / f"{key}.json"
        return file.read_bytes() if file.is_file() else None

    def keep(self, kind: str, key: str, data: bytes) -> None:
        """See `Store`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = self.folder / f".{key}.json"
        begun.write_bytes(data)
        begun.replace(self.folder / f"{key}.json")


@dataclass
class WorkEngine:
    """Does pieces of work, each once.

    Attributes:
        runner: Where.
        store: Where results are kept.
        step: Called for every piece whose result is there.
        performed: How many were done.
        cached: How many were in the cache.
    """

    runner: Runner
    store: Store = field(default_factory=CacheStore)
    step: Callable[[], None] = lambda: None
    performed: int = 0
    cached: int = 0

    @property
    def workers(self) -> int:
        """How many pieces are done at once, at the moment."""
        return self.runner.workers

    def run(self, job: Job[R], works: Sequence[Work]) -> list[R]:
        """Results of pieces of work, in their order.

        Args:
            job: What is done to them.
            works: Pieces.
        """
        found: dict[str, R] = {}
        for work in works:
            if work.key not in found and (data := self.store.find(job.kind, work.key)) is not None:
                found[work.key] = msgspec.json.decode(data, type=job.result)
                self.step()
        self.cached += len(found)
        missing = list({work.key: work for work in works if work.key not in found}.values())
        for key, data in self.runner.run(job, missing):
            found[key] = msgspec.json.decode(data, type=job.result)
            if job.lasting(found[key]):
                self.store.keep(job.kind, key, data)
            self.performed += 1
            self.step()
        return [found[work.key] for work in works]


class _GoneError(Exception):
    """A result is in the cache no more."""


def _gone(folder: Path) -> None:
    raise _GoneError


def _write(data: bytes, folder: Path) -> None:
    (folder / _RESULT).write_bytes(data)


@dataclass
class Here:
    """In this process, one after the other."""

    workers: int = 1

    def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
        """See `Runner`."""
        for work in works:
            yield (
                work.key,
                perform_packed(job.open, job.packed, job.perform, work.task, compiler_key()),
            )


class ProgramThreads:
    """In threads of this process, for work that waits for programs; so many as `--jobs` says."""

    @property
    def workers(self) -> int:
        """See `Runner`."""
        return job_count()

    def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
        """See `Runner`."""

        def does(work: Work) -> tuple[str, bytes]:
            made = perform_packed(job.open, job.packed, job.perform, work.task, compiler_key())
            return work.key, made

        yield from as_done(does, works)


_OPENED: dict[str, Any] = {}
"""What pieces of work share in this process, by the key of its contents; the last ones."""

_MOST_OPENED = 4
_opening = threading.Lock()


def perform_packed(
    opens: Callable[[bytes], Any],
    packed: tuple[str, bytes],
    performs: Callable[[Any, Any], msgspec.Struct],
    task: Any,
    version: str,
) -> bytes:
    """Do a piece of work in whatever process this is.

    Args:
        opens: See `Job.open`.
        packed: See `Job.packed`.
        performs: See `Job.perform`.
        task: See `Work.task`.
        version: `compiler_key` of who asks, under which the result is kept.

    Returns:
        The result as JSON.

    Raises:
        CompileError: HW0410 where this process has another version.
    """
    if version != compiler_key():
        raise fail(
            "HW0410",
            "a worker of the cluster has another version of hwcompile or of its packages",
            "what it finds would be kept as that of this version",
            "the same versions there as here, and workers that are started anew",
        )
    return msgspec.json.encode(performs(_opened(opens, *packed), task))


def _opened(opens: Callable[[bytes], Any], key: str, data: bytes) -> Any:
    with _opening:
        if key not in _OPENED:
            while len(_OPENED) >= _MOST_OPENED:
                _OPENED.pop(next(iter(_OPENED)))
            _OPENED[key] = opens(data)
        return _OPENED[key]
