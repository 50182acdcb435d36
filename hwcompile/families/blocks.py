"""How routed designs state the contents of memory blocks, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
