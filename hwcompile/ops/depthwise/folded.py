"""The folded depthwise kernel: PE channels at a time, one tap after the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic import words
from hwcompile.ops.arithmetic.codebook import CODEBOOK, PLAIN, check_encoding
from hwcompile.ops.arithmetic.dot import Dot, start_bits
from hwcompile.ops.arithmetic.ways import out_of_multipliers
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.folded import check_style
from hwcompile.ops.matmul.space import smallest_parts

STAGES = 3  # operands, products, sums; and with `registers` another one of operands


class FoldedChannels(Built[Depthwise]):
    """Channels cut into groups of pe, in the words of `hw_depthwise`."""

    @property
    def pe(self) -> int:
        """Channels at a time."""
        return self.number("pe")

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        element = self.site.inputs[0].element
        dot = Dot.of(self.op.weight_type, element, self.parameters, self.registers)
        return dot.stored(self.parameters, self.rows)

    @cached_property
    def shared(self) -> bool:
        """All channels have the same weights, so that the memory has a row for each tap alone."""
        return self.words > 1 and bool((self.op.weights == self.op.weights[:, :1]).all())

    @property
    def rows(self) -> int:
        """Rows of the weight memory."""
        return self.op.taps if self.shared else self.depth

    @property
    def pixels(self) -> int:
        """Pixels of a frame."""
        return self.site.inputs[0].pixels

    @property
    def words(self) -> int:
        """Words of a tap."""
        return -(-self.op.channels // self.pe)

    @property
    def depth(self) -> int:
        """Words of a pixel."""
        return self.op.taps * self.words

    @property
    def out_bits(self) -> int:
        """Bits of a sum."""
        return self.site.outputs[0].element.bits

    @cached_property
    def ports(self) -> Ports:
        """A vector of C elements for every tap in, one of C elements for every pixel out."""
        channels, taps = self.op.channels, self.op.taps
        source = StreamFormat(self.pixels * taps, channels, self.pe, self.site.inputs[0].element)
        result = StreamFormat(self.pixels, channels, self.pe, self.site.outputs[0].element)
        return Ports((source,), result)

    @cached_property
    def timing(self) -> Timing:
        """Every cycle takes a word; those of the last tap give one."""
        takes = np.ones(self.depth, dtype=np.int64)
        gives = np.arange(self.depth) >= self.depth - self.words
        stages = STAGES + self.registers
        return single({"in0": takes}, gives.astype(np.int64), stages, times=self.pixels)

    @property
    def interval(self) -> int:
        """Taps x words for every pixel."""
        return self.pixels * self.depth

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """Pe."""
        return self.pe

    @cached_property
    def needs(self) -> Resources:
        """Products (see `Dot`), memories, registers of operands, sums, control."""
        pe, dot, words = self.pe, self.dot, self.words
        sums = pe * self.out_bits
        index = max(words - 1, 1).bit_length()
        counters = index + sum(max(n - 1, 1).bit_length() for n in (self.op.taps, self.rows))
        total = Resources(
            # As for the matrix-vector kernel: an adder with its start value, counters, control.
            lut=sums + 0.5 * counters + 4,
            adders=sums + counters,
            ff=pe * dot.encoding.input.bits + sums + counters + 2 * index + 8,
        )
        word = pe * (dot.encoding.input.bits + dot.encoding.stored_bits)
        total += Resources(ff=self.registers * (word + index + 4))
        total += memory(words, sums, MemoryKind.RAM) if words > 1 else Resources()
        total += memory(self.rows, pe * dot.weight_bits) + dot.decoding(pe, self.rows)
        if self.starts is not None:
            total += memory(words, pe * start_bits(self.starts))
        return total + dot.resources(pe, 1, self.out_bits)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of the arithmetic, behind the weight memory, and control."""
        width = self.pe * self.dot.weight_bits
        weights = Memory(self.rows, width) if self.rows > 1 else None
        return (*self.dot.paths(1, self.out_bits, weights, rows=self.number("pe")), CONTROL)

    @property
    def circuit(self) -> str:
        """One for every arithmetic."""
        return f"{super().circuit}.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_depthwise`."""
        op, dot = self.op, self.dot
        return Instance(
            "hw_depthwise",
            {
                "Pe": self.pe,
                "Words": self.words,
                "Taps": op.taps,
                "KeptLanes": self._kept_lanes,
                **({"Operands": 1 + self.registers} if self.registers else {}),
                **({"Shared": True} if self.shared else {}),
                "CodeBits": dot.code_bits,
                **dot.parameters(),
                "Doubled": dot.encoding.doubled,
                "OutBits": self.out_bits,
                "WeightFile": dot.image(self._weight_blocks()),
                **dot.book_image,
                **dot.start_parameters(self.starts, op.taps),
            },
        )

    @property
    def comment(self) -> str:
        """Folding and arithmetic."""
        op, words = self.op, self.dot.describe()
        return f"{self.pe} of {op.channels} channels at a time, {op.taps} taps: {words}"

    @cached_property
    def starts(self) -> IntArray | None:
        """Rows of the start memory: int64 [words, pe]."""
        starts = constant_parts(self.op, self.dot)
        if starts is None:
            return None
        return np.pad(starts, (0, self.words * self.pe - self.op.channels)).reshape(-1, self.pe)

    @property
    def _kept_lanes(self) -> int:
        """Channels of the last word whose sums must be cleared begin here."""
        used = self.op.channels - (self.words - 1) * self.pe
        return used if self.dot.encoding.start(1) else self.pe

    def _weight_blocks(self) -> IntArray:
        """Rows of the weight memory: int64 [rows, pe, 1]."""
        if self.shared:
            return np.repeat(self.op.weights[:, :1], self.pe, axis=1)[:, :, None]
        edge = self.words * self.pe - self.op.channels
        padded = np.pad(self.op.weights, ((0, 0), (0, edge)), constant_values=self.dot.padding)
        return padded.reshape(self.depth, self.pe, 1)


