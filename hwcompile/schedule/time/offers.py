"""When sources offer their words: in given cycles, evenly over an interval, or as before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.pieces import Shape, Shapes
from hwcompile.schedule.time.proportion import scaled
from hwcompile.schedule.time.tracks import Track


@dataclass(frozen=True)
class Even:
    """Words that are spread over every frame.

    Attributes:
        words: Per frame.
        interval: Cycles of a frame.
    """

    words: int
    interval: int


Offer = IntArray | Even | Track
"""The earliest cycle of every firing, int64 [frames * phases] ascending, or what says it."""


def as_cycles(offer: Offer, frames: int) -> IntArray:
    """The earliest cycle of every firing, int64 [frames * phases]."""
    if isinstance(offer, Even):
        every = np.arange(frames * offer.words, dtype=np.int64)
        return scaled(every, offer.interval, offer.words)
    if isinstance(offer, Track):
        return np.maximum(offer.cycles(0, len(offer.shapes)), 0)
    return offer


def as_track(offer: Offer, sizes: tuple[int, ...], frames: int, shapes: Shapes) -> Track:
    """The same by pieces.

    Args:
        offer: What is offered.
        sizes: Firings of each piece of a frame.
        frames: How many.
        shapes: Where shapes of cycles are kept.
    """
    if isinstance(offer, Track):
        return offer
    track = Track(sizes, frames)
    if isinstance(offer, Even):
        _spread_evenly(track, offer, shapes)
    else:
        parts = np.split(offer, np.cumsum(sizes * frames)[:-1])
        track.shapes, track.firsts = _split([shapes.of(part) for part in parts])
    return track


def _spread_evenly(track: Track, offer: Even, shapes: Shapes) -> None:
    """Pieces that begin at the same fraction of a cycle have the same shape."""
    known: dict[tuple[int, int], Shape] = {}
    found, start = [], 0
    for size in track.sizes:
        first = start * offer.interval // offer.words
        key = (size, start * offer.interval % offer.words)
        if key not in known:
            words = np.arange(start, start + size, dtype=np.int64)
            known[key] = shapes.of(scaled(words, offer.interval, offer.words))[0]
        found.append((known[key], first))
        start += size
    every = [(s, c + f * offer.interval) for f in range(track.frames) for s, c in found]
    track.shapes, track.firsts = _split(every)


def _split(parts: list[tuple[Shape, int]]) -> tuple[list[Shape | None], list[int]]:
    return [shape for shape, _ in parts], [first for _, first in parts]
