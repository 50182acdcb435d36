"""What a design reads from external memory, as its report says of each node."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.report.summary import Report


@dataclass(frozen=True)
class ExternalReads:
    """Of all nodes together.

    Attributes:
        bytes_per_frame: While a frame passes.
        bytes_per_second: On average, at the clock and the interval of the report.
        bytes_per_cycle: Where all nodes are busy in the same cycle: a row each.
    """

    bytes_per_frame: int
    bytes_per_second: int
    bytes_per_cycle: int


def external_reads(report: Report) -> ExternalReads | None:
    """What the nodes of a design read; None when all weights are on the chip.

    Args:
        report: `report.json`.
    """
    read = [node["external_memory"] for node in report["nodes"] if node["external_memory"]]
    if not read:
        return None
    return ExternalReads(
        sum(each["bytes_per_frame"] for each in read),
        sum(each["bytes_per_second"] for each in read),
        sum(each["bytes_per_row"] for each in read),
    )
