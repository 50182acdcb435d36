"""What the parts of a sparse engine do in which order: loading, computing, collecting."""

from __future__ import annotations

import numpy as np

from hwcompile.ops.contract.timing import Access, Actor
from hwcompile.ops.matmul.sparse_design import SparseDesign


def sparse_actors(plan: SparseDesign, vectors: int, pixels: int) -> dict[str, Actor]:
    """The actors of `hw_sparse_matvec` by name.

    Args:
        plan: The schedule of the engine.
        vectors: Of a frame, for all groups.
        pixels: Of a frame.
    """
    channels = plan.settings.channels
    return {
        "load": _load(plan.in_words, vectors),
        "compute": _compute(plan, vectors // channels),
        "collect": _collect(plan, pixels // channels),
    }


def _load(words: int, vectors: int) -> Actor:
    ones = np.ones(words * vectors, dtype=np.int64)
    return Actor(ones, {"in0": Access.stream(ones)}, {"words": np.cumsum(ones)})


def _compute(plan: SparseDesign, sets: int) -> Actor:
    """Phases of a set: the first program row, the one that announces the sums, and the last one."""
    durations, flags = [], []
    for steps, ready in zip(plan.group_steps, plan.ready_steps, strict=True):
        phases = np.unique([0, ready, steps - 1])
        durations.append(np.diff(np.append(phases, steps)))
        flags.append([phases == 0, phases == steps - 1, phases == ready])
    rounds = sets // plan.op.groups
    needs, frees, announced = (
        np.cumsum(np.tile(np.concatenate(part), rounds), dtype=np.int64)
        for part in zip(*flags, strict=True)
    )
    words = plan.settings.channels * plan.in_words
    return Actor(
        np.tile(np.concatenate(durations), rounds),
        {"words": Access(needs * words, frees * words)},
        {"sums": needs, "ready": announced},
    )


def _collect(plan: SparseDesign, sets: int) -> Actor:
    """Phases: every row that completes a word, and the first row of every vector.

    Only the first vector of a set waits for its sums, and the last one frees them.
    """
    durations, starts, emits, ends = [], [], [], []
    for collection in plan.collections:
        phases = np.union1d(0, np.flatnonzero(collection.emit))
        for channel in range(plan.settings.channels):
            final = channel == plan.settings.channels - 1
            durations.append(np.diff(np.append(phases, collection.cycles)))
            starts.append((phases == 0) & (channel == 0))
            emits.append(collection.emit[phases])
            ends.append((phases == phases[-1]) & final)
    need, emit, free = (
        np.cumsum(np.tile(np.concatenate(part), sets), dtype=np.int64)
        for part in (starts, emits, ends)
    )
    return Actor(
        np.tile(np.concatenate(durations), sets),
        {"sums": Access(need, free), "ready": Access(need, need)},
        {"out": emit},
    )
