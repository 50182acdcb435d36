"""The pace of sparse engines whose groups have programs of unequal lengths."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ops.matmul.sparse_design import LAG
from hwcompile.ops.matmul.sparse_rounds import Rounds

ORACLE = "numpy"
ORACLE_REASON = "what waits in loops is as slow as the loop with the most cycles per round (Lawler)"

Wait = tuple[int, int, int, int]
"""What is waited for, who waits, cycles, and rounds between both."""


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 9),
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 9), st.integers(1, 12)), min_size=1, max_size=5
    ),
    st.integers(1, 5),
)
def test_rounds_take_what_their_longest_way_takes(
    words: int, groups: list[tuple[int, int, int]], banks: int
) -> None:
    """The pace is the greatest ratio of cycles to rounds around the loops of who waits for whom."""
    steps, ready, collects = (tuple(part) for part in zip(*groups, strict=True))
    rounds = Rounds(words, steps, tuple(r + LAG for r in ready), collects)
    assert rounds.pace(banks) == _slowest_loop(rounds, banks)
    assert rounds.pace(rounds.banks()) == rounds.pace() <= rounds.pace(banks)
    assert rounds.pace() >= rounds.least


def _slowest_loop(rounds: Rounds, banks: int) -> Fraction:
    """The greatest ratio of cycles to rounds of a loop.

    A loop with a ratio above r exists exactly if there is one whose weights `cycles - r * rounds`
    are positive in all (Lawler, "Combinatorial optimization", 1976, section 3.13).
    """
    count = len(rounds.steps)
    waits: list[Wait] = []  # from, to, cycles, rounds later

    def wait(kind: int, group: int, back: int, to: tuple[int, int], cycles: int) -> None:
        later, place = -((group - back) // count), (group - back) % count
        waits.append((3 * place + kind, 3 * to[1] + to[0], cycles, later))

    load, compute, collect = range(3)  # first word; first row; first row
    for group in range(count):
        before = rounds.steps[group - 1], rounds.steps[(group - 2) % count]
        wait(load, group, 1, (load, group), rounds.words)
        wait(compute, group, 2, (load, group), before[1])
        wait(load, group, 0, (compute, group), rounds.words)
        wait(compute, group, 1, (compute, group), before[0])
        held = rounds.collects[(group - banks) % count]
        wait(collect, group, banks, (compute, group), held)
        wait(compute, group, 0, (collect, group), rounds.ready[group])
        wait(collect, group, 1, (collect, group), rounds.collects[group - 1])
    ratio = Fraction(0)
    while True:
        loop = _positive_loop(waits, 3 * count, ratio)
        if loop is None:
            return ratio
        ratio = Fraction(sum(w[2] for w in loop), sum(w[3] for w in loop))


def _positive_loop(waits: list[Wait], nodes: int, ratio: Fraction) -> list[Wait] | None:
    """A loop whose cycles are more than `ratio` times its rounds, by Bellman and Ford."""
    longest = [Fraction(0)] * nodes
    came: list[Wait | None] = [None] * nodes
    changed = None
    for _ in range(nodes + 1):
        changed = None
        for one in waits:
            reached = longest[one[0]] + one[2] - ratio * one[3]
            if reached > longest[one[1]]:
                longest[one[1]], came[one[1]], changed = reached, one, one[1]
    if changed is None:
        return None
    for _ in range(nodes):
        step = came[changed]
        assert step is not None
        changed = step[0]
    loop: list[Wait] = []
    node = changed
    while not loop or node != changed:
        step = came[node]
        assert step is not None
        loop.append(step)
        node = step[0]
    return loop
