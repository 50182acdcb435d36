"""The kernel `stored`: one operand in two banks, the other one multiplied as it comes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.products import InTables, Multiply
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Repeated, Timing
from hwcompile.ops.matmul.blocks import InBlocks
from hwcompile.ops.matmul.space import foldings

MAX_LANES = 1 << 16
"""Of one product; every lane reads a memory of its own or shares a word with its neighbours."""

_WORDS = (InTables.word, Multiply.word)


class StoredMatrix(InBlocks[PairMatmul]):
    """Matrices cut into blocks of pe x simd, in the words of `hw_pair_matvec`."""

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """Rows and columns of a matrix."""
        return self.op.sizes(self.site.inputs)

    @property
    def heads(self) -> int:
        """Groups side by side."""
        return int(self.parameters.get("heads", 1))

    @property
    def matrices(self) -> int:
        """One for each group that does not stand beside others."""
        return self.op.groups // self.heads

    @property
    def lanes(self) -> int:
        """Pe x simd of every head."""
        return self.heads * super().lanes

    @property
    def memories(self) -> int:
        """Among which the pixels of the stored operand take turns."""
        return self.pe if self.op.transposed else self.simd

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        wish = str(self.parameters.get("style", "auto"))
        streamed, kept = (kind.element for kind in self.site.inputs)
        for encoding in _encodings(kept, streamed):
            if wish in ("auto", encoding.word):
                return Dot(encoding, registers=self.registers)
        raise InternalError(f"the style '{wish}' was not checked")

    @cached_property
    def ports(self) -> Ports:
        """Vectors of a pixel and group; words of either operand are what a block needs of it."""
        (rows, columns), heads = self.sizes, self.heads
        (a, b), (result,) = self.site.inputs, self.site.outputs
        across, down = (heads * columns, heads * self.simd), (heads * rows, heads * self.pe)
        kept = across if self.op.transposed else down
        return Ports(
            (
                StreamFormat(a.pixels * self.matrices, *across, a.element),
                StreamFormat(b.pixels * self.matrices, *kept, b.element),
            ),
            StreamFormat(a.pixels * self.matrices, *down, result.element),
        )

    @cached_property
    def timing(self) -> Timing:
        """A writer and a reader, with two banks between them that are emptied at once."""
        streamed, kept = self.ports.inputs
        one, whole = np.ones(1, dtype=np.int64), kept.words
        word = Actor(one, {"in1": Access.stream(one)}, {"banks": one})
        # The first vector waits for the whole bank, which the last one's last cycle empties.
        nothing = np.zeros(self.vector.phases, dtype=np.int64)
        everything, at_last = nothing + whole, nothing.copy()
        at_last[-1] = whole
        alone = ((self._vector(everything, at_last), 1),)
        several = (
            (self._vector(everything, nothing), 1),
            (self._vector(nothing, nothing), streamed.vectors - 2),
            (self._vector(nothing, at_last), 1),
        )
        parts = alone if streamed.vectors == 1 else several
        return Timing(
            {"store": Repeated(((word, whole),)), "multiply": Repeated(parts)},
            self.stages,
            {"banks": Buffer(2 * whole)},
        )

    def _vector(self, need: IntArray, free: IntArray) -> Actor:
        """A vector that waits for words of the bank, and empties so many, [phases]."""
        alone = self.vector
        reads = {**alone.reads, "banks": Access(need, free)}
        return Actor(alone.duration, reads, alone.writes)

    @property
    def interval(self) -> int:
        """Every block for every pixel, or a word per cycle of the stored operand."""
        return max(self.site.inputs[0].pixels * self.depth, self.ports.inputs[1].words)

    @property
    def _bank(self) -> Memory:
        """One of the memories, with both banks."""
        rows = 2 << (self.depth - 1).bit_length()
        return Memory(rows, self.ports.inputs[1].bits, MemoryKind.RAM)

    @cached_property
    def needs(self) -> Resources:
        """Lanes and adders (see `Dot`), the banks, registers of operands, accumulators, control."""
        streamed, kept = self.ports.inputs
        weight_width = self.lanes * kept.element.bits
        rows = self.heads * self.pe
        accumulators = rows * self.out_bits
        place = max(self.depth - 1, 1).bit_length()
        passes = (self.site.inputs[0].pixels, self.site.inputs[1].pixels)
        counters = 2 * place + sum(max(n - 1, 1).bit_length() for n in (self.steps, *passes))
        later = self.dot.operands - 1
        flags = 3 * (self.dot.stages(self.simd) + self.dot.operands)
        total = Resources(
            lut=accumulators + 0.5 * counters + self.memories + 12,
            adders=accumulators + counters + 3 * place,
            ff=accumulators
            + counters
            + 3 * place
            + flags
            + self.memories
            + later * (streamed.bits + weight_width),
        )
        if self.folds > 1:
            total += memory(self.steps, streamed.bits, MemoryKind.QUEUE)
            total += Resources(lut=streamed.bits, ff=streamed.bits)
        else:
            total += Resources(ff=streamed.bits)
        bank = self._bank
        total += memory(bank.depth, bank.width, MemoryKind.RAM, self.memories)
        return total + self.dot.resources(rows, self.simd, self.out_bits)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of the arithmetic, behind the memories, and control."""
        word = self.ports.inputs[0].bits
        replayed = Memory(self.steps, word, MemoryKind.QUEUE) if self.folds > 1 else None
        sums = self.dot.paths(
            self.simd, self.out_bits, self._bank, replayed, rows=self.heads * self.pe
        )
        return (*sums, CONTROL)

    @property
    def circuit(self) -> str:
        """One for every arithmetic."""
        return f"{super().circuit}.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_pair_matvec`."""
        streamed, kept = self.site.inputs
        return Instance(
            "hw_pair_matvec",
            {
                "Pe": self.pe,
                "Simd": self.simd,
                "Folds": self.folds,
                "Steps": self.steps,
                "Groups": self.op.groups,
                "Heads": self.heads,
                "Transposed": self.op.transposed,
                "Pixels": kept.pixels,
                "Passes": streamed.pixels,
                "Sums": self.dot.plan(self.simd, self.out_bits),
                **self.dot.parameters(),
                "OutBits": self.out_bits,
            },
        )

    @property
    def comment(self) -> str:
        """Folding and arithmetic."""
        groups = f", {self.op.groups} groups" if self.op.groups > 1 else ""
        groups += f", {self.heads} side by side" if self.heads > 1 else ""
        rows, columns = self.sizes
        what = f"{rows} x {columns} matrices in two banks"
        folding = f"{self.folds} folds of {self.steps} steps{groups}"
        return f"{self.pe} x {self.simd} lanes, {what}, {folding}: {self.dot.describe()}"


