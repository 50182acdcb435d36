"""Memory blocks in the text form of an ECP5's bits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from hwcompile.families.blocks import BlockText, Contents

_BLOCK = re.compile(r"^(\.bram_init (\d+)\n)((?:[0-9a-f]{3}[ \n])+)", re.MULTILINE)
"""2,048 words of nine bits, eight in a line."""


def _read_config(text: str) -> Contents:
    return {(int(match[2]),): _nine_bits(match[3]) for match in _BLOCK.finditer(text)}


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

    return _BLOCK.sub(change, text)


BLOCKS = BlockText(".config", _read_config, _write_config)
