"""What commands on systems of several boards print with `--json`; see `hwcompile.cli.answers`."""

from __future__ import annotations

from hwcompile.cli.command_answer import CommandAnswer
from hwcompile.system.files import System


class SplitAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile split`.

    Attributes:
        directory: The folder of the system.
        system: Its `system.json`.
        notes: Files of the user that were moved to make room.
    """

    directory: str
    system: System
    notes: list[str]


class VerifySystemAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile verify-system`.

    Attributes:
        directory: The folder of the system.
        passed: Exit code 0.
        frames: Frames compared.
        differing: Level to frames that differ from the network before the cut.
        predicted: Cycles per frame; frames may end late by an exchange on the lines.
        measured: Cycles per frame of the second half of the run at level rtl; null without it.
        latency: Cycles of the first frame of that run.
        resent: Packets that the host had to send again at level boards.
        hits: How often noise hit a line between boards there.
    """

    directory: str
    passed: bool
    frames: int
    differing: dict[str, int]
    predicted: int
    measured: int | None
    latency: int | None
    resent: int
    hits: int
