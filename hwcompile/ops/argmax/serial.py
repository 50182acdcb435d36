"""Keeping the largest channels while a pixel's words go by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing, single


class SerialLists(Built[TopK]):
    """A sorted list in every lane, and what merges them; see `Serial`."""

    @cached_property
    def ports(self) -> Ports:
        """`parallel` channels per word in, single elements out."""
        kind, out = self.site.inputs[0], self.site.outputs[0]
        return Ports(
            (StreamFormat(kind.pixels, kind.channels, self.number("parallel"), kind.element),),
            StreamFormat(out.pixels, out.channels, 1, out.element),
        )

    @property
    def form(self) -> StreamFormat:
        """Of the input."""
        return self.ports.inputs[0]

    @property
    def index_bits(self) -> int:
        """Bits of a channel's number, where that is the result."""
        return (self.form.size - 1).bit_length() if self.op.result == "index" else 0

    @cached_property
    def timing(self) -> Timing:
        """For k = 1 a phase per input word; else two actors with one set of lists between them."""
        form, k = self.form, self.op.k
        ones = np.ones(form.words_per_vector, dtype=np.int64)
        ends = (np.arange(form.words_per_vector) == form.words_per_vector - 1).astype(np.int64)
        if k == 1:
            # A tree of comparators merges the lanes.
            stages = 1 + (form.parallel - 1).bit_length()
            return single({"in0": ones}, ends, stages, times=form.vectors)
        ones, ends = np.tile(ones, form.vectors), np.tile(ends, form.vectors)
        keep = Actor(ones, {"in0": Access.stream(ones)}, {"lists": np.cumsum(ends)})
        pixel, place = np.divmod(np.arange(form.vectors * k), k)
        lists = Access(pixel + 1, pixel + (place == k - 1))
        # There is one set: it is filled again after the last draw, and drawn from after that.
        draw = Actor(1 + (place == k - 1), {"lists": lists}, {"out": np.arange(pixel.size) + 1})
        return Timing({"keep": keep, "draw": draw}, stages=1, buffers={"lists": Buffer(1)})

    @property
    def interval(self) -> int:
        """Per pixel a cycle for each input word, but for k > 1 at least k + 1."""
        k = self.op.k
        return self.form.vectors * max(self.form.words_per_vector, k + 1 if k > 1 else 1)

    @cached_property
    def needs(self) -> Resources:
        """Lists and comparators; a comparison of n bits takes about n / 2 tables."""
        form, k = self.form, self.op.k
        lanes, bits = form.parallel, form.element.bits
        key = bits + self.index_bits
        depth = min(k, form.words_per_vector)
        insert = lanes * depth * key
        merge = (lanes - 1) * key
        compare = lanes * depth * bits + (lanes - 1) * bits
        sets = 1 if k == 1 else 2
        registers = lanes * depth * (key + 1) * sets + (lanes if k == 1 else 1) * key
        counters = form.words_per_vector.bit_length() + self.index_bits + 4
        return Resources(
            lut=insert + merge + (sets - 1) * lanes * depth * key + counters,
            adders=compare,
            ff=registers + counters,
        )

    @property
    def entrance(self) -> tuple[Path, ...]:
        """Words are worked on at once."""
        return self.paths[1:]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; a comparison and what it keeps."""
        return (CONTROL, Path("comparison", 2, (self.form.element.bits,)))

    @property
    def instance(self) -> Instance:
        """Of `hw_argmax` or, for more than one result, `hw_topk`."""
        op, form = self.op, self.form
        gives_index = op.result == "index"
        numbers: dict[str, Value] = {
            "Lanes": form.parallel,
            "Width": form.element.bits,
            "Signed": form.element.signed,
            "Words": form.words_per_vector,
            "LastLanes": (form.size - 1) % form.parallel + 1,
            "IndexWidth": self.site.outputs[0].element.bits if gives_index else 1,
            "GiveIndex": gives_index,
        }
        if op.k == 1:
            return Instance("hw_argmax", numbers)
        return Instance("hw_topk", numbers | {"K": op.k, "Depth": min(op.k, form.words_per_vector)})

    @property
    def comment(self) -> str:
        """Channels, and how many at a time."""
        many = f"{self.op.k} " if self.op.k > 1 else ""
        return f"largest {many}of {self.form.size} channels, {self.form.parallel} at a time"


class Serial(Kernel[TopK]):
    """Every lane keeps its own sorted list; at the end of a pixel the lists are merged.

    For k = 1 a tree of registered comparators merges them, and the result is started by the step
    that takes the pixel's last word. For more, the lists move to a second set of registers, from
    which the largest head is drawn once per cycle while the next pixel comes in.

    Parameters:
        parallel: Channels per input word, from 1 to all.
    """

    name = "serial"
    op = TopK
    built = SerialLists

    def space(self, site: Site[TopK]) -> Iterable[Parameters]:
        """The divisors of the channels, ascending: other word sizes only waste lanes.

        For k > 1 only few lanes, as their heads are compared one after the other in a cycle.
        """
        channels = site.inputs[0].channels
        most = channels if site.op.k == 1 else min(channels, 4)
        return [{"parallel": p} for p in range(1, most + 1) if channels % p == 0]

    def check(self, site: Site[TopK], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        if set(parameters) != {"parallel"}:
            return f"the only parameter is 'parallel', not {sorted(parameters)}"
        parallel, channels = parameters["parallel"], site.inputs[0].channels
        if isinstance(parallel, int) and 1 <= parallel <= channels:
            return None
        return f"'parallel' is from 1 to the {channels} channels, not {parallel!r}"