class Folded(Kernel[Depthwise]):
    """Parameters `pe` (channels at a time) and `style` (an encoding's word).

    `encoding` says how weights are stored: `plain`, as a place in a `codebook` of the few numbers
    that occur, or `auto` (the book where memory shrinks by more than its tables take).

    `pe` need not divide the channels. `registers = 1` puts a register behind the weight memory.
    """

    name = "folded"
    op = Depthwise
    built = FoldedChannels
    most_registers = 1

    def space(self, site: Site[Depthwise]) -> Iterable[Parameters]:
        """For every number of words per tap the smallest pe, slowest first."""
        for pe in smallest_parts(site.op.channels):
            yield {"pe": pe}

    def ways(self, site: Site[Depthwise], parameters: Parameters) -> Iterable[Parameters]:
        """Products in look-up tables instead of multipliers."""
        found = out_of_multipliers(site.op.weight_type, site.inputs[0].element)
        return [{**parameters, **way} for way in found]

    def encodings(self, site: Site[Depthwise]) -> Iterable[Parameters]:
        """See `Kernel.encodings`."""
        types = site.op.weight_type, site.inputs[0].element
        return [
            {"style": style, "encoding": stored}
            for style in words(*types)
            for stored in (PLAIN, CODEBOOK)
        ]

    def check(self, site: Site[Depthwise], parameters: Parameters) -> str | None:
        """Unknown names, a pe outside the channels, and styles the types do not allow."""
        channels = site.op.channels
        unknown = sorted(set(parameters) - {"pe", "style", "encoding"})
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are pe, style and encoding"
        pe = parameters.get("pe")
        if not isinstance(pe, int) or not 1 <= pe <= channels:
            return f"pe must be a number from 1 to {channels}, not {pe!r}"
        types = site.op.weight_type, site.inputs[0].element
        return check_style(words(*types), parameters) or check_encoding(
            Dot.of(*types, parameters).encoding, parameters
        )


@lru_cache(maxsize=256)
def constant_parts(op: Depthwise, dot: Dot) -> IntArray | None:
    """Constant parts of the sums, int64 [channels]; kept, as every folding asks for them."""
    return dot.encoding.starts(op.weights, axis=0)
