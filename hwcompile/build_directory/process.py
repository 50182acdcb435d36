"""Which process makes something, and whether it still runs."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from hwcompile.build_directory.names import MARKER


class Marker(msgspec.Struct, frozen=True):
    """What stands in a folder that this program makes.

    Attributes:
        pid: The process.
        started: When it began, as the system counts; "" where that can not be told.
        host: The machine.
        files: Files of the finished folder, relative to it; None while it is being made.
        complete: It is as it should be: what made it did not fail.
    """

    pid: int
    started: str
    host: str
    files: tuple[str, ...] | None = None
    complete: bool = False

    @property
    def abandoned(self) -> bool:
        """True when nobody else works on it: finished, or its process is gone."""
        if self.files is not None or self.pid == os.getpid():
            return True
        if self.host != socket.gethostname():
            return False
        return not is_running(self.pid) or _started(self.pid) != self.started


def write_marker(
    folder: Path, files: tuple[str, ...] | None = None, *, complete: bool = False
) -> None:
    """Mark a folder as made by this program; `files` when it is finished, see `Marker`."""
    pid = os.getpid()
    mine = Marker(pid, _started(pid), socket.gethostname(), files, complete)
    part = folder / f"{MARKER}.new"
    part.write_bytes(msgspec.json.encode(mine) + b"\n")
    part.replace(folder / MARKER)


def read_marker(folder: Path) -> Marker | None:
    """The marker of a folder; None when it has none of ours."""
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=Marker)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_running(pid: int) -> bool:
    """True when there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _started(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
