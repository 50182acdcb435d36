from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.schedule.fakes import registered


@pytest.fixture(autouse=True)
def fakes() -> Iterator[None]:
    with registered():
        yield
