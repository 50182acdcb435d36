"""One thin file per command; importing a command's module registers it."""

from __future__ import annotations

from hwcompile.cli.app import run as run_application


def main() -> None:
    """Entry point of the `hwcompile` program."""
    from hwcompile.cli import (  # noqa: F401
        boards,
        build,
        compile,
        doctor,
        driver,
        ops,
        program,
        report,
        run,
        simulate,
        simulate_board,
        verify,
        wrap,
    )

    run_application()
