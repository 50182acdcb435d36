"""Kernel `adder_graph`: all taps of all channels as adders that share partial sums."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.adders.kernel import AdderKernel, Adders
from hwcompile.ops.contract.site import Site
from hwcompile.ops.depthwise.op import Depthwise


class TapAdders(Adders[Depthwise]):
    """All channels of a pixel."""

    @property
    def blocks(self) -> IntArray:
        """A row of taps for every channel."""
        return np.ascontiguousarray(self.op.weights.T[:, None, :])

    @property
    def places(self) -> tuple[IntArray, IntArray]:
        """Taps are a pixel's channels apart."""
        taps, channels = self.op.weights.shape
        outputs = np.arange(channels)[:, None]
        return outputs, np.arange(taps * channels).reshape(taps, channels).T


class TapAdderGraphs(AdderKernel[Depthwise]):
    """See `AdderKernel`."""

    op = Depthwise
    built = TapAdders

    def weights(self, site: Site[Depthwise]) -> IntArray:
        """Of all taps."""
        return site.op.weights
