"""Runs the command line in this process, as a user would type it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hwcompile.cli import main


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed.

    Attributes:
        code: The exit code.
        out: On standard output.
        err: On standard error, without progress.
        steps: The lines of progress.
    """

    code: int
    out: str
    err: str
    steps: tuple[str, ...] = ()

    @staticmethod
    def of(code: int, out: str, err: str) -> Outcome:
        """Tell progress from what else is on standard error."""
        lines = err.splitlines(keepends=True)
        steps = tuple(line.strip() for line in lines if line.endswith(" ...\n"))
        said = "".join(line for line in lines if not line.endswith(" ...\n"))
        return Outcome(code, out, said, steps)


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
    return Outcome.of(code, printed.out, printed.err)
