"""From names of the source model to identifiers for nodes and values of the graph."""

from __future__ import annotations

import re

from hwcompile.ir.keywords import KEYWORDS

LONGEST = 40
"""Characters a name may have; the tail of a longer path is kept, it says most about the layer."""


def identifier(name: str, kind: str) -> str:
    """A legal lower-case identifier for `name`; `kind` (an operator type) helps where it must.

    Fused nodes carry the names of all their parts, separated by semicolons; the first is used.
    """
    first = next((part for part in name.split(";") if part.strip()), "")
    parts = [p for p in re.split(r"[^0-9a-z]+", first.lower()) if p]
    while len(parts) > 1 and len("_".join(parts)) > LONGEST:
        parts.pop(0)
    text = "_".join(parts)[:LONGEST].strip("_")
    if not text:
        text = _word(kind)
    if text[0].isdigit():
        text = f"{_word(kind)}_{text}"
    return f"{text}_{_word(kind)}" if text in KEYWORDS else text


def _word(kind: str) -> str:
    word = re.sub(r"[^0-9a-z]+", "", kind.lower())
    return f"n{word}" if not word or word[0].isdigit() or word in KEYWORDS else word
