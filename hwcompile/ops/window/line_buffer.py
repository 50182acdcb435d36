"""Kernel `line_buffer`: a circular buffer of words, one word of a window per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import Encoding, IntType
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Each, Instance, Struct, Value, Word
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Repeated, Timing
from hwcompile.ops.window.needs import WindowLayout
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.rows import WindowReads


class Lines(Built[Window]):
    """A writer and a reader around a circular buffer of words."""

    @property
    def parallel(self) -> int:
        """Elements per word."""
        return self.number("parallel")

    @cached_property
    def layout(self) -> WindowLayout:
        """Which words the reader wants, in which order."""
        return _layout(self.site, self.parallel)

    @cached_property
    def depth(self) -> int:
        """Words of the buffer."""
        return self.number("depth") or _automatic_depth(self.layout)

    @cached_property
    def ports(self) -> Ports:
        """Channels of a pixel in; channels of a group for every tap of every group out."""
        window, source, result = self.op, self.site.inputs[0], self.site.outputs[0]
        taps = len(window.places) * window.groups
        size = _group_size(self.site)
        return Ports(
            (StreamFormat(source.pixels, source.channels, self.parallel, source.element),),
            StreamFormat(result.pixels * taps, size, self.parallel, result.element),
        )

    @cached_property
    def timing(self) -> Timing:
        """A writer and a reader around the circular buffer."""
        layout = self.layout
        one = np.ones(1, dtype=np.int64)
        word = Actor(one, {"in0": Access.stream(one)}, {"lines": one})
        writer = Repeated(((word, layout.words),))
        reader = _reads(layout).actor("lines")
        buffer = Buffer(self.depth, latency=1)
        stages = 1 + self.registers
        return Timing({"write": writer, "read": reader}, stages=stages, buffers={"lines": buffer})

    @property
    def interval(self) -> int:
        """The writer's or the reader's words, whichever are more."""
        return max(self.layout.words, self.layout.reads)

    @cached_property
    def needs(self) -> Resources:
        """The buffer, and its control.

        Control is four word numbers (written, read, first, kept) with an adder or comparator each
        and constant multiplexers in front, and the loop counters. Padding adds the position
        counters with their comparators, and a multiplexer per output bit.
        """
        ports, shape = self.ports, self.site.inputs[0].shape
        word_bits, out_bits = ports.inputs[0].bits, ports.output.bits
        number = 2 + (2 * ports.inputs[0].words + self.depth).bit_length()
        loops = self._loop_bits
        lut, adders, ff = 2.0 * number + loops + 12, 6.0 * number + loops, 4.0 * number + loops + 4
        if self.op.geometry.reaches_padding(shape, self.op.taps):
            position = sum((2 * n).bit_length() + 1 for n in shape[:2])
            lut, adders = lut + 2 * position + out_bits, adders + 4 * position
            ff += 2 * position + 1
        lut += out_bits * self._recoded
        if self.op.taps:
            # A table of the words from tap to tap, and for padding one of their positions.
            lut += _table(len(self.op.taps)) * number
            if self.op.geometry.reaches_padding(shape, self.op.taps):
                lut += _table(len(self.op.taps)) * position
        ff += self.registers * (word_bits + 2)
        return Resources(lut, adders, ff) + memory(self.depth, word_bits, MemoryKind.APART)

    @property
    def _recoded(self) -> bool:
        """The output has other codes than the input."""
        return self.ports.inputs[0].element != self.ports.output.element

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; the memory, and behind it the choice between a word and padding, and a FIFO."""
        padded = self.op.geometry.reaches_padding(self.site.inputs[0].shape, self.op.taps)
        lines = Memory(self.depth, self.ports.inputs[0].bits, MemoryKind.APART)
        # Without a register the word goes on into the next FIFO, which stands somewhere else.
        levels = 2 + int(padded or self._recoded) if self.registers == 0 else 0
        return (CONTROL, Path("line memory", levels, memory=lines))

    @property
    def _loop_bits(self) -> int:
        """Bits of the counters of the reader's loops."""
        window = self.op
        out = window.geometry.output(self.site.inputs[0].shape)
        taps = (len(window.taps),) if window.taps else window.kernel
        loops = (self.layout.group_words, *taps, window.groups, *out)
        return sum((n - 1).bit_length() for n in loops)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_window`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_window",
            {
                "Shape": window_shape(self.site, self.layout.groups, self.layout.group_words),
                "Parallel": source.parallel,
                "LastLanes": result.size - (result.words_per_vector - 1) * result.parallel,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "InSigned": source.element.signed,
                "BipolarToInt": source.element.encoding is Encoding.BIPOLAR
                and result.element.encoding is not Encoding.BIPOLAR,
                "PadCode": pad_code(self.op.pad_value, result.element),
                "Depth": self.depth,
                **({"Later": True} if self.registers else {}),
                **listed_taps(self.op),
            },
        )

    @property
    def comment(self) -> str:
        """Kernel, folding and depth."""
        return (
            f"{given_taps(self.op)} windows, {self.parallel} channels per cycle, "
            f"{self.depth} words of line buffer"
        )


def window_shape(site: Site[Window], groups: int, group_words: int) -> Struct:
    """What the modules of windows know of a map and its windows.

    Args:
        site: The window with the map before it.
        groups: Parts of a pixel that windows are made of on their own.
        group_words: Words of such a part.
    """
    window, shape = site.op, site.inputs[0].shape
    height, width = window.geometry.output(shape)
    fields = {
        "height": shape[0],
        "width": shape[1],
        "groups": groups,
        "group_words": group_words,
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride_height": window.strides[0],
        "stride_width": window.strides[1],
        "dilation_height": window.dilations[0],
        "dilation_width": window.dilations[1],
        "pad_top": window.pads[0],
        "pad_left": window.pads[1],
        "out_height": height,
        "out_width": width,
    }
    return Struct("hw_window", "shape", fields)


def listed_taps(window: Window) -> dict[str, Value]:
    """Parameters that say which taps are given; none where all are."""
    return {"TapCount": len(window.taps), "TapPlaces": Each(window.taps)} if window.taps else {}


def given_taps(window: Window) -> str:
    """`3x3`, or `4 of 3x3` taps."""
    rows, columns = window.kernel
    return (f"{len(window.taps)} of " if window.taps else "") + f"{rows}x{columns}"


def _table(entries: int) -> float:
    """Look-up tables of six inputs of a bit that so many entries choose."""
    return 1.0 if entries <= 64 else entries / 48


class LineBuffer(Kernel[Window]):
    """Stores the last few lines of the map and reads every window from them, word by word.

    The input word is `parallel` channels of one pixel; the output has a vector of C/groups
    elements for each tap of each group. Parameters:

    - `parallel`: elements per word.
    - `depth`: words of the circular buffer, 2, 4, 8...; 0 or absent means `automatic_depth`.
    - `registers`: 1 puts a register behind the memory.
    """

    name = "line_buffer"
    op = Window
    built = Lines
    most_registers = 1

    def space(self, site: Site[Window]) -> Iterable[Parameters]:
        """See `Kernel.space`: for every number of words per tap, the fewest lanes."""
        size = _group_size(site)
        for parallel in sorted({-(-size // words) for words in range(1, size + 1)}):
            parameters = {"parallel": parallel}
            if self.check(site, parameters) is None:
                yield parameters

    def check(self, site: Site[Window], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        unknown = sorted(set(parameters) - {"parallel", "depth"})
        if unknown:
            return f"line_buffer has no parameter '{unknown[0]}'; it has 'parallel' and 'depth'"
        size, groups = _group_size(site), site.op.groups
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


def automatic_depth(layout: WindowLayout) -> int:
    """The smallest power of two that can not deadlock and slows neither side down.

    A buffer of just `least_depth` words works, but at the end of a frame it has no place for the
    first lines of the next one, so the reader would wait for them in every frame.
    """
    reads = _reads(layout)
    depth = max(2, 1 << (reads.least_depth - 1).bit_length())
    while not reads.sustains(depth):
        depth *= 2
    return depth


@lru_cache(maxsize=1024)
def _automatic_depth(layout: WindowLayout) -> int:
    return automatic_depth(layout)


@lru_cache(maxsize=1024)
def _least_depth(layout: WindowLayout) -> int:
    return _reads(layout).least_depth


@lru_cache(maxsize=8)
def _reads(layout: WindowLayout) -> WindowReads:
    """Rows are small, but what is derived from them can have an entry for every word."""
    return WindowReads(layout)


def _layout(site: Site[Window], parallel: int) -> WindowLayout:
    window = site.op
    words = -(-_group_size(site) // parallel)
    shape = site.inputs[0].shape
    return WindowLayout(window.geometry, shape, window.groups, words, window.taps)


def _group_size(site: Site[Window]) -> int:
    return site.inputs[0].channels // site.op.groups


def pad_code(value: int, element: IntType) -> Word:
    """The padding's bits; zero when no tap lies in the padding."""
    inside = element.contains(np.array([value], dtype=np.int64))
    code = int(element.encode(np.array([value], dtype=np.int64))[0]) if inside else 0
    return Word(element.bits, code)
