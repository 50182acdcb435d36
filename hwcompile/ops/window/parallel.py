"""Kernel `parallel`: line memories and a register window, all taps of a window per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.pixels import pixel_counts
from hwcompile.ops.contract.site import Blocks, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.window.line_buffer import given_taps, listed_taps, pad_code, window_shape
from hwcompile.ops.window.lines import recent_words, whole_rows
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.walk import Walk


class TapsAbreast(Built[Window]):
    """A writer into line memories, and a reader with a register window."""

    @property
    def parallel(self) -> int:
        """Channels per word."""
        return self.number("parallel")

    @cached_property
    def walk(self) -> Walk:
        """The reader's phases."""
        shape = self.site.inputs[0].shape
        return Walk(self.op.geometry, shape, shape[2] // self.parallel, self.pixels)

    @property
    def pixels(self) -> int:
        """Pixels of an input word."""
        return self.number("pixels", 1)

    @property
    def taps(self) -> int:
        """Taps of a window."""
        return len(self.op.places)

    @property
    def group_lanes(self) -> int:
        """Channels of one group in a word."""
        return min(self.parallel, self.site.inputs[0].channels // self.op.groups)

    @cached_property
    def recent(self) -> int:
        """Words that wait for the place of a row that leaves; 0 with a bank for every row."""
        return recent_words(self.walk)

    @cached_property
    def rows(self) -> int:
        """Rows of line memory, each a bank; with `walk.is_ring` the words of the only one."""
        return self.walk.reach[0] if self.recent else whole_rows(self.walk)

    @property
    def capacity(self) -> int:
        """Words of the line memories."""
        return self.rows if self.walk.is_ring else self.rows * self.walk.row_words

    @cached_property
    def ports(self) -> Ports:
        """Channels of a pixel in; all taps of those channels out, group by group.

        Or all channels of some pixels in, and all windows out that begin among them.
        """
        source, result = self.site.inputs[0], self.site.outputs[0]
        if self.pixels > 1:
            taken = StreamFormat.of_rows(source, self.pixels)
            return Ports((taken,), StreamFormat.of_rows(result, self.walk.abreast))
        size = source.channels // self.op.groups
        abreast = self.parallel // self.group_lanes
        vectors = result.pixels * self.op.groups // abreast
        order = Blocks.of(self.taps, self.group_lanes, size) if abreast == 1 else None
        width = self.taps * self.parallel
        taken = StreamFormat(source.pixels, source.channels, self.parallel, source.element)
        length = abreast * self.taps * size
        return Ports((taken,), StreamFormat(vectors, length, width, result.element, order))

    @cached_property
    def timing(self) -> Timing:
        """A writer and a reader around the line memories.

        With `recent`, the reader needs words that are stored at all, and a third actor takes them
        to the line memories in order, as the reader frees places.
        """
        walk = self.walk
        ones, lines = np.ones(walk.words, dtype=np.int64), Buffer(self.capacity)
        each = np.cumsum(ones)
        taken, given = Access.stream(ones), {"out": np.cumsum(walk.emits())}
        phases, need, free = np.ones(walk.phases, dtype=np.int64), walk.need(), walk.free()
        if not self.recent:
            writer = Actor(ones, {"in0": taken}, {"lines": each})
            reader = Actor(phases, {"lines": Access(need, free)}, given)
            return Timing({"write": writer, "read": reader}, 2, {"lines": lines})
        stored = Access(need, np.append(need[:-1], walk.words))
        actors = {
            "write": Actor(ones, {"in0": taken}, {"stored": each, "recent": each}),
            "bank": Actor(ones, {"recent": taken}, {"lines": each}),
            "read": Actor(phases, {"stored": stored, "lines": Access(0 * need, free)}, given),
        }
        # Room in `recent` is what the writer waits for.
        every = Buffer(walk.words + self.capacity + self.recent)
        buffers = {"stored": every, "recent": Buffer(self.recent), "lines": lines}
        return Timing(actors, 2, buffers)

    @property
    def interval(self) -> int:
        """The writer's words or the reader's phases, whichever are more."""
        return max(self.walk.words, self.walk.phases)

    @cached_property
    def needs(self) -> Resources:
        """Line memories, the register window, what chooses among rows and masks taps, control."""
        walk, ports = self.walk, self.ports
        word, out = ports.inputs[0].bits, ports.output.bits
        column = self.op.kernel[0] * word
        banks = 1 if walk.is_ring else self.rows
        places = walk.places
        late = min(walk.tail, places) + 1 if walk.tail else 0
        position = walk.row_words.bit_length()
        row = 2 * sum(n.bit_length() for n in (2 * walk.shape[0], walk.windows[0]))
        lut = 3.0 * position + 3 * row + 20 + column * _choices(banks) + column * late
        kept = word * self._kept_places
        if self.op.geometry.reaches_padding(self.site.inputs[0].shape, self.op.taps):
            lut += out + 2 * sum(self.op.kernel)
        control = Resources(lut, 6.0 * position + 4 * row, kept + 4.0 * position + 2 * row + 20)
        depth = self.rows if walk.is_ring else walk.row_words
        return control + memory(depth, word, MemoryKind.RAM, banks) + self._newest(row, word)

    @property
    def _kept_places(self) -> int:
        """Places of the register window up to the last one of each row that a tap reads."""
        walk, window = self.walk, self.op
        first: dict[int, int] = {}
        for place in window.places:
            row, column = divmod(place, window.kernel[1])
            first.setdefault(row, column)
        ahead = -(-window.pads[1] // walk.pixels) * walk.pixels - window.pads[1]
        return sum(
            walk.places - (ahead + column * window.dilations[1]) // walk.pixels * walk.pixel_words
            for column in first.values()
        )

    def _newest(self, row: float, word: int) -> Resources:
        """The words that wait, counters of rows and places, and the choice of the lowest row."""
        if not self.recent:
            return Resources()
        place = (self.recent - 1).bit_length()
        control = Resources(3.0 * row + 3 * place + 8, 2.0 * row, row + 5.0 * place + 1)
        kept = memory(1 << place, word, MemoryKind.DIRECT, reads=2)
        return control + Resources(lut=word, ff=word) + kept

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; the line memories and the choice among rows; a tap that may be padding."""
        rows = 1 if self.walk.is_ring else self.rows
        depth = self.rows if self.walk.is_ring else self.walk.row_words
        lines = Memory(depth, self.ports.inputs[0].bits, MemoryKind.RAM)
        # A place of the window register may take what comes late.
        levels = (rows - 1).bit_length() + (1 if self.walk.tail else 0)
        return (
            CONTROL,
            Path("line memory", levels, memory=lines if lines.depth > 1 else None),
            Path("taps", 3),
        )

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_window_parallel`."""
        source, result = self.ports.inputs[0], self.ports.output
        ring = self.walk.is_ring
        return Instance(
            "hw_window_parallel",
            {
                "Shape": window_shape(self.site, 1, self.walk.pixel_words),
                "Parallel": self.parallel,
                "Pixels": self.pixels,
                "Abreast": self.parallel // self.group_lanes,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "InSigned": source.element.signed,
                "BipolarToInt": source.element.encoding is Encoding.BIPOLAR
                and result.element.encoding is not Encoding.BIPOLAR,
                "PadCode": pad_code(self.op.pad_value, result.element),
                "Banks": 1 if ring else self.rows,
                "Depth": self.rows if ring else self.walk.row_words,
                "Recent": self.recent,
                "Ring": ring,
                **listed_taps(self.op),
            },
        )

    @property
    def comment(self) -> str:
        """Kernel, folding and line memory."""
        kept = f"{self.capacity} words" if self.walk.is_ring else f"{self.rows} rows"
        kept += f" and {self.recent} words" if self.recent else ""
        abreast = self.walk.abreast
        windows = f" of {abreast} windows" if abreast > 1 else ""
        return (
            f"all {given_taps(self.op)} taps of {self.parallel} channels{windows} per cycle, "
            f"{kept} of line memory"
        )


class Parallel(Kernel[Window]):
    """Gives all taps of a window in one cycle, for `parallel` channels.

    Rows of the map stand in line memories, and the columns under a window in registers; padding
    takes no cycles. So a map passes in as many cycles as it has words. Long rows have a line memory
    for all but the lowest under a window, of which a few words are kept. Parameters:

    - `parallel`: channels per word. They divide the channels of a group, or are whole groups.
    - `pixels` (1 if not given): neighbours in a row per word, with all their channels; a multiple
      of the horizontal stride. The windows that begin among them leave together.

    Where a word holds a part of a group, all taps of this part come first, and then those of the
    next: an order that matrices, depthwise sums and reductions can take when they are built for it.
    """

    name = "parallel"
    op = Window
    built = TapsAbreast
    reserve = True

    def unable(self, site: Site[Window]) -> str | None:
        """See `Kernel.unable`."""
        return Walk(site.op.geometry, site.inputs[0].shape, 1).problem()

    def space(self, site: Site[Window]) -> Iterable[Parameters]:
        """See `Kernel.space`: parts of a group, then whole groups."""
        channels = site.inputs[0].channels
        for parallel in range(1, channels + 1):
            if self.check(site, {"parallel": parallel}) is None:
                yield {"parallel": parallel}

    def space_of_pixels(self, site: Site[Window]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        channels, stride = site.inputs[0].channels, site.op.strides[1]
        found = {-(-pixels // stride) * stride for pixels in pixel_counts(site.inputs[0])}
        for pixels in sorted(found):
            parameters = {"parallel": channels, "pixels": pixels}
            if self.check(site, parameters) is None:
                yield parameters

    def check(self, site: Site[Window], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        unknown = sorted(set(parameters) - {"parallel", "pixels"})
        if unknown:
            return f"parallel has no parameter '{unknown[0]}'; it has 'parallel' and 'pixels'"
        channels, groups = site.inputs[0].channels, site.op.groups
        parallel, size = parameters.get("parallel"), channels // groups
        if not isinstance(parallel, int) or not 1 <= parallel <= channels:
            return f"'parallel' is a number from 1 to {channels} (channels), not {parallel}"
        if size % parallel and (parallel % size or groups % (parallel // size)):
            return (
                f"'parallel' divides the {size} channels of a group or is that of some of the "
                f"{groups} groups that divides them; {parallel} is neither"
            )
        return _check_pixels(site, parallel, parameters.get("pixels", 1))


def _check_pixels(site: Site[Window], parallel: int, pixels: int | str) -> str | None:
    """Why a word can not hold so many pixels; None when it can."""
    _, width, channels = site.inputs[0].shape
    stride = site.op.strides[1]
    if not isinstance(pixels, int) or not 1 <= pixels <= width:
        return f"'pixels' is a number from 1 to {width} (pixels of a row), not {pixels}"
    if pixels == 1:
        return None
    if parallel != channels or pixels % stride:
        return (
            f"with 'pixels' above 1, 'parallel' is {channels} (all channels) and 'pixels' a "
            f"multiple of the stride {stride}, not {parallel} and {pixels}"
        )
    return Walk(site.op.geometry, site.inputs[0].shape, 1, pixels).problem()


def _choices(inputs: int) -> float:
    """Look-up tables of six inputs that choose among so many bits."""
    return 0.0 if inputs == 1 else (inputs + 1) // 4 + 0.5 * (inputs % 2)
