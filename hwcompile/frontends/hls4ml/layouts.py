"""Which inputs a weighted sum of hls4ml is over, as a whole or product by product."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.hls4ml.values import Lowering
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.window.op import Window


@dataclass(frozen=True)
class Layout(ABC):
    """Which inputs a sum is over; weights are [M, K], K in the order of the terms."""

    @abstractmethod
    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """All terms times their weights, added: [..., M]."""

    @abstractmethod
    def elements(self, ctx: Lowering, value: str) -> str:
        """The inputs of the terms of every pixel."""

    @abstractmethod
    def places(self, order: IntArray) -> IntArray:
        """Which of the elements are the factors of the terms, int64 [T, 1 or M].

        Args:
            order: The terms in another order, int64 [1 or M, T], -1 for the number 1.
        """

    @abstractmethod
    def copied(self, weights: IntArray, channels: int) -> tuple[Layout, IntArray]:
        """The layout over several sets of channels, and its weights [M, K'].

        Args:
            weights: For each set, int64 [copies, M, K].
            channels: Of a set.
        """

    @abstractmethod
    def order_of_copies(self, order: IntArray, copies: int, channels: int) -> IntArray:
        """The order of the terms of `copied`, int64 [1 or M, T * copies]."""

    def products(self, ctx: Lowering, elements: str, weights: IntArray) -> str:
        """Every product as a channel of its own, [..., T*M] in order (t, m).

        Args:
            ctx: The layer.
            elements: Factors, one or M for each term.
            weights: int64 [M, T].
        """
        terms = weights.shape[1]
        if ctx.kind(elements).channels == terms:
            return ctx.emit(Matmul(weights.T[:, :, None].copy()), elements)
        return ctx.emit(Matmul(np.ascontiguousarray(weights.T).reshape(-1, 1, 1)), elements)

    def pads(self) -> bool:
        """Some terms are a zero of the padding."""
        return False


@dataclass(frozen=True)
class DenseLayout(Layout):
    """Over the channels of every pixel."""

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A matrix."""
        return ctx.emit(Matmul(weights[None]), value)

    def elements(self, ctx: Lowering, value: str) -> str:
        """The channels."""
        return value

    def places(self, order: IntArray) -> IntArray:
        """The channels themselves, for all sums or for each."""
        return np.ascontiguousarray(order.T)

    def copied(self, weights: IntArray, channels: int) -> tuple[Layout, IntArray]:
        """The sets stand behind each other in every pixel."""
        copies, sums, _ = weights.shape
        parts = weights.reshape(copies, sums, -1, channels)
        return self, np.ascontiguousarray(np.moveaxis(parts, 0, 2)).reshape(sums, -1)

    def order_of_copies(self, order: IntArray, copies: int, channels: int) -> IntArray:
        """All copies of an element come where it came."""
        tap, channel = np.divmod(order[:, :, None], channels)
        places = (tap * copies + np.arange(copies, dtype=np.int64)) * channels + channel
        found: IntArray = places.reshape(order.shape[0], -1)
        return found


@dataclass(frozen=True)
class ConvLayout(DenseLayout):
    """Over the pixels under a kernel, K in order (kh, kw, channel).

    Attributes:
        kernel: Taps (vertical, horizontal).
        strides: Of the windows.
        dilations: Of the taps.
        padding: (top, left, bottom, right).
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: tuple[int, int, int, int]

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A convolution."""
        taps = weights.reshape(weights.shape[0], *self.kernel, -1)
        return ctx.emit(Conv(taps, 1, self.strides, self.dilations, self.padding, 0), value)

    def elements(self, ctx: Lowering, value: str) -> str:
        """[OH, OW, Kh*Kw*C]."""
        op = Window(self.kernel, self.strides, self.dilations, self.padding, 0, 1)
        return ctx.emit(op, value)

    def pads(self) -> bool:
        """Any padding."""
        return any(self.padding)


@dataclass(frozen=True)
class DepthwiseLayout(ConvLayout):
    """Each channel by itself: M channels, K taps."""

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A convolution in groups of one channel."""
        channels = weights.shape[0]
        taps = weights.reshape(channels, *self.kernel, 1)
        op = Conv(taps, channels, self.strides, self.dilations, self.padding, 0)
        return ctx.emit(op, value)

    def places(self, order: IntArray) -> IntArray:
        """Elements stand in the order (tap, channel)."""
        channels = order.shape[0]
        own = np.arange(channels, dtype=np.int64)
        return np.where(order.T < 0, -1, order.T * channels + own)

    def copied(self, weights: IntArray, channels: int) -> tuple[Layout, IntArray]:
        """With more than one set, sums over all channels, of which few have weights."""
        copies, sums, taps = weights.shape
        if copies == 1:
            return self, weights[0]
        spread = np.zeros((sums, taps, copies, channels), dtype=np.int64)
        own = np.arange(sums)
        spread[own, :, :, own] = np.moveaxis(weights, 0, 2)
        every = ConvLayout(self.kernel, self.strides, self.dilations, self.padding)
        return every, spread.reshape(sums, -1)

    def order_of_copies(self, order: IntArray, copies: int, channels: int) -> IntArray:
        """The terms are taps."""
        if copies == 1:
            return order
        own = np.arange(order.shape[0], dtype=np.int64)[:, None]
        return super().order_of_copies(order * channels + own, copies, channels)
