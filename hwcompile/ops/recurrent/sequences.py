"""Frames of a recurrent op as independent sequences, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences in step. Frames are joined in time when the state is kept, else stand side by side.

    Attributes:
        x: int64 [sequences, steps, X].
        starts: bool [steps, sequences]: where the state is forgotten.
        frames: Number of frames they come from.
        channels: Sequences of a frame.
        states: int64 [sequences, n] each: what sequences begin with, if that is given.
    """

    x: IntArray
    starts: npt.NDArray[np.bool_]
    frames: int
    channels: int
    states: tuple[IntArray, ...] = ()

    @staticmethod
    def of(
        values: tuple[IntArray, ...], channels: int, keep: bool, takes_state: bool = False
    ) -> Sequences:
        """From frames int64 [frames, 1, T, X*channels]; starts are [frames, 1, T, channels].

        With `takes_state`, other values are vectors of the state, [frames, 1, 1, n*channels]. The
        channel is the fastest index of all.
        """
        frames, _, steps, size = values[0].shape
        batch = 1 if keep else frames
        each = size // channels
        parts = values[0].reshape(batch, -1, each, channels).transpose(0, 3, 1, 2)
        x = np.ascontiguousarray(parts).reshape(batch * channels, -1, each)
        starts = np.zeros((x.shape[1], x.shape[0]), dtype=np.bool_)
        if takes_state:
            states = (v.reshape(frames, -1, channels).transpose(0, 2, 1) for v in values[1:])
            begun = tuple(v.reshape(frames * channels, -1) for v in states)
            return Sequences(x, starts, frames, channels, begun)
        if len(values) > 1:
            starts = values[1].reshape(frames * steps, channels) != 0
        return Sequences(x, starts, frames, channels)

    @property
    def count(self) -> int:
        """Number of sequences."""
        return int(self.x.shape[0])

    @property
    def steps(self) -> int:
        """Steps of each."""
        return int(self.x.shape[1])

    def first(self, number: int, size: int) -> IntArray:
        """Vector `number` of the state before the first step, int64 [sequences, size]."""
        if self.states:
            return self.states[number]
        return np.zeros((self.count, size), dtype=np.int64)

    def begun(self, step: int, state: IntArray) -> IntArray:
        """The state [sequences, n] that a step begins with: zero where a sequence starts."""
        if not self.starts[step].any():
            return state
        return np.where(self.starts[step][:, None], 0, state)

    def joined(self, results: IntArray) -> IntArray:
        """Results int64 [sequences, steps, Y] as frames int64 [frames, 1, T, Y*channels]."""
        size = results.shape[2]
        parts = results.reshape(-1, self.channels, self.steps, size).transpose(0, 2, 3, 1)
        return parts.reshape(self.frames, 1, -1, size * self.channels)
