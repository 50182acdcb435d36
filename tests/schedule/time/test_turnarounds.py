"""What a channel of few places holds up, word by word."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwcompile.schedule.time.turnarounds import Turnaround, held_up


@given(
    gaps=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    places=st.integers(1, 7),
    cycles=st.integers(1, 12),
)
def test_each_word_comes_a_turnaround_after_the_one_whose_place_it_takes(
    gaps: list[int], places: int, cycles: int
) -> None:
    expected = np.cumsum(gaps).tolist()
    given_first = np.array(expected)
    for word in range(places, len(expected)):
        expected[word] = max(expected[word], expected[word - places] + cycles)
    assert Turnaround(0, places, cycles).words(given_first).tolist() == expected


@given(
    steps=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=30),
    places=st.tuples(st.integers(3, 6), st.integers(1, 5)),
    cycles=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    late=st.integers(0, 20),
)
def test_firings_are_held_up_by_all_their_channels(
    steps: list[tuple[int, int]],
    places: tuple[int, int],
    cycles: tuple[int, int],
    late: int,
) -> None:
    # Up to two words per firing go through one channel, one through the other.
    words = np.array([count for _, count in steps])
    elapsed = np.cumsum([0, *(duration for duration, _ in steps)])[:-1]
    phases = (np.repeat(np.arange(words.size), words), np.arange(words.size))
    turnarounds = [
        (Turnaround(slot, places[slot], cycles[slot]), which)
        for slot, which in enumerate(phases)
        if which.size
    ]
    slack = np.maximum.accumulate(np.where(np.arange(words.size) >= words.size // 2, late, 0))
    found = held_up(slack, elapsed, turnarounds) + elapsed
    fired = (slack + elapsed).tolist()
    for place in range(words.size):
        if place:
            fired[place] = max(fired[place], fired[place - 1] + steps[place - 1][0])
        for turnaround, which in turnarounds:
            for word in np.flatnonzero(which == place):
                if word >= turnaround.places:
                    before = fired[which[word - turnaround.places]]
                    fired[place] = max(fired[place], before + turnaround.cycles)
    assert found.tolist() == fired


def test_a_channel_binds_where_firings_are_faster_than_its_places() -> None:
    elapsed, phases = np.arange(10), np.arange(10)
    assert Turnaround(0, 2, 3).binds(elapsed, phases)
    assert not Turnaround(0, 3, 3).binds(elapsed, phases)
    assert not Turnaround(0, 10, 99).binds(elapsed, phases)
    # A firing that takes more words than there is room for never fires; that is told elsewhere.
    assert not Turnaround(0, 1, 3).binds(elapsed, np.repeat(phases, 2))
