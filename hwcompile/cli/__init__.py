"""One thin file per command; importing a command's module registers it."""

from __future__ import annotations

from hwcompile.cli.app import run


def main() -> None:
    """Entry point of the `hwcompile` program."""
    from hwcompile.cli import boards, build, compile, doctor, ops, program, report, simulate, verify  # noqa: F401

    run()
