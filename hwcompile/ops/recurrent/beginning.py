"""When the state that a frame begins with comes in.

Each of its vectors has one memory. It is taken while no frame's first step is using it: from that
step's beginning until its output can be sent, lanes and PEs may read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.ops.contract.timing import Access, Actor, Buffer


@dataclass(frozen=True)
class Beginning:
    """Actors that take the vectors and let go of them.

    Attributes:
        sizes: Words of each vector, by name. The step that begins needs the buffer `NAME_there`.
        actors: A loader for each, and one that frees the memories.
        buffers: Theirs.
        interval: The least number of cycles between two frames.
    """

    sizes: Mapping[str, int]
    actors: Mapping[str, Actor]
    buffers: Mapping[str, Buffer]
    interval: int

    @staticmethod
    def of(words: Sequence[int], until_sent: int) -> Beginning:
        """For vectors of so many words, from the core's second input on.

        Args:
            words: Of each vector.
            until_sent: Cycles from the beginning of a step until its output can be sent.
        """
        sizes = {f"state{port}": size for port, size in enumerate(words)}
        one = np.ones(1, dtype=np.int64)
        actors: dict[str, Actor] = {}
        # The memories are freed in the cycle before the one in which sending can begin.
        buffers = {"begun": Buffer(2, until_sent - 1)}
        frees = {"begun": Access(one, one)}
        for port, (name, size) in enumerate(sizes.items()):
            loads = np.ones(size, dtype=np.int64)
            given = np.cumsum(loads)
            reads = {f"in{1 + port}": Access.stream(loads)}
            actors[name] = Actor(loads, reads, {f"{name}_there": given, f"{name}_held": given})
            buffers[f"{name}_there"] = Buffer(2 * size)
            buffers[f"{name}_held"] = Buffer(size)
            frees[f"{name}_held"] = Access(size * one, size * one)
        # Memories that are free can be filled, then the next frame begins, and then they are used.
        interval = max(sizes.values()) + until_sent
        actors["free"] = Actor(interval * one, frees, {})
        return Beginning(sizes, actors, buffers, interval)
