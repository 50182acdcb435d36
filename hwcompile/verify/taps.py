"""What a simulation recorded inside the design: words at stage boundaries, FIFO occupancy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwcompile.verify.beats import Beats
from hwcompile.verify.columns import Column, from_file, in_blocks, rows_of


def read_taps(directory: Path) -> dict[str, Beats]:
    """Read every `<name>.tap`: name to words, uint8 [words, bytes], least significant first."""
    return {path.stem: _words(path) for path in sorted(directory.glob("*.tap"))}


def read_occupancy(directory: Path) -> dict[str, int]:
    """Read every `<name>.occupancy`: FIFO name to the largest number of places in use."""
    return {path.stem: int(path.read_text()) for path in sorted(directory.glob("*.occupancy"))}


def _words(path: Path) -> Beats:
    with path.open("rb") as file:
        digits = len(file.readline().rstrip(b"\n"))
    if not digits:
        return np.zeros((0, 0), dtype=np.uint8)
    column = Column()
    for lines in in_blocks(from_file(path, "u1", (digits + 1,)), rows_of(digits + 1)):
        text = lines[:, :digits]
        if digits % 2:
            text = np.pad(text, ((0, 0), (1, 0)), constant_values=ord("0"))
        data = np.frombuffer(bytes.fromhex(text.tobytes().decode("ascii")), dtype=np.uint8)
        column.append(data.reshape(len(lines), -1)[:, ::-1].copy())
    return column.array()
