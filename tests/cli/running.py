"""Runs the command line in this process, as a user would type it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hwcompile.cli import main


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


def type_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> Outcome:
    """Run `hwcompile <words>`."""
    monkeypatch.setattr("sys.argv", ["hwcompile", *(str(word) for word in words)])
    code = 0
    try:
        main()
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    printed = capsys.readouterr()
    return Outcome(code, printed.out, printed.err)
