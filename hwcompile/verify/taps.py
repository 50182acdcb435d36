"""What a simulation recorded inside the design: words at stage boundaries, FIFO occupancy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwcompile.verify.beats import Beats


def read_taps(directory: Path) -> dict[str, Beats]:
    """Read every `<name>.tap`: name to words, uint8 [words, bytes], least significant first."""
    return {path.stem: _words(path.read_bytes()) for path in sorted(directory.glob("*.tap"))}


def read_occupancy(directory: Path) -> dict[str, int]:
    """Read every `<name>.occupancy`: FIFO name to the largest number of places in use."""
    return {path.stem: int(path.read_text()) for path in sorted(directory.glob("*.occupancy"))}


def _words(text: bytes) -> Beats:
    digits = text.find(b"\n")
    if digits < 1:
        return np.zeros((0, 0), dtype=np.uint8)
    lines = np.frombuffer(text, dtype=np.uint8).reshape(-1, digits + 1)[:, :digits]
    if digits % 2:
        lines = np.pad(lines, ((0, 0), (1, 0)), constant_values=ord("0"))
    data = bytes.fromhex(lines.tobytes().decode("ascii"))
    return np.frombuffer(data, dtype=np.uint8).reshape(len(lines), -1)[:, ::-1].copy()
