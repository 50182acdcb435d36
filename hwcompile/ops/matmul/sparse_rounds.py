"""The pace of a sparse engine whose groups take turns with programs of unequal lengths.

What the actors of `sparse_actors` do, set by set instead of word by word; so it says in steady
state what they do. A set is loaded, computed and collected:

- its words go where those of the set before the last were, once that is computed;
- it is computed when it is there, the set before it is computed, and a bank for its sums is free;
- it is collected when its sums are there and the set before it is collected, which frees the bank.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Rounds:
    """Sets of all groups in turn.

    Attributes:
        words: Cycles in which a set is loaded.
        steps: Cycles in which the set of each group is computed.
        ready: Cycles from a set's first program row to the first one in which it may be collected.
        collects: Cycles in which the set of each group is collected.
    """

    words: int
    steps: tuple[int, ...]
    ready: tuple[int, ...]
    collects: tuple[int, ...]

    @property
    def least(self) -> int:
        """Cycles of the slowest part, if it never waited for another one."""
        return max(self.words * len(self.steps), sum(self.steps), sum(self.collects))

    def pace(self, banks: int = 0) -> Fraction:
        """Cycles of a round in steady state.

        Args:
            banks: For sums of sets; with 0 nothing waits for one.
        """
        if banks == 0:
            # Collecting keeps nobody waiting then, so it is as slow as the slower of both.
            return max(Fraction(sum(self.collects)), self._computing())
        if len(set(zip(self.steps, self.ready, self.collects, strict=True))) == 1:
            held = Fraction(self.ready[0] + self.collects[0], banks)
            return len(self.steps) * max(held, Fraction(self.least, len(self.steps)))
        return _settled(self, banks)

    def banks(self) -> int:
        """The fewest banks for sums with which nothing is slower than with any number."""
        best = self.pace()
        banks = 1
        while self.pace(banks) > best:
            banks += 1
        return banks

    def _computing(self) -> Fraction:
        if len(set(self.steps)) == 1:
            return Fraction(len(self.steps) * max(self.words, self.steps[0]))
        nothing = (0,) * len(self.steps)
        return _settled(Rounds(self.words, self.steps, nothing, nothing), 0)


def _settled(rounds: Rounds, banks: int) -> Fraction:
    """Cycles of a round once rounds repeat, followed from an empty start until they do."""
    freed = deque([0] * banks, maxlen=banks)  # cycles from which on a bank may be taken again
    loaded = before = computed = collected = 0
    seen: dict[tuple[int, ...], tuple[int, int]] = {}
    for count in range(1 << 62):
        # What is over when the last set is computed keeps nothing waiting.
        busy = (max(time, computed) - computed for time in (collected, *freed))
        state = (max(loaded, before) - computed, *busy)
        if state in seen:
            first, cycle = seen[state]
            return Fraction(computed - cycle, count - first)
        seen[state] = count, computed
        for steps, ready, collects in zip(rounds.steps, rounds.ready, rounds.collects, strict=True):
            loaded = max(loaded, before) + rounds.words
            start = max(computed, loaded, freed[0] if banks else 0)
            before, computed = computed, start + steps
            collected = max(collected, start + ready) + collects
            freed.append(collected)
    raise AssertionError("a finite number of states repeats")
