"""Which integers the tensors of a network take: histograms of the first frames of a run."""

from __future__ import annotations

import numpy as np

from hwcompile.build_directory.insight import ValuesInsight
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray, IntType

MOST_INTEGERS = 8_000_000
"""Integers of all tensors together that are looked at; fewer frames for larger networks."""

MOST_BINS = 32


class ValueHistograms:
    """Histograms of all tensors, made while the reference is evaluated.

    Attributes:
        found: A histogram of every tensor that was shown, in that order.
    """

    def __init__(self, graph: Graph, most: int = MOST_INTEGERS) -> None:
        """Begin with nothing.

        Args:
            graph: The network whose values will be shown.
            most: So many integers of all tensors together are counted, but at least one frame.
        """
        per_frame = sum(int(np.prod(kind.shape)) for kind in graph.types.values())
        self._types = graph.types
        self._frames = max(1, most // max(per_frame, 1))
        self.found: list[ValuesInsight] = []

    def watch(self, name: str, values: IntArray) -> None:
        """Take the integers of a tensor, int64 [frames, height, width, channels]."""
        if values.size:
            kind = self._types[name].element
            self.found.append(histogram(name, kind, values[: self._frames]))


def histogram(name: str, kind: IntType, values: IntArray) -> ValuesInsight:
    """Count integers in bins of one width that reach from the least to the largest that occurs.

    Args:
        name: Of the tensor.
        kind: Its type.
        values: Its integers, not empty.
    """
    least, largest = int(values.min()), int(values.max())
    width = -(-(largest - least + 1) // MOST_BINS)
    bins = -(-(largest - least + 1) // width)
    counts = np.bincount((values.ravel() - least) // width, minlength=bins)
    edges = [least + number * width for number in range(bins + 1)]
    return ValuesInsight(
        name, kind.low, kind.high, least, largest, edges, [int(count) for count in counts]
    )
