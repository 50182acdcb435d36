"""Names of emitted things: legal in SystemVerilog and stable. The only place that makes them."""

from __future__ import annotations

import re

from hwcompile.ir.keywords import KEYWORDS


def identifier(text: str, longest: int = 48) -> str:
    """Turn any text into a lower-case SystemVerilog identifier of at most `longest` characters.

    Different texts may give the same identifier; callers that need unique names count them.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:longest].strip("_")
    if not name or name[0].isdigit() or name in KEYWORDS:
        name = f"n_{name}" if name else "n"
    return name


def comment(text: str) -> str:
    """Text that is safe inside a `//` comment: one line, printable ASCII."""
    return re.sub(r"[^\x20-\x7e]+", " ", text).rstrip()
