"""How workers share out the suite."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.sharing import LONGEST, MOST, TESTS, longest_first, workers


def test_there_is_always_one_to_work_while_another_waits() -> None:
    assert [workers(cores) for cores in (1, 2, 4, 64)] == [2, 3, 5, MOST]


def test_long_modules_come_first_and_others_keep_their_order() -> None:
    names = ["cli/a", "ops/b", "cli/c", "toolchains/d", "ops/conv/e"]
    items = [SimpleNamespace(path=TESTS / f"{name}.py") for name in names]
    longest_first(items)  # type: ignore[arg-type]
    order = [str(item.path.relative_to(TESTS))[:-3] for item in items]
    assert order == ["toolchains/d", "ops/b", "ops/conv/e", "cli/a", "cli/c"]


@pytest.mark.parametrize("name", LONGEST)
def test_the_folder_is_there(name: str) -> None:
    assert (TESTS / name).is_dir()
