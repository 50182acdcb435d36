"""What every answer of a command has; see `hwcompile.cli.answers`."""

from __future__ import annotations

import msgspec

ANSWERS_SCHEMA = 1


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command found.

    Attributes:
        schema: Version of these forms.
    """

    schema: int = ANSWERS_SCHEMA
