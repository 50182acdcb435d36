"""Taking pixels by number from a frame that is kept while the next one comes in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Repeated, Timing
from hwcompile.ops.gather.op import Take
from hwcompile.ops.gather.words import all_divisors, check_parallel


class StoredFrame(Built[Take]):
    """Two banks of pixels, and a reader that is told which one is next."""

    @property
    def words(self) -> int:
        """Of a pixel."""
        return self.site.inputs[0].channels // self.number("parallel")

    @cached_property
    def ports(self) -> Ports:
        """Pixels in and out in words of `parallel` channels; one place per word."""
        x, places = self.site.inputs
        channels, parallel = x.channels, self.number("parallel")
        return Ports(
            (
                StreamFormat(x.pixels, channels, parallel, x.element),
                StreamFormat(1, places.size, 1, places.element),
            ),
            StreamFormat(places.size, channels, parallel, x.element),
        )

    @cached_property
    def timing(self) -> Timing:
        """A writer and a reader, with two banks between them that are emptied at once."""
        whole, (_, places) = self.ports.inputs[0].words, self.site.inputs
        one = np.ones(1, dtype=np.int64)
        store = Repeated(((Actor(one, {"in0": Access.stream(one)}, {"banks": one}), whole),))
        words, k = self.words, places.size
        ones = np.ones(k * words, dtype=np.int64)
        first = (np.arange(k * words) % words == 0).astype(np.int64)
        released = np.zeros_like(ones)
        released[-1] = whole
        reads = {"in1": Access.stream(first), "banks": Access(whole * ones, released)}
        read = Actor(ones, reads, {"out": np.cumsum(ones)})
        return Timing({"store": store, "read": read}, 2, {"banks": Buffer(2 * whole)})

    @property
    def interval(self) -> int:
        """A word per cycle, in or out."""
        return max(self.ports.inputs[0].words, self.ports.output.words)

    @property
    def _bank(self) -> Memory:
        """Both banks."""
        rows = 2 << sum((n - 1).bit_length() for n in (self.site.inputs[0].pixels, self.words))
        return Memory(rows, self.ports.inputs[0].bits, MemoryKind.RAM)

    @cached_property
    def needs(self) -> Resources:
        """The banks, an output register, the place, and counters."""
        bank, place = self._bank, self.site.inputs[1].element.bits
        counters = 2 * bank.depth.bit_length() + self.site.inputs[1].size.bit_length()
        logic = Resources(
            lut=counters + place + 8, adders=counters, ff=bank.width + 2 * place + counters + 8
        )
        return logic + memory(bank.depth, bank.width, MemoryKind.RAM)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control, and the banks."""
        return (CONTROL, Path("banks", 1, memory=self._bank))

    @property
    def instance(self) -> Instance:
        """Of `hw_take`."""
        x, places = self.site.inputs
        return Instance(
            "hw_take",
            {
                "Pixels": x.pixels,
                "Words": self.words,
                "Count": places.size,
                "Bits": self.ports.inputs[0].bits,
                "PlaceBits": places.element.bits,
            },
        )

    @property
    def comment(self) -> str:
        """How many of how many."""
        x, places = self.site.inputs
        return f"{places.size} of {x.pixels} pixels by number, from frames in two banks"


class TwoFrames(Kernel[Take]):
    """Keeps a frame while the next one comes in, and reads the pixels whose numbers come.

    The first pixel waits for the whole frame and for its number, every further one for its number:
    what chooses them may work while the frame comes in.

    Parameters:
        parallel: Channels per word, a divisor of all.
    """

    name = "stored"
    op = Take
    built = StoredFrame

    def space(self, site: Site[Take]) -> Iterable[Parameters]:
        """Every legal word size, ascending."""
        return [{"parallel": p} for p in all_divisors(site.inputs[0].channels)]

    def check(self, site: Site[Take], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        return check_parallel(parameters, all_divisors(site.inputs[0].channels))