class TwoBanks(Kernel[PairMatmul]):
    """Parameters `pe` and `simd` (rows and columns at a time), `heads`, `style` (of an encoding).

    The second operand is written into one of two banks while the other one is multiplied by the
    first operand, vector by vector, groups one after the other, or `heads` of them side by side
    where `pe` and `simd` are whole matrices. Neither `pe` nor `simd` has to
    divide the matrices.

    Of `registers`, one puts a register behind the memories, two let no cycle have more than one
    adder, and three give products of multipliers another register.
    """

    name = "stored"
    op = PairMatmul
    built = StoredMatrix
    most_registers = 3

    def space(self, site: Site[PairMatmul]) -> Iterable[Parameters]:
        """The foldings no other one beats in cycles and lanes at once, smallest first."""
        for pe, simd in foldings(*site.op.sizes(site.inputs), MAX_LANES):
            yield {"pe": pe, "simd": simd}
        rows, columns = site.op.sizes(site.inputs)
        for heads in _divisors(site.op.groups)[1:]:
            if heads * rows * columns <= MAX_LANES:
                yield {"pe": rows, "simd": columns, "heads": heads}

    def ways(self, site: Site[PairMatmul], parameters: Parameters) -> Iterable[Parameters]:
        """Multipliers, or look-up tables."""
        streamed, kept = (kind.element for kind in site.inputs)
        for encoding in list(_encodings(kept, streamed))[1:]:
            if encoding.multiplies:
                yield {**parameters, "style": encoding.word}

    def check(self, site: Site[PairMatmul], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        if not {"pe", "simd"} <= set(parameters) <= {"pe", "simd", "style", "heads"}:
            return f"the parameters are pe, simd, style and heads, not {sorted(parameters)}"
        sizes = site.op.sizes(site.inputs)
        for name, most in zip(("pe", "simd"), sizes, strict=True):
            value = parameters[name]
            if not isinstance(value, int) or not 1 <= value <= most:
                return f"{name} must be from 1 to {most}, not {value!r}"
        heads = parameters.get("heads", 1)
        if heads not in _divisors(site.op.groups):
            return f"heads must divide {site.op.groups} groups, which {heads!r} does not"
        if heads != 1 and (parameters["pe"], parameters["simd"]) != sizes:
            return f"with heads side by side, pe and simd are {sizes[0]} and {sizes[1]}"
        style = parameters.get("style", "auto")
        if style not in ("auto", *_WORDS):
            return f"style must be auto or {' or '.join(_WORDS)}, not {style!r}"
        return None


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]


def _encodings(kept: IntType, streamed: IntType) -> Iterable[WeightEncoding]:
    """Those that store a number as it travels, the best first."""
    return (found for found in encodings(kept, streamed) if found.word in _WORDS)
