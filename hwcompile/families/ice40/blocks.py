"""Memory blocks in the text form of an iCE40's bits."""

from __future__ import annotations

from hwcompile.families.blocks import BlockText, Contents
from hwcompile.families.ice40.bits.bits import contents, sections, with_memories


def _read_asc(text: str) -> Contents:
    return {
        (int(words[0]), int(words[1])): contents(lines)
        for (kind, *words), lines in sections(text)
        if kind == "ram_data"
    }


BLOCKS = BlockText(".asc", _read_asc, with_memories)
