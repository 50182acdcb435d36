"""How routed designs state the contents of memory blocks, family by family, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwcompile.toolchains.icebits.bits import contents, sections, with_memories

Contents = dict[tuple[int, ...], Any]
"""Where a block is to its contents, uint8 [rows, bits]."""


@dataclass(frozen=True)
class BlockText:
    """The text of a routed design.

    Attributes:
        suffix: Of its file.
        read: Text to the contents of its blocks.
        write: Text and other contents of some blocks to the changed text.
    """

    suffix: str
    read: Callable[[str], Contents]
    write: Callable[[str, Mapping[tuple[int, ...], Any]], str]


def _read_asc(text: str) -> Contents:
    return {
        (int(words[0]), int(words[1])): contents(lines)
        for (kind, *words), lines in sections(text)
        if kind == "ram_data"
    }


_CONFIG = re.compile(r"^(\.bram_init (\d+)\n)((?:[0-9a-f]{3}[ \n])+)", re.MULTILINE)
"""Of an ECP5: 2,048 words of nine bits, eight in a line."""


def _read_config(text: str) -> Contents:
    return {(int(match[2]),): _nine_bits(match[3]) for match in _CONFIG.finditer(text)}


def _nine_bits(words: str) -> Any:
    values = np.array([int(word, 16) for word in words.split()], np.int64)
    return (values[:, None] >> np.arange(9) & 1).astype(np.uint8)


def _write_config(text: str, blocks: Mapping[tuple[int, ...], Any]) -> str:
    def change(match: re.Match[str]) -> str:
        block = blocks.get((int(match[2]),))
        if block is None:
            return match[0]
        words = [f"{value:03x}" for value in (block.astype(np.int64) << np.arange(9)).sum(axis=1)]
        lines = (" ".join(words[start : start + 8]) for start in range(0, len(words), 8))
        return match[1] + "".join(f"{line}\n" for line in lines)

    return _CONFIG.sub(change, text)


BLOCK_TEXTS = {
    "ice40": BlockText(".asc", _read_asc, with_memories),
    "ecp5": BlockText(".config", _read_config, _write_config),
}
"""Family to its text; in other families nobody documented where contents lie."""
