"""The folded depthwise kernel: PE channels at a time, one tap after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.dot import Dot, start_bits
from hwcompile.ops.kernel import Kernel, MemoryImage, Rendered, Resources
from hwcompile.ops.matmul.folded import check_style, legal_styles
from hwcompile.ops.matmul.space import smallest_parts
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single

STAGES = 3  # operands, products, sums


@dataclass(frozen=True)
class _View:
    """A site with its folding, in the words of `hw_depthwise`."""

    op: Depthwise
    dot: Dot
    pe: int
    pixels: int
    out_bits: int

    @property
    def words(self) -> int:
        return -(-self.op.channels // self.pe)

    @property
    def depth(self) -> int:
        return self.op.taps * self.words


class Folded(Kernel):
    """Parameters `pe` (channels at a time; need not divide them) and `style` (see `ops.dot`)."""

    name = "folded"

    def refuses(self, site: Site) -> str | None:
        """It builds every `Depthwise`."""
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """For every number of words per tap the smallest pe, slowest first."""
        for pe in smallest_parts(_op(site).channels):
            yield {"pe": pe}

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Unknown names, a pe outside the channels, and styles the types do not allow."""
        channels = _op(site).channels
        unknown = sorted(set(parameters) - {"pe", "style"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pe and style"
        pe = parameters.get("pe")
        if not isinstance(pe, int) or not 1 <= pe <= channels:
            return f"pe must be a number from 1 to {channels}, not {pe!r}"
        dot = Dot.choose(_op(site).weight_type, site.inputs[0].element)
        return check_style(legal_styles(dot) if dot else (), parameters)

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """A vector of C elements for every tap in, one of C elements for every pixel out."""
        view = _view(site, parameters)
        channels, taps = view.op.channels, view.op.taps
        source = StreamFormat(view.pixels * taps, channels, view.pe, site.inputs[0].element)
        result = StreamFormat(view.pixels, channels, view.pe, site.outputs[0].element)
        return Ports((source,), result)

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """Every cycle takes a word; those of the last tap give one."""
        view = _view(site, parameters)
        takes = np.ones(view.pixels * view.depth, dtype=np.int64)
        gives = np.tile(np.arange(view.depth) >= view.depth - view.words, view.pixels)
        return single({"in0": takes}, gives.astype(np.int64), STAGES)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """Taps x words for every pixel."""
        view = _view(site, parameters)
        return view.pixels * view.depth

    def lanes(self, site: Site, parameters: Parameters) -> int:
        """Pe."""
        return _view(site, parameters).pe

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Products (see `Dot`), memories, registers of operands, sums, control."""
        view = _view(site, parameters)
        weight_width = view.pe * view.dot.weight.bits
        sums = view.pe * view.out_bits
        index = max(view.words - 1, 1).bit_length()
        counters = index + sum(max(n - 1, 1).bit_length() for n in (view.op.taps, view.depth))
        total = Resources(
            # As for the matrix-vector kernel: an adder with its start value, counters, control.
            lut=sums + 0.5 * counters + 4,
            adders=sums + counters,
            ff=view.pe * view.dot.input.bits + sums + counters + 2 * index + 8,
        )
        total += memory(view.words, sums, MemoryKind.RAM) if view.words > 1 else Resources()
        total += memory(view.depth, weight_width)
        starts = _starts(view)
        if starts is not None:
            total += memory(view.words, view.pe * start_bits(starts))
        return total + view.dot.resources(view.pe, 1, view.out_bits)

    def circuit(self, site: Site, parameters: Parameters) -> str:
        """One for every arithmetic."""
        style = _view(site, parameters).dot.style.name.lower()
        return f"{super().circuit(site, parameters)}.{style}"

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_depthwise`."""
        view = _view(site, parameters)
        op, dot = view.op, view.dot
        constants, memories = dot.start_parameters(_starts(view), op.taps)
        weights = MemoryImage.pack(_weight_codes(view), dot.weight.bits)
        arithmetic = dot.parameters(1, view.out_bits)
        del arithmetic["SumBits"]  # a single product is never summed before the accumulator
        return Rendered(
            "hw_depthwise",
            {
                "Pe": view.pe,
                "Words": view.words,
                "Taps": op.taps,
                "LastLanes": op.channels - (view.words - 1) * view.pe,
                **arithmetic,
                "OutBits": view.out_bits,
                **constants,
            },
            {"WeightFile": weights, **memories},
            f"{view.pe} of {op.channels} channels at a time, {op.taps} taps: {dot.describe()}",
        )


def _op(site: Site) -> Depthwise:
    return cast(Depthwise, site.op)


def _view(site: Site, parameters: Parameters) -> _View:
    op, kind = _op(site), site.inputs[0]
    dot = Dot.choose(op.weight_type, kind.element, str(parameters.get("style", "auto")))
    if dot is None:
        raise InternalError(f"parameters {dict(parameters)} were not checked")
    return _View(op, dot, int(parameters["pe"]), kind.pixels, site.outputs[0].element.bits)


@lru_cache(maxsize=256)
def _constant_parts(op: Depthwise, dot: Dot) -> IntArray | None:
    """Constant parts of the sums, int64 [channels]; kept, as every folding asks for them."""
    return dot.starts(op.weights, axis=0)


def _starts(view: _View) -> IntArray | None:
    """Rows of the start memory: int64 [words, pe]."""
    starts = _constant_parts(view.op, view.dot)
    if starts is None:
        return None
    return np.pad(starts, (0, view.words * view.pe - view.op.channels)).reshape(-1, view.pe)


def _weight_codes(view: _View) -> IntArray:
    """Rows of the weight memory: int64 [taps * words, pe]."""
    edge = view.words * view.pe - view.op.channels
    padded = np.pad(view.op.weights, ((0, 0), (0, edge)), constant_values=view.dot.padding)
    return view.dot.weight.encode(padded.reshape(view.depth, view.pe))
