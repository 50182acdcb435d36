"""What a user is told: by the compiler about a model, by the runtime about a board.

`Origin` names a place in the source model and travels with every node through all passes.
`Diagnostic` is one finding; `CompileError` carries all findings of a stage at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

MISSING_TOOLS = frozenset(
    {"HW0702", "HW0703", "HW0706", "HW0707", "HW0708", "HW0709", "HW0710", "HW0805"}
)
"""The codes that mean: a program or a package is not installed."""


@dataclass(frozen=True)
class Origin:
    """A place in the source model: the file, the node's name there, and its operator type."""

    file: str
    node: str
    op_type: str

    def __str__(self) -> str:
        return f"'{self.node}' ({self.op_type} in {self.file})"


@dataclass(frozen=True)
class Diagnostic:
    """One finding for the user: what is wrong, where, why, and what to do about it.

    Attributes:
        code: Stable identifier, `HW` and four digits; the first two digits are the stage
            (00 what is typed, 01 model file, 02 front end, 03 types and ranges, 04 schedule, 05
            emission and build directory, 06 verification, 07 tools, 08 toolchains and boards).
        what: The finding, one clause, starting in lower case.
        why: The reason, one clause; may be empty.
        fix: What the user can do, one clause; may be empty.
        origin: The node of the user's model, when there is one.
    """

    code: str
    what: str
    why: str = ""
    fix: str = ""
    origin: Origin | None = None

    def __str__(self) -> str:
        where = f" {self.origin}" if self.origin else ""
        text = f"error[{self.code}]{where}: {self.what}"
        if self.why:
            text += f", because {self.why}"
        text += "."
        if self.fix:
            text += f" Try: {self.fix}."
        return text


class CompileError(Exception):
    """The user's input cannot be processed; carries every finding of the stage that failed."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[CompileError], tuple[tuple[Diagnostic, ...]]]:
        """What another process makes it of again."""
        return type(self), (self.diagnostics,)

    @property
    def missing_tool(self) -> bool:
        """True when a program or a package is missing, which is not wrong with the input."""
        return any(diagnostic.code in MISSING_TOOLS for diagnostic in self.diagnostics)


def fail(
    code: str, what: str, why: str = "", fix: str = "", origin: Origin | None = None
) -> CompileError:
    """A `CompileError` with a single finding, to be raised by the caller."""
    return CompileError([Diagnostic(code, what, why, fix, origin)])


def reason_of(error: OSError) -> str:
    """Why a system call failed, in the system's words: no number, and no file's name."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return reason[:1].lower() + reason[1:]
