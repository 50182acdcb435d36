"""Where pieces of work run: in this process, in processes of its own, or on a Dask cluster.

A piece of work is a function of plain data that gives the same result wherever it runs. Results are
kept under a key of its contents, so what was done once is not done again, and an exploration that
was ended goes on where it was. On a cluster, what a worker had begun when it was lost is given to
another one by Dask's scheduler (M. Rocklin, "Dask: Parallel Computation with Blocked algorithms and
Task Scheduling", SciPy 2015).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from hwcompile.diagnostics import fail
from hwcompile.explore.version import compiler_key
from hwcompile.processes import job_count
from hwcompile.verify.cache import cached, is_cached

KIND = "explore"
"""Of results in the cache."""

_RESULT = "result.json"
_TIMEOUT = 30
"""Seconds until a scheduler that does not answer is given up."""

_log = logging.getLogger(__name__)

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
    """

    open: Callable[[bytes], Any]
    packed: tuple[str, bytes]
    perform: Callable[[Any, Any], R]
    result: type[R]
    lasting: Callable[[R], bool] = lambda _: True


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


@dataclass
class WorkEngine:
    """Does pieces of work, each once.

    Attributes:
        runner: Where.
        performed: How many were done.
        cached: How many were in the cache.
    """

    runner: Runner
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
            if work.key not in found and is_cached(KIND, work.key):
                # Another process may make room in the cache at any time.
                with suppress(_GoneError):
                    found[work.key] = _read(cached(KIND, work.key, _gone), job.result)
        self.cached += len(found)
        missing = list({work.key: work for work in works if work.key not in found}.values())
        for key, data in self.runner.run(job, missing):
            found[key] = msgspec.json.decode(data, type=job.result)
            if job.lasting(found[key]):
                cached(KIND, key, partial(_write, data))
            self.performed += 1
        return [found[work.key] for work in works]


class _GoneError(Exception):
    """A result is in the cache no more."""


def _gone(folder: Path) -> None:
    raise _GoneError


def _write(data: bytes, folder: Path) -> None:
    (folder / _RESULT).write_bytes(data)


def _read(folder: Path, kind: type[R]) -> R:
    return msgspec.json.decode((folder / _RESULT).read_bytes(), type=kind)


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


class Cluster:
    """On the workers of a Dask scheduler; they may come and go."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def workers(self) -> int:
        """Threads of all workers that are there."""
        return sum(self._client.nthreads().values())

    def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
        """See `Runner`.

        Raises:
            CompileError: HW0407 where the scheduler is lost, or worker after worker ends.
        """
        from distributed import KilledWorker, as_completed
        from distributed.client import FutureCancelledError

        futures = {
            self._client.submit(
                perform_packed,
                job.open,
                job.packed,
                job.perform,
                work.task,
                compiler_key(),
                key=f"{KIND}-{work.key}",
                retries=_RETRIES,
            ): work.key
            for work in works
        }
        try:
            done = as_completed(list(futures), loop=self._client.loop, with_results=True)
            for future, data in done:
                if isinstance(data, FutureCancelledError):  # given as a result, not raised
                    raise data
                key = futures.pop(future)
                # What nobody waits for any more is not done again when its worker is lost.
                future.release()
                yield key, data
        except GeneratorExit:
            raise
        except FutureCancelledError as error:
            raise fail(
                "HW0407",
                "the scheduler is gone",
                "the connection to it was lost; what was done is kept",
                "the same command once it is back",
            ) from error
        except KilledWorker as error:
            self._client.cancel(list(futures))
            raise fail(
                "HW0407",
                "workers of the cluster ended in the middle of their work",
                f"{error.allowed_failures + 1} of them did with the same piece, perhaps for want "
                "of memory; what was done is kept",
                "workers with more memory or fewer threads",
            ) from error
        except BaseException:
            self._client.cancel(list(futures))
            raise


_RETRIES = 2
_OPENED: dict[str, Any] = {}
"""What pieces of work share in this process, by the key of its contents; the last ones."""

_MOST_OPENED = 4


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
    key, data = packed
    if key not in _OPENED:
        while len(_OPENED) >= _MOST_OPENED:
            _OPENED.pop(next(iter(_OPENED)))
        _OPENED[key] = opens(data)
    return msgspec.json.encode(performs(_OPENED[key], task))


@contextmanager
def engine(scheduler: str = "") -> Iterator[WorkEngine]:
    """An engine, and its processes while it is used.

    Args:
        scheduler: Address of a Dask scheduler, `tcp://HOST:PORT`; without one as many processes as
            `--jobs` says are started here.

    Raises:
        CompileError: HW0805 when Dask is needed and not installed, HW0407 when its scheduler does
            not answer.
    """
    if not scheduler and job_count() == 1:
        yield WorkEngine(Here())
        return
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise fail(
            "HW0805",
            "Dask is not installed",
            "several processes need it",
            'pip install "hwcompile[explore]", or --jobs 1',
        ) from error
    # What goes wrong is said once, by the errors here.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if scheduler:
        try:
            client = Client(scheduler, timeout=_TIMEOUT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise fail(
                "HW0407",
                f"the scheduler '{scheduler}' does not answer",
                str(error).splitlines()[0],
                "`dask scheduler` says its address, and `dask worker` takes it",
            ) from error
        with client:
            yield WorkEngine(Cluster(client))
        return
    with (
        LocalCluster(
            n_workers=job_count(),
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield WorkEngine(Cluster(client))
