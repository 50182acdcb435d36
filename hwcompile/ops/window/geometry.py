"""Sliding windows over a padded map: the index arithmetic that conv, pool and window share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import Encoding, IntArray, IntType

MOST_TAPS = 1 << 24
"""Of all windows along one axis. Where they lie is worked out tap by tap, and one wrong number in a
file would ask for any number of them."""


@dataclass(frozen=True)
class Geometry:
    """Where the taps of every window lie.

    Attributes:
        kernel: Taps (vertical, horizontal).
        strides: Distance of neighbouring windows, pixels (vertical, horizontal).
        dilations: Distance of neighbouring taps, pixels (vertical, horizontal).
        pads: Pixels added at (top, left, bottom, right).
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]

    def problems(self, shape: tuple[int, int, int]) -> list[str]:
        """Why no window can slide over a map of `shape`; empty when it can."""
        lengths = [len(self.kernel), len(self.strides), len(self.dilations), len(self.pads)]
        if lengths != [2, 2, 2, 4]:
            return ["kernel, strides and dilations have two entries each, and pads four"]
        if min(self.kernel + self.strides + self.dilations) < 1 or min(self.pads) < 0:
            return ["kernel, strides and dilations are at least 1, and pads at least 0"]
        windows = self.output(shape)
        if min(windows) < 1:
            return [f"the kernel {self.kernel} is larger than the padded map"]
        most = max(count * taps for count, taps in zip(windows, self.kernel, strict=True))
        if most > MOST_TAPS:
            return [f"its windows have {most:,} taps along an axis, and {MOST_TAPS:,} are the most"]
        if not all(self._inside(axis, shape).any() for axis in (0, 1)):
            return ["every window lies in the padding alone"]
        return []

    def output(self, shape: tuple[int, int, int]) -> tuple[int, int]:
        """Number of windows (vertical, horizontal); below 1 when none fits."""
        height, width = (
            (shape[a] + self.pads[a] + self.pads[a + 2] - self._extent(a)) // self.strides[a] + 1
            for a in (0, 1)
        )
        return height, width

    def positions(self, axis: int, shape: tuple[int, int, int]) -> IntArray:
        """Pixel position of every tap along an axis, int64 [windows, taps].

        Positions outside of [0, shape[axis]) are padding.
        """
        windows = np.arange(self.output(shape)[axis], dtype=np.int64) * self.strides[axis]
        taps = np.arange(self.kernel[axis], dtype=np.int64) * self.dilations[axis]
        return windows[:, None] + taps[None, :] - self.pads[axis]

    def reaches_padding(self, shape: tuple[int, int, int], taps: tuple[int, ...] = ()) -> bool:
        """True when some tap of some window lies in the padding.

        Args:
            shape: (height, width, channels) of the map.
            taps: Places in the kernel, row after row, of those that count; all where empty.
        """
        inside = [self._inside(axis, shape).all(axis=0) for axis in (0, 1)]
        every = np.logical_and.outer(*inside).ravel()
        return not bool(every[list(taps)].all() if taps else every.all())

    def is_pointwise(self) -> bool:
        """True when windows and pixels are the same thing: 1x1, stride 1, no padding."""
        return (*self.kernel, *self.strides, *self.pads) == (1, 1, 1, 1, 0, 0, 0, 0)

    def is_whole_map(self, shape: tuple[int, int, int]) -> bool:
        """True when the only window is the map itself, in order, without padding."""
        return (
            self.output(shape) == (1, 1)
            and tuple(self.kernel) == shape[:2]
            and tuple(self.pads) == (0, 0, 0, 0)
            and all(d == 1 or k == 1 for d, k in zip(self.dilations, self.kernel, strict=True))
        )

    def element(
        self,
        element: IntType,
        pad_value: int,
        shape: tuple[int, int, int],
        taps: tuple[int, ...] = (),
    ) -> IntType:
        """The element type of the padded map: its interval and the padding's value together.

        See `reaches_padding` for the arguments.
        """
        if not self.reaches_padding(shape, taps) or element.contains(np.array([pad_value])):
            return element
        return IntType(min(element.low, pad_value), max(element.high, pad_value), Encoding.INTEGER)

    def view(self, values: IntArray, pad_value: int) -> IntArray:
        """All windows of a batch of maps.

        Args:
            values: int64 [frames, height, width, channels].
            pad_value: What stands in the padding.

        Returns:
            A read-only view, int64 [frames, out height, out width, taps down, taps across,
            channels].
        """
        shape = (values.shape[1], values.shape[2], values.shape[3])
        padded = self._padded(values, pad_value) if any(self.pads) else values
        size = (self._extent(0), self._extent(1))
        windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(1, 2))
        height, width = self.output(shape)
        stepped = windows[
            :, :: self.strides[0], :: self.strides[1], :, :: self.dilations[0], :: self.dilations[1]
        ]
        return stepped[:, :height, :width].transpose(0, 1, 2, 4, 5, 3)

    def _padded(self, values: IntArray, pad_value: int) -> IntArray:
        top, left, bottom, right = self.pads
        frames, height, width, channels = values.shape
        shape = (frames, top + height + bottom, left + width + right, channels)
        padded = np.full(shape, pad_value, dtype=values.dtype)
        padded[:, top : top + height, left : left + width] = values
        return padded

    def _extent(self, axis: int) -> int:
        return (self.kernel[axis] - 1) * self.dilations[axis] + 1

    def _inside(self, axis: int, shape: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
        positions = self.positions(axis, shape)
        return (positions >= 0) & (positions < shape[axis])
