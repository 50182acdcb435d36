"""What `report.json` says of weights in external memory, as types (`reported.py`)."""

from __future__ import annotations

import msgspec

from hwcompile.build_directory.fields import Count


class LoadedReport(msgspec.Struct, frozen=True):
    """An image of weights that is read once, into a memory on the chip.

    Attributes:
        kind: How weights stand in it: `plain`, `bitmap` or `huffman`.
        load_cycles: From reset until words are accepted, without the cycles in which memory was
            waited for.
        lanes: Of all rows; a lane has a weight, or what is stored of one or of several.
        lane_bits: That rows hold for a lane. Bits.
        bits_per_lane: That stand in the image for it, without the image's head. Bits.
        entropy: Of what lanes hold, which no code of single ones is below. Bits.
        sizes: Of the image by kind, of those that are possible. Bytes.
        most_bytes: Size of the largest image that the design takes, for other weights. Bytes.
    """

    kind: str
    load_cycles: Count
    lanes: Count
    lane_bits: Count
    bits_per_lane: float
    entropy: float
    sizes: dict[str, Count]
    most_bytes: Count


class ExternalReport(msgspec.Struct, frozen=True):
    """Weights that a node reads from external memory, frame by frame or once.

    Attributes:
        bytes: Size of the image. Bytes.
        rows: Beats in it.
        bytes_per_row: Bytes of a beat.
        bytes_per_frame: What a frame reads: the image as often as the frame needs it, 0 where it is
            loaded. Bytes.
        bytes_per_second: What frames read at the design's clock and interval, on average; while the
            node is busy it reads a row per cycle. Bytes.
        loaded: Of an image that is read once; null when frames read it.
    """

    bytes: Count
    rows: Count
    bytes_per_row: Count
    bytes_per_frame: Count
    bytes_per_second: Count
    loaded: LoadedReport | None = None


class TrafficReport(msgspec.Struct, frozen=True):
    """What a design takes of the bandwidth of memory beside the FPGA (`--external-memory`).

    Attributes:
        predicted: In a cycle in which all nodes that read from it work. Bytes.
        stated: What it was said to bring in a cycle. Bytes.
    """

    predicted: float
    stated: float
