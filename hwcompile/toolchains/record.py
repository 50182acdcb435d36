"""What a board's folder says about the bitstream in it."""

from __future__ import annotations

from pathlib import Path

import msgspec

RECORD = "build.json"


class BuildRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a bitstream was made.

    Attributes:
        baud: Bits per second of the link.
        clocks_per_bit: Clocks of the design that a bit on the link lasts.
        identity: What the board says about itself, as `board_top.identity` makes it.
        seed: Of place and route.
    """

    baud: int
    clocks_per_bit: int
    identity: str
    seed: int

    def write(self, folder: Path) -> None:
        """Write it into a board's folder."""
        data = msgspec.json.format(msgspec.json.encode(self), indent=2)
        (folder / RECORD).write_bytes(data + b"\n")


def read_record(folder: Path) -> BuildRecord | None:
    """The record in a board's folder; None when it has no bitstream."""
    path = folder / RECORD
    return msgspec.json.decode(path.read_bytes(), type=BuildRecord) if path.is_file() else None
