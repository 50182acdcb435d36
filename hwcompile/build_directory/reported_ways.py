"""What `report.json` holds of designs whose frames take one of two ways."""

from __future__ import annotations

import msgspec

from hwcompile.build_directory.fields import Positive


class WayReport(msgspec.Struct, frozen=True):
    """What is predicted where all frames go one way.

    Attributes:
        interval_cycles: Cycles per frame once everything has settled.
        latency_cycles: From the first accepted to the last delivered word of frame 0, both
            included.
    """

    interval_cycles: Positive
    latency_cycles: Positive


class WaysReport(msgspec.Struct, frozen=True):
    """The pure ways; no run of frames takes longer than the design's own figures say.

    Attributes:
        taken: Where every truth is 1.
        other: Where every truth is 0.
    """

    taken: WayReport
    other: WayReport
