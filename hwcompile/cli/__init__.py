"""One thin file per command; a command's module is imported when the command is run."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def program() -> None:
    """The process that is the `hwcompile` program; see `main`.

    When the command is done, what is left is the interpreter's own clearing up. It puts back the
    signal's default first and lets go of large libraries then: a late Ctrl-C would kill a program
    that has done its work, without a word. It is ignored from here on.
    """
    try:
        main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> None:
    """Run one command, in a process that may go on afterwards."""
    if threading.current_thread() is not threading.main_thread():
        _run()
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave_at_once)
        _run()
    finally:
        signal.signal(signal.SIGINT, before)


def _run() -> None:
    from hwcompile.cli.app import run_command_line

    run_command_line()


def _leave_at_once(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while modules are imported: nothing is begun that would have to be cleaned up."""
    os.write(2, b"Interrupted.\n")
    os._exit(130)
