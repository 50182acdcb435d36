"""Programs that run beside each other: so many at once, results in order, none left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from hwcompile.processes import Jobs, in_parallel, job_count, run_captured


@pytest.fixture(autouse=True)
def jobs() -> Iterator[None]:
    """What a test says of jobs holds for it alone."""
    yield
    Jobs.most = None


@pytest.mark.parametrize("most", [1, 2, 5])
def test_so_many_run_at_once_and_results_are_in_order(most: int) -> None:
    Jobs.most = most
    lock, running, seen = threading.Lock(), 0, []

    def work(item: int) -> int:
        nonlocal running
        with lock:
            running += 1
            seen.append(running)
        time.sleep(0.02 * (7 - item) / 7)
        with lock:
            running -= 1
        return item * item

    assert in_parallel(work, range(7)) == [0, 1, 4, 9, 16, 25, 36]
    assert max(seen) <= most == job_count()


def test_an_error_ends_no_program_of_others() -> None:
    """The first error in order is raised; what ran beside it went on to its end."""
    codes: list[int] = []

    def work(item: int) -> None:
        if item:
            raise ValueError("the second")
        codes.append(run_captured(["sleep", "0.3"]).returncode)

    Jobs.most = 2
    with pytest.raises(ValueError, match="the second"):
        in_parallel(work, range(2))
    assert codes == [0]
