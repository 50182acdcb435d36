"""How a command ends: one table of exit codes, and what an end without success prints.

0 is success, 1 a mismatch (and nothing else), 2 the user's error, 3 a tool that is missing, 4 an
error of the program itself, 130 Ctrl-C, 141 a reader that closed the pipe.
"""

from __future__ import annotations

import os
import select
import sys
from typing import NoReturn

from rich.console import Console

from hwcompile.diagnostics import CompileError

SUCCESS = 0
MISMATCH = 1
USER_ERROR = 2
MISSING_TOOL = 3
INTERNAL_ERROR = 4
INTERRUPTED = 130
BROKEN_PIPE = 141

errors = Console(stderr=True, soft_wrap=True, highlight=False)


def leave(error: BaseException) -> NoReturn:
    """Print what the user should read about an exception and end with its exit code."""
    if isinstance(error, CompileError):
        for diagnostic in error.diagnostics:
            errors.print(str(diagnostic), markup=False)
        sys.exit(MISSING_TOOL if error.missing_tool else USER_ERROR)
    if isinstance(error, KeyboardInterrupt):
        errors.print("Interrupted.")
        sys.exit(INTERRUPTED)
    if isinstance(error, BrokenPipeError) and _reader_is_gone():
        sys.exit(BROKEN_PIPE)
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        from hwcompile.build_directory import os_failure

        leave(os_failure(error))
    from hwcompile.cli.crash import crash_paragraph

    errors.print(crash_paragraph(error), markup=False)
    sys.exit(INTERNAL_ERROR)


def _reader_is_gone() -> bool:
    """Whether it is this program's own output that nobody reads any more; it goes nowhere then."""
    try:
        output = sys.stdout.fileno()
        poll = select.poll()
        poll.register(output, 0)
        gone = any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError, AttributeError):
        return False
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return gone
