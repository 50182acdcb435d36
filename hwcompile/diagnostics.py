"""What the compiler tells its user, and where in the user's model it happened.

The classes are those of the runtime, which says in the same words what is wrong on a board.
Anything else that is raised is a bug of the compiler, not of the model.
"""

from __future__ import annotations

from hwcompile_runtime.diagnostics import (
    MISSING_TOOLS,
    CompileError,
    Diagnostic,
    Origin,
    fail,
    reason_of,
)

__all__ = [
    "MISSING_TOOLS",
    "CompileError",
    "Diagnostic",
    "InternalError",
    "Origin",
    "fail",
    "reason_of",
]


class InternalError(Exception):
    """The compiler contradicted itself: a verifier found broken IR, or a contract was not kept."""
