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
    """What the nodes of a design read as frames pass; None when none does.

    Args:
        report: `report.json`.
    """
    read = [memory for memory in _memories(report) if not memory.get("loaded")]
    if not read:
        return None
    return ExternalReads(
        sum(each["bytes_per_frame"] for each in read),
        sum(each["bytes_per_second"] for each in read),
        sum(each["bytes_per_row"] for each in read),
    )


@dataclass(frozen=True)
class Loads:
    """What all nodes of a design load before the first frame.

    Attributes:
        bytes: Of all images.
        cycles: From reset until words are accepted, while memory keeps up: of the slowest node.
        kinds: Of the images, each once.
    """

    bytes: int
    cycles: int
    kinds: tuple[str, ...]


def loads(report: Report) -> Loads | None:
    """What the nodes of a design load once; None when none does.

    Args:
        report: `report.json`.
    """
    found = [memory for memory in _memories(report) if memory.get("loaded")]
    if not found:
        return None
    images = [memory["loaded"] for memory in found]
    return Loads(
        sum(memory["bytes"] for memory in found),
        max(image["load_cycles"] for image in images),
        tuple(dict.fromkeys(image["kind"] for image in images)),
    )


def _memories(report: Report) -> list[Report]:
    return [node["external_memory"] for node in report["nodes"] if node["external_memory"]]
