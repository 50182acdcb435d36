"""A real Dask scheduler and its workers: one is killed half way, and another one comes late."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cluster import Cluster, engine
from hwcompile.engine.work import KIND, Here, Job, Work, WorkEngine
from hwcompile.explore.network.tasks import Found, Start, perform
from tests.cli.small import save
from tests.explore.network.test_explore import explored
from tests.models import ROOT

_BEFORE = 4
"""Results of a batch that are kept before a worker is lost."""

_ENV = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A program of Dask's, ended afterwards whatever happens."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=_ENV
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def worker(address: str) -> Any:
    return started("worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with one_scheduler() as (_, address):
        yield address


@contextmanager
def one_scheduler() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A scheduler and its address."""
    words = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    with started(*words) as process:
        assert process.stderr is not None
        found = None
        while found is None:
            line = process.stderr.readline()
            assert line, "the scheduler ended"
            found = re.search(r"Scheduler at:\s+(tcp://\S+)", line)
        # Nobody else reads what it says.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, found[1]


def times_done(dask_scheduler: Any) -> dict[str, int]:
    """How often each piece of work came to its end, as the scheduler saw it."""
    found: dict[str, int] = {}
    for entry in dask_scheduler.transition_log:
        key, _, finish = entry[:3]
        if finish == "memory":
            found[str(key)] = found.get(str(key), 0) + 1
    return found


def test_a_killed_worker_loses_nothing(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save(tmp_path)
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "alone"))
    alone = explored(model, WorkEngine(Here()))

    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "together"))
    with worker(scheduler) as victim, worker(scheduler), engine(scheduler) as does:
        assert isinstance(does.runner, Cluster)
        client = does.runner._client
        client.wait_for_workers(2, timeout=60)
        assert does.workers == 2
        kept = list[str]()

        class Disturbed(Cluster):
            """Kills a worker in the middle of the first large batch, when results are kept."""

            def run(self, job: Job[Any], works: Sequence[Work]) -> Iterator[tuple[str, bytes]]:
                for number, found in enumerate(super().run(job, works)):
                    yield found
                    if number == _BEFORE and len(works) > 2 * _BEFORE and not kept:
                        kept.extend(p.name for p in (tmp_path / "together" / KIND).iterdir())
                        # The scheduler hears a little later what nobody waits for any more.
                        time.sleep(0.5)
                        victim.send_signal(signal.SIGKILL)
                        assert victim.wait() == -signal.SIGKILL

        does.runner = Disturbed(client)
        with worker(scheduler):
            front = explored(model, does)
            client.wait_for_workers(2, timeout=60)
        assert front == alone
        done = client.run_on_scheduler(times_done)
        mine = {key: count for key, count in done.items() if key.startswith(f"{KIND}-")}
        assert len(mine) == does.performed
        # Only what the killed worker held and nobody had fetched may have been done again.
        known = [mine[key] for name in kept if (key := f"{KIND}-{name}") in mine]
        assert len(known) > _BEFORE
        assert set(known) == {1}
        again = WorkEngine(does.runner)
        assert explored(model, again) == alone
        assert (again.performed, again.cached) == (0, does.performed)


def test_a_worker_of_another_version_is_refused(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    monkeypatch.setattr("hwcompile.engine.cluster.compiler_key", lambda: "another")
    job = Job(pickle.loads, ("shared", pickle.dumps(1)), perform, Found)
    with worker(scheduler), engine(scheduler) as does, pytest.raises(CompileError, match="HW0410"):
        does.run(job, [Work("work", Start(()))])
    assert not (tmp_path / KIND).exists()


def number_of(packed: bytes) -> Any:
    return pickle.loads(packed)


def last_breath(shared: Any, task: Any) -> Found:
    """A piece of work for which its process is killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def endless(shared: Any, task: Any) -> Found:
    """A piece of work that is still done when the scheduler ends."""
    time.sleep(600)
    raise AssertionError


PACKED = ("shared", pickle.dumps(1))


def test_work_that_ends_worker_after_worker_is_given_up(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    job = Job(number_of, PACKED, last_breath, Found)
    words = ("worker", scheduler, "--nthreads", "1", "--no-dashboard")
    with started(*words), engine(scheduler) as does:
        does.runner._client.run_on_scheduler(one_chance)  # type: ignore[attr-defined]
        with pytest.raises(CompileError, match=r"HW0407.*ended in the middle"):
            does.run(job, [Work("work", Start(()))])
    assert not (tmp_path / KIND).exists()


def one_chance(dask_scheduler: Any) -> None:
    """The test need not wait until several workers are killed."""
    dask_scheduler.allowed_failures = 0


def test_a_scheduler_that_ends_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    job = Job(number_of, PACKED, endless, Found)
    with one_scheduler() as (process, address), worker(address), engine(address) as does:
        threading.Timer(2.0, process.kill).start()
        with pytest.raises(CompileError, match=r"HW0407.*gone"):
            does.run(job, [Work("work", Start(()))])


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwcompile.engine.cluster._TIMEOUT", 1)
    with pytest.raises(CompileError, match="HW0407"), engine("tcp://127.0.0.1:9"):
        pass
    with pytest.raises(CompileError, match="HW0407"), engine("nonsense://"):
        pass
