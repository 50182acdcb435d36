"""How the workers of `make test` share out the suite: how many there are, and what comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

MOST = 9
"""Workers, whatever the machine: each may start a synthesis or a compiler."""

LONGEST = (
    *("toolchains", "e2e", "techniques", "vendor", "verify", "runtime", "plugins", "rtl", "ops"),
)
"""Folders with modules of half a minute and more, which must not be what the last worker is left
with; those of the others take seconds."""


def workers(cores: int) -> int:
    """One more than there are cores, because tests also wait for programs that they start."""
    return min(cores + 1, MOST)


def longest_first(items: list[pytest.Item]) -> None:
    """Order tests by their folders, and leave their order as it is otherwise."""
    items.sort(key=lambda item: _place(item.path))


def _place(path: Path) -> int:
    folder = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)
