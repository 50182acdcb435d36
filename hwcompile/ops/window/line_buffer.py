"""Kernel `line_buffer`: a circular buffer of words, one word of a window per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import Encoding, IntType
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.window.needs import Layout, least_depth, sustains
from hwcompile.ops.window.op import Window


class LineBuffer(Kernel):
    """Stores the last few lines of the map and reads every window from them, word by word.

    The input word is `parallel` channels of one pixel; the output has a vector of C/groups
    elements for each tap of each group. Parameters:

    - `parallel`: elements per word.
    - `depth`: words of the circular buffer, 2, 4, 8...; 0 or absent means `automatic_depth`.
    """

    name = "line_buffer"

    def refuses(self, site: Site) -> str | None:
        """See `Kernel.refuses`: builds every window."""
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """See `Kernel.space`: for every number of words per tap, the fewest lanes."""
        size = _group_size(site)
        for parallel in sorted({-(-size // words) for words in range(1, size + 1)}):
            parameters = {"parallel": parallel}
            if self.check(site, parameters) is None:
                yield parameters

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        unknown = sorted(set(parameters) - {"parallel", "depth"})
        if unknown:
            return f"line_buffer has no parameter '{unknown[0]}'; it has 'parallel' and 'depth'"
        size, groups = _group_size(site), _window(site).groups
        parallel, depth = parameters.get("parallel"), parameters.get("depth", 0)
        if not isinstance(parallel, int) or not 1 <= parallel <= size:
            return f"'parallel' is a number from 1 to {size} (channels of a group), not {parallel}"
        if groups > 1 and size % parallel:
            return (
                f"'parallel' must divide the {size} channels of a group, because a word of the "
                f"input must not reach from one group into the next; {parallel} does not"
            )
        if not isinstance(depth, int) or depth < 0 or depth == 1 or depth & (depth - 1):
            return f"'depth' is 2, 4, 8..., or 0 for the automatic choice, not {depth}"
        if depth == 0:
            return None
        least = _least_depth(_layout(site, parallel))
        if depth < least:
            return f"a buffer of {depth} words would deadlock; the windows need {least} words"
        return None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """See `Kernel.ports`."""
        window, parallel = _window(site), int(parameters["parallel"])
        source, result = site.inputs[0], site.outputs[0]
        taps = window.kernel[0] * window.kernel[1] * window.groups
        return Ports(
            (StreamFormat(source.pixels, source.channels, parallel, source.element),),
            StreamFormat(result.pixels * taps, _group_size(site), parallel, result.element),
        )

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """See `Kernel.timing`: a writer and a reader around the circular buffer."""
        layout = _layout(site, int(parameters["parallel"]))
        ones = np.ones(layout.words, dtype=np.int64)
        writer = Actor(ones, {"in0": Access.stream(ones)}, {"lines": np.cumsum(ones)})
        reader = Actor(
            np.ones(layout.reads, dtype=np.int64),
            {"lines": Access(layout.need(), layout.free())},
            {"out": np.arange(1, layout.reads + 1)},
        )
        buffer = Buffer(_depth(site, parameters), latency=1)
        return Timing({"write": writer, "read": reader}, stages=1, buffers={"lines": buffer})

    def interval(self, site: Site, parameters: Parameters) -> int:
        """See `Kernel.interval`: the writer's or the reader's words, whichever are more."""
        layout = _layout(site, int(parameters["parallel"]))
        return max(layout.words, layout.reads)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """See `Kernel.resources`.

        Control is four word numbers (written, read, first, kept) with an adder or comparator each
        and constant multiplexers in front, and the loop counters. Padding adds the position
        counters with their comparators, and a multiplexer per output bit.
        """
        ports = self.ports(site, parameters)
        depth = _depth(site, parameters)
        word_bits, out_bits = ports.inputs[0].bits, ports.output.bits
        number = 2 + (2 * ports.inputs[0].words + depth).bit_length()
        loops = self._loop_bits(site, parameters)
        lut, adders, ff = 2.0 * number + loops + 12, 6.0 * number + loops, 4.0 * number + loops + 4
        if _window(site).geometry.reaches_padding(site.inputs[0].shape):
            position = sum((2 * n).bit_length() + 1 for n in site.inputs[0].shape[:2])
            lut, adders = lut + 2 * position + out_bits, adders + 4 * position
            ff += 2 * position + 1
        if ports.inputs[0].element != ports.output.element:
            lut += out_bits
        return Resources(lut, adders, ff) + memory(depth, word_bits, MemoryKind.RAM)

    def _loop_bits(self, site: Site, parameters: Parameters) -> int:
        """Bits of the counters of the reader's loops."""
        window, layout = _window(site), _layout(site, int(parameters["parallel"]))
        out = window.geometry.output(site.inputs[0].shape)
        loops = (layout.group_words, *window.kernel, window.groups, *out)
        return sum((n - 1).bit_length() for n in loops)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """See `Kernel.render`."""
        window, ports = _window(site), self.ports(site, parameters)
        source, result = ports.inputs[0], ports.output
        layout = _layout(site, source.parallel)
        height, width = window.geometry.output(site.inputs[0].shape)
        depth = _depth(site, parameters)
        used = result.size - (result.words_per_vector - 1) * result.parallel
        return Rendered(
            module="hw_window",
            parameters={
                "Height": site.inputs[0].shape[0],
                "Width": site.inputs[0].shape[1],
                "Groups": layout.groups,
                "GroupWords": layout.group_words,
                "KernelHeight": window.kernel[0],
                "KernelWidth": window.kernel[1],
                "StrideHeight": window.strides[0],
                "StrideWidth": window.strides[1],
                "DilationHeight": window.dilations[0],
                "DilationWidth": window.dilations[1],
                "PadTop": window.pads[0],
                "PadLeft": window.pads[1],
                "OutHeight": height,
                "OutWidth": width,
                "Parallel": source.parallel,
                "LastLanes": used,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "InSigned": int(source.element.signed),
                "BipolarToInt": int(
                    source.element.encoding is Encoding.BIPOLAR
                    and result.element.encoding is not Encoding.BIPOLAR
                ),
                "PadCode": _pad_code(window.pad_value, result.element),
                "Depth": depth,
            },
            comment=(
                f"{window.kernel[0]}x{window.kernel[1]} windows, {source.parallel} channels per "
                f"cycle, {depth} words of line buffer"
            ),
        )


