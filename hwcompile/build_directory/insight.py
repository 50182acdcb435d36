"""What `insight.json` holds, as types: what `report.html` draws beyond the report's figures."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hwcompile.build_directory.fields import Count, Positive
from hwcompile.build_directory.reported import Parts

INSIGHT_SCHEMA = 1


class StreamInsight(msgspec.Struct, frozen=True):
    """A FIFO between two stages, and what goes through it.

    Attributes:
        name: Of the link, as in `report.json`.
        value: The value that it carries.
        source: The stage that writes it, or the input of the network.
        target: The stage that reads it, or `output <value>`.
        words: Words per frame.
        held: Most words that it held while the timeline's frames passed; null without a timeline.
    """

    name: str
    value: str
    source: str
    target: str
    words: Positive
    held: Count | None


class ActivityInsight(msgspec.Struct, frozen=True):
    """What one process does, in cycles of each slice of the timeline.

    Attributes:
        process: An input of the network, a stage, `<stage>.<part of it>`, or `output <value>`.
        first: Cycle of its first step of frame 0.
        last: Cycle in which its part of frame 0 is done.
        work: Cycles of work, on frame 0 or a later one.
        starved: Cycles in which it waits for a word.
        blocked: Cycles in which it waits for room in a FIFO.
    """

    process: str
    first: Count
    last: Count
    work: list[Count]
    starved: list[Count]
    blocked: list[Count]


class TimelineInsight(msgspec.Struct, frozen=True):
    """The time of frame 0, from its first accepted to its last delivered word, as predicted.

    Attributes:
        edges: Where slices begin, and where the last one ends. Cycles.
        processes: Inputs, stages in stream order, outputs.
    """

    edges: Annotated[list[Count], msgspec.Meta(min_length=2)]
    processes: list[ActivityInsight]


class BoardInsight(msgspec.Struct, frozen=True):
    """What the design is predicted to take of a board's FPGA, with the board's link to a host.

    Attributes:
        board: The board's id.
        predicted: What it takes.
        capacities: What the FPGA has.
    """

    board: str
    predicted: Parts
    capacities: Parts


class ValuesInsight(msgspec.Struct, frozen=True):
    """Integers of one tensor over the frames of the last `hwcompile verify`, at level reference.

    Attributes:
        value: The tensor.
        low: Least integer of its type.
        high: Largest integer of its type.
        least: Least integer that occurred.
        largest: Largest integer that occurred.
        edges: Where bins begin, and where the last one ends, which it does not hold.
        counts: Integers in each bin.
    """

    value: str
    low: int
    high: int
    least: int
    largest: int
    edges: list[int]
    counts: list[Count]


class Insight(msgspec.Struct, frozen=True):
    """`insight.json`: the data of the pictures in `report.html`.

    Attributes:
        schema: Version of this form.
        bottleneck: The process that needs most cycles per frame.
        bound_cycles: So many; no interval can be smaller.
        streams: FIFOs, in stream order.
        timeline: What processes do while frame 0 passes; null where a frame is too large for it.
        boards: Every board whose family has a resource model.
        values: By `hwcompile verify`; empty before one.
        differing: The first mismatches of the last `hwcompile verify`, a line each, and the cycles
            that were not as predicted.
    """

    schema: int
    bottleneck: str
    bound_cycles: Count
    streams: list[StreamInsight]
    timeline: TimelineInsight | None
    boards: list[BoardInsight]
    values: list[ValuesInsight] = []
    differing: list[str] = []
