"""Window: cut a map into the (overlapping, padded) windows that a convolution looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.window.geometry import Geometry


@dataclass(frozen=True, eq=False)
class Window(Op):
    """`(H, W, C) -> (OH, OW, T*C)`, vector order (group, tap, channel of the group).

    T taps are all Kh*Kw of the kernel, in the order (kh, kw), or some of them.

    Attributes:
        kernel: Taps (vertical, horizontal).
        strides: Distance of neighbouring windows (vertical, horizontal).
        dilations: Distance of neighbouring taps (vertical, horizontal).
        pads: Pixels added at (top, left, bottom, right).
        pad_value: The integer that stands in the padding.
        groups: Number of groups the channels are cut into.
        taps: Places kh*Kw + kw of those taps that are given, ascending; all of them where empty.
    """

    family: ClassVar[str] = "window"

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    pad_value: int
    groups: int
    taps: tuple[int, ...] = ()

    @property
    def geometry(self) -> Geometry:
        """The index arithmetic of the windows."""
        return Geometry(self.kernel, self.strides, self.dilations, self.pads)

    @property
    def places(self) -> tuple[int, ...]:
        """Places of all taps that are given."""
        return self.taps or tuple(range(self.kernel[0] * self.kernel[1]))

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"a window takes one input, not {len(inputs)}"]
        if self.groups < 1 or inputs[0].channels % self.groups:
            return [f"{inputs[0].channels} channels do not form {self.groups} equal groups"]
        problems = self.geometry.problems(inputs[0].shape)
        if not problems and (
            sorted(set(self.places)) != list(self.places)
            or not 0 <= self.places[0] <= self.places[-1] < self.kernel[0] * self.kernel[1]
        ):
            return [f"taps are places in the kernel {self.kernel}, ascending, not {self.taps}"]
        return problems

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`; a scale or zero point per channel follows its channel."""
        kind = inputs[0]
        height, width = self.geometry.output(kind.shape)
        shape = (height, width, len(self.places) * kind.channels)
        element = self.geometry.element(kind.element, self.pad_value, kind.shape, self.taps)
        channel = self._regroup(
            np.broadcast_to(
                np.arange(kind.channels), (1, 1, 1, self.kernel[0], self.kernel[1], kind.channels)
            )
        ).ravel()
        scale, zero_point = kind.scale, kind.zero_point
        if len(scale) > 1:
            scale = tuple(scale[c] for c in channel)
        if len(zero_point) > 1:
            zero_point = tuple(zero_point[c] for c in channel)
        return (TensorType(shape, element, scale, zero_point),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`."""
        return (self._regroup(self.geometry.view(values[0], self.pad_value)),)

    def _regroup(self, windows: IntArray) -> IntArray:
        """[n, oh, ow, kh, kw, c] to [n, oh, ow, (group, tap, channel of the group)]."""
        frames, height, width, down, across, channels = windows.shape
        split = windows.reshape(
            frames, height, width, down * across, self.groups, channels // self.groups
        )
        given = split[:, :, :, list(self.places)] if self.taps else split
        return given.transpose(0, 1, 2, 4, 3, 5).reshape(frames, height, width, -1)
