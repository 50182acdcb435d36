"""Pieces of work on the workers of a Dask scheduler, and the engine that a command asks for.

What a worker had begun when it was lost is given to another one by Dask's scheduler (M. Rocklin,
"Dask: Parallel Computation with Blocked algorithms and Task Scheduling", SciPy 2015).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hwcompile.diagnostics import fail
from hwcompile.engine.version import compiler_key
from hwcompile.engine.work import Here, Job, Work, WorkEngine, perform_packed
from hwcompile.processes import job_count

_RETRIES = 2
_TIMEOUT = 30
"""Seconds until a scheduler that does not answer is given up."""


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
                key=f"{job.kind}-{work.key}",
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
