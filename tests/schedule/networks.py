"""Random networks of processes and channels, for comparing simulators."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time.network import Channel, Network, Process


@st.composite
def networks(draw: st.DrawFn, max_phases: int = 7) -> Network:
    """A random acyclic network of 2 to 5 processes; every process has at least one channel.

    Capacities are small, so many of the networks with two paths between processes get stuck.
    """
    count = draw(st.integers(2, 5))
    pairs = [(i, i + 1) for i in range(count - 1)]
    extra = st.tuples(st.integers(0, count - 2), st.integers(1, 3))
    pairs += [(i, min(i + step, count - 1)) for i, step in draw(st.lists(extra, max_size=3))]
    phases = [draw(st.integers(1, max_phases)) for _ in range(count)]
    channels: dict[str, Channel] = {}
    reads: list[dict[str, Access]] = [{} for _ in range(count)]
    writes: list[dict[str, IntArray]] = [{} for _ in range(count)]
    for index, (start, end) in enumerate(pairs):
        name = f"c{index}"
        tokens = draw(st.integers(1, 6))
        link = draw(st.booleans())
        channels[name] = Channel(
            name, draw(st.integers(1, 9)), draw(st.integers(1, 4)), tokens, link
        )
        writes[start][name] = draw(cumulative(phases[start], tokens))
        reads[end][name] = draw(accesses(phases[end], tokens))
    processes = tuple(
        Process(f"p{i}", draw(durations(phases[i])), reads[i], writes[i]) for i in range(count)
    )
    return Network(channels, processes, ("p0",), (f"c{count - 2}",))


def durations(phases: int) -> st.SearchStrategy[IntArray]:
    return st.lists(st.integers(1, 3), min_size=phases, max_size=phases).map(
        lambda values: np.array(values, dtype=np.int64)
    )


@st.composite
def cumulative(draw: st.DrawFn, phases: int, tokens: int) -> IntArray:
    """Ascending counts that end with `tokens`."""
    marks = draw(st.lists(st.integers(0, tokens), min_size=phases - 1, max_size=phases - 1))
    return np.array([*sorted(marks), tokens], dtype=np.int64)


@st.composite
def accesses(draw: st.DrawFn, phases: int, tokens: int) -> Access:
    """A stream, a buffer whose tokens are kept for later, or one with tokens nobody needs."""
    free = draw(cumulative(phases, tokens))
    kind = draw(st.sampled_from(["stream", "kept", "any"]))
    if kind == "stream":
        return Access(free, free)
    need = draw(cumulative(phases, tokens))
    if kind == "kept":
        return Access(np.maximum(need, free), free)
    return Access(np.minimum(need, draw(st.integers(0, tokens))), free)