def automatic_depth(layout: Layout) -> int:
    """The smallest power of two that can not deadlock and slows neither side down.

    A buffer of just `least_depth` words works, but at the end of a frame it has no place for the
    first lines of the next one, so the reader would wait for them in every frame.
    """
    need, free = layout.need(), layout.free()
    depth = max(2, 1 << (least_depth(need, free) - 1).bit_length())
    while not sustains(need, free, depth):
        depth *= 2
    return depth


@lru_cache(maxsize=1024)
def _automatic_depth(layout: Layout) -> int:
    return automatic_depth(layout)


@lru_cache(maxsize=1024)
def _least_depth(layout: Layout) -> int:
    return least_depth(layout.need(), layout.free())


def _depth(site: Site, parameters: Parameters) -> int:
    chosen = int(parameters.get("depth", 0))
    return chosen or _automatic_depth(_layout(site, int(parameters["parallel"])))


def _layout(site: Site, parallel: int) -> Layout:
    window = _window(site)
    words = -(-_group_size(site) // parallel)
    return Layout(window.geometry, site.inputs[0].shape, window.groups, words)


def _group_size(site: Site) -> int:
    return site.inputs[0].channels // _window(site).groups


def _window(site: Site) -> Window:
    assert isinstance(site.op, Window)
    return site.op


def _pad_code(value: int, element: IntType) -> str:
    """The padding's bits as a literal; zero when no tap lies in the padding."""
    inside = element.contains(np.array([value], dtype=np.int64))
    code = int(element.encode(np.array([value], dtype=np.int64))[0]) if inside else 0
    return f"{element.bits}'h{code:x}"
