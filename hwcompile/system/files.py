"""`system.json`: what the boards of a system hold, how they are joined, why it was cut there."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hwcompile.build_directory import write_atomic
from hwcompile.diagnostics import fail
from hwcompile_runtime.files import check_schema, damaged

SYSTEM = "system.json"
"""The file that makes a folder a system; beside it lie the build directories of the parts."""
SYSTEM_SCHEMA = 1


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way to cut the network.

    Attributes:
        values: The tensor at each cut.
        bits: Bits of a frame that cross each cut, as they travel: whole bytes of words.
        link_cycles: Cycles that each line is busy with a frame.
        shares: What each part takes of its board at its smallest folding: of what is shortest.
        intervals: Cycles per frame of each part as it was planned; empty where it was not.
        remark: Why it was not planned, or why a part can not be.
        chosen: It is this one.
    """

    values: list[str]
    bits: list[int]
    link_cycles: list[int]
    shares: list[float]
    intervals: list[int] = []
    remark: str = ""
    chosen: bool = False

    @property
    def interval(self) -> int:
        """Cycles per frame of the whole; 0 where it was not planned."""
        return max(self.intervals + self.link_cycles) if self.intervals else 0


class PartFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A board of the system.

    Attributes:
        folder: The build directory of what it holds.
        board: Name or file of the board.
        interval_cycles: Cycles per frame of its design.
    """

    folder: str
    board: str
    interval_cycles: int


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network over several boards.

    Attributes:
        name: That of the network.
        clock_mhz: The clock of all boards. MHz.
        parts: In the order of the streams; the host is at the first one.
        link_cycles: Cycles that the line behind each part but the last is busy with a frame.
        interval_cycles: Cycles per frame: those of the slowest part or line.
        limit: Which one that is.
        turn_cycles: Cycles that a frame may end late, because bytes travel in packets: those of an
            exchange with full packets on every line.
        candidates: Where else it could have been cut.
        schema: Version of this form.
    """

    name: str
    clock_mhz: float
    parts: list[PartFile]
    link_cycles: list[int]
    interval_cycles: int
    limit: str
    turn_cycles: int
    candidates: list[Candidate]
    schema: int = SYSTEM_SCHEMA


def write_system(directory: Path, system: System) -> None:
    """Write `system.json`."""
    data = msgspec.json.format(msgspec.json.encode(system), indent=2)
    write_atomic(directory / SYSTEM, data + b"\n")


def read_system(directory: Path) -> System:
    """Read `system.json`.

    Raises:
        CompileError: HW0880 when the folder is no system, HW0510 when the file is damaged, HW0511
            when another version wrote it.
    """
    path = directory / SYSTEM
    if not path.is_file():
        raise fail(
            "HW0880",
            f"'{directory}' is no system of several boards",
            f"it has no {SYSTEM}",
            "hwcompile split MODEL --boards A,B -o DIR",
        )
    again = f"hwcompile split MODEL --boards A,B -o {directory} --force"
    try:
        data = msgspec.json.decode(path.read_bytes())
        check_schema(path, data, SYSTEM_SCHEMA, again)
        return msgspec.convert(data, System)
    except (OSError, ValueError) as error:
        raise damaged(directory, SYSTEM, str(error).splitlines()[0], again) from error
