"""Names of emitted things: legal in SystemVerilog and stable. The only place that makes them."""

from __future__ import annotations

import re

from hwcompile.ir.keywords import KEYWORDS

OWN = "__"
"""Between a design's name and the name of what it brings along, as its copy of the library."""


def top_name(text: str) -> str:
    """The top level's name; never that of a module, or a file, that this program brings along."""
    name = identifier(text)
    return f"n_{name}" if name.startswith(("hw_", "hwcompile", "board_top")) else name


def identifier(text: str, longest: int = 48) -> str:
    """Turn any text into a lower-case SystemVerilog identifier of at most `longest` characters.

    Different texts may give the same identifier; callers that need unique names count them.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:longest].strip("_")
    if not name or name[0].isdigit() or name in KEYWORDS:
        name = f"n_{name}" if name else "n"
    return name
