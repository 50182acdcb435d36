"""Which integers the tensors of a network take: histograms of the first frames of a run."""

from __future__ import annotations

import numpy as np

from hwcompile.build_directory.insight import ValuesInsight
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray, IntType
from hwcompile.verify.sources import FrameSource

MOST_INTEGERS = 8_000_000
"""Integers of all tensors together that are looked at; fewer frames for larger networks."""

MOST_BINS = 32


def value_histograms(graph: Graph, source: FrameSource) -> list[ValuesInsight]:
    """Histograms of all tensors at level reference, over the first block of frames.

    Args:
        graph: The network on integers.
        source: Frames for it; at least one is looked at.
    """
    per_frame = sum(int(np.prod(kind.shape)) for kind in graph.types.values())
    block = next(source.blocks())
    frames = max(1, min(MOST_INTEGERS // max(per_frame, 1), *(len(x) for x in block.values())))
    values = graph.evaluate({name: x[:frames] for name, x in block.items()}, keep=True)
    return [histogram(name, graph.types[name].element, x) for name, x in values.items() if x.size]


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
