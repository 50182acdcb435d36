"""What a process can be held up by through a channel, however early the other end is.

A word stays in a channel for its delay, and its place is free a cycle after it was taken. So where
a stream has K places and a delay of D cycles, each word is given, and taken, at least D + 1 cycles
after the one K words before. Both follow from the recurrences of the two ends together; a piece
that knows it by itself need not learn it from the other end, K words at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray

_ROUNDS = 32
"""How often all turnarounds of a piece are looked at. What is left, the other ends tell."""


@dataclass(frozen=True)
class Turnaround:
    """A channel as one of its ends sees it.

    Attributes:
        slot: Which of the process's channels it is.
        places: Words that it holds.
        cycles: From when a word is given until the word can be given that takes its place.
    """

    slot: int
    places: int
    cycles: int

    def binds(self, elapsed: IntArray, phases: IntArray) -> bool:
        """Whether a piece could be faster than its channel, and would not get stuck.

        Args:
            elapsed: Least cycles to each phase of the piece.
            phases: That give the words, or take them.
        """
        later, before = phases[self.places :], phases[: -self.places]
        if not later.size or np.any(later == before):
            return False
        return bool(np.any(elapsed[later] - elapsed[before] < self.cycles))

    def words(self, cycles: IntArray) -> IntArray:
        """The earliest cycle of each word, given some that are not too late."""
        places = self.places
        rows = -(-cycles.size // places)
        padded = np.full(rows * places, cycles[-1])
        padded[: cycles.size] = cycles
        # One line for each place, from word to word.
        lines = np.ascontiguousarray(padded.reshape(rows, places).T)
        slope = np.arange(rows) * self.cycles
        earliest: IntArray = np.maximum.accumulate(lines - slope, axis=1) + slope
        return earliest.T.ravel()[: cycles.size]


def held_up(
    slack: IntArray, elapsed: IntArray, turnarounds: Sequence[tuple[Turnaround, IntArray]]
) -> IntArray:
    """Firings later than `elapsed`, later still by what their channels need.

    Args:
        slack: Cycles that each firing is later, ascending, int64 [phases].
        elapsed: Least cycles to each phase, int64 [phases].
        turnarounds: Each with the phases that give or take its words.

    Returns:
        As `slack`; between what is given and what the network's least solution allows.
    """
    for _ in range(_ROUNDS if turnarounds else 0):
        before = slack
        for turnaround, phases in turnarounds:
            least = elapsed[phases]
            given = slack[phases] + least
            words = turnaround.words(given)
            if np.any(words > given):
                slack = slack.copy()
                np.maximum.at(slack, phases, words - least)
                slack = np.maximum.accumulate(slack)
        if slack is before:
            break
    return slack
