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
    """

    x: IntArray
    starts: npt.NDArray[np.bool_]
    frames: int
    channels: int

    @staticmethod
    def of(values: tuple[IntArray, ...], channels: int, keep: bool) -> Sequences:
        """From frames int64 [frames, 1, T, X*channels]; starts are [frames, 1, T, channels].

        The channel is the fastest index of both.
        """
        frames, _, steps, size = values[0].shape
        batch = 1 if keep else frames
        each = size // channels
        parts = values[0].reshape(batch, -1, each, channels).transpose(0, 3, 1, 2)
        x = np.ascontiguousarray(parts).reshape(batch * channels, -1, each)
        starts = np.zeros((x.shape[1], x.shape[0]), dtype=np.bool_)
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
