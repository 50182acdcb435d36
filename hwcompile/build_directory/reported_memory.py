"""What `report.json` says of weights in external memory, as types (`reported.py`)."""

from __future__ import annotations

import msgspec

from hwcompile.build_directory.fields import Count


class ExternalReport(msgspec.Struct, frozen=True):
    """Weights that a node reads from external memory.

    Attributes:
        bytes: Size of the image. Bytes.
        rows: Beats in it.
        bytes_per_row: Bytes of a beat.
        bytes_per_frame: What a frame reads: the image as often as the frame needs it. Bytes.
        bytes_per_second: What frames read at the design's clock and interval, on average; while the
            node is busy it reads a row per cycle. Bytes.
    """

    bytes: Count
    rows: Count
    bytes_per_row: Count
    bytes_per_frame: Count
    bytes_per_second: Count


class TrafficReport(msgspec.Struct, frozen=True):
    """What a design takes of the bandwidth of memory beside the FPGA (`--external-memory`).

    Attributes:
        predicted: In a cycle in which all nodes that read from it work. Bytes.
        stated: What it was said to bring in a cycle. Bytes.
    """

    predicted: float
    stated: float
