"""The folded matrix-vector kernel: PE x SIMD lanes work through a matrix, one block per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.codebook import CODEBOOK, PLAIN, check_encoding
from hwcompile.ops.arithmetic.dot import Dot, start_bits
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.feedback import Made, sequence_of
from hwcompile.ops.arithmetic.rank_one import SEPARABLE
from hwcompile.ops.arithmetic.ways import out_of_multipliers, shared_multipliers
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Blocks, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Repeated, Timing
from hwcompile.ops.contract.weights_port import (
    LOADABLE,
    is_external,
    loading_paths,
    weights_comment,
    weights_held,
    weights_memory,
    weights_port,
    why_not,
)
from hwcompile.ops.matmul.blocks import InBlocks
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.separable import arithmetic, check_separable, styles
from hwcompile.ops.matmul.space import foldings, smallest_parts

MAX_LANES = 1 << 20
"""Of one matrix; more is a mistake, or a network that no FPGA holds."""

_NAMES = ("pe", "simd", "style", "encoding", "pack", "taps", "lanes", *LOADABLE)


class FoldedMatrix(InBlocks[Matmul]):
    """A matrix cut into blocks of pe x simd, in the words of `hw_matvec`."""

    @property
    def sizes(self) -> tuple[int, int]:
        """See `InBlocks`."""
        return self.op.rows, self.op.fan_in

    @property
    def matrices(self) -> int:
        """One for each group."""
        return self.op.groups

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        dot = arithmetic(
            self.op,
            self.site.inputs[0].element,
            self.parameters,
            size=(self.pe, self.simd, self.out_bits),
            depth=self.depth,
            registers=self.registers,
        )
        return dot.stored(self.parameters, self.depth)

    @property
    def order(self) -> Blocks | None:
        """The order of a vector's elements, where it is not its own."""
        if "taps" not in self.parameters:
            return None
        return Blocks(self.number("taps"), self.number("lanes"))

    @property
    def row_bits(self) -> int:
        """Bits of the weights of a cycle."""
        return self.pe * self.dot.pairs(self.simd) * self.dot.weight_bits

    @property
    def vectors(self) -> int:
        """Vectors of a frame."""
        return self.site.inputs[0].pixels * self.op.groups

    @cached_property
    def ports(self) -> Ports:
        """Vectors of K elements in, vectors of M elements out, one for each pixel and group."""
        op, vectors = self.op, self.vectors
        element = self.site.inputs[0].element
        source = StreamFormat(vectors, op.fan_in, self.simd, element, self.order)
        result = StreamFormat(vectors, op.rows, self.pe, self.site.outputs[0].element)
        return Ports((source,), result)

    @cached_property
    def timing(self) -> Timing:
        """One actor."""
        return Timing({"main": Repeated(((self.vector, self.vectors),))}, self.stages)

    @property
    def interval(self) -> int:
        """Folds x steps for every vector."""
        return self.vectors * self.folds * self.steps

    @cached_property
    def needs(self) -> Resources:
        """Lanes and adders (see `Dot`), memories, registers of operands, accumulators, control."""
        weights = self.pe * self.dot.pairs(self.simd)
        weight_width = weights * self.dot.operand_bits
        input_width = self.simd * self.dot.encoding.input.bits
        accumulators = self.pe * self.out_bits
        counters = sum(max(n - 1, 1).bit_length() for n in (self.folds, self.steps, self.depth))
        later = self.dot.operands - 1
        flags = 4 * (self.dot.stages(self.simd) + self.dot.operands)
        total = Resources(
            # The choice of the start value, a bit of the adder, and for a counter a comparison
            # with its last value.
            lut=accumulators + 0.5 * counters + 4,
            adders=accumulators + counters,
            ff=accumulators + counters + flags + later * (input_width + weight_width),
        )
        if self.folds > 1:
            # A word that is passed on while it is written goes by the memory.
            total += memory(self.steps, input_width, MemoryKind.QUEUE) + Resources(lut=input_width)
        else:
            total += Resources(ff=input_width)
        if self.made:
            total += self.made.needs
        else:
            total += weights_memory(
                self.parameters, self.depth, self.row_bits, lambda: self.instance.external
            )
        # A single row is constant where it is on the chip.
        rows = max(self.depth, 2) if is_external(self.parameters) else self.depth
        total += self.dot.decoding(weights, rows)
        starts = self.starts
        if starts is not None:
            start_width = self.pe * start_bits(starts)
            total += memory(starts.shape[0], start_width) + Resources(ff=later * start_width)
        return total + self.dot.resources(self.pe, self.simd, self.out_bits)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of the arithmetic, behind the memories, and control."""
        weights = weights_held(self.parameters, self.depth, self.row_bits)
        constant = weights.depth == 1 or self.made
        word = self.simd * self.dot.encoding.input.bits
        kept = Memory(self.steps, word, MemoryKind.QUEUE) if self.folds > 1 else None
        sums = self.dot.paths(
            self.simd, self.out_bits, None if constant else weights, kept, rows=self.pe
        )
        return (*sums, CONTROL, *loading_paths(self.parameters))

    @property
    def circuit(self) -> str:
        """One for every arithmetic."""
        return f"{super().circuit}.{self.dot.module}"

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_matvec`."""
        op, dot, made = self.op, self.dot, self.made
        image, passes = dot.image(self._weight_blocks()), self.site.inputs[0].pixels
        port = weights_port(image, "WeightFile", self.parameters, passes)
        return Instance(
            "hw_matvec",
            {
                "Pe": self.pe,
                "Simd": dot.pairs(self.simd),
                "Folds": self.folds,
                "Steps": self.steps,
                "Groups": op.groups,
                "KeptLanes": self._kept_lanes,
                "Sums": dot.plan(
                    self.simd,
                    self.out_bits,
                    made=made.length if made else 0,
                    external=port.external is not None,
                ),
                **dot.parameters(),
                "OutBits": self.out_bits,
                **(made.parameters() if made else port.memories),
                **dot.book_image,
                **dot.start_parameters(self.starts, op.fan_in),
            },
            constants=port.constants,
            unused=port.unused,
            external=port.external,
        )

    @property
    def comment(self) -> str:
        """Folding and arithmetic."""
        groups = f", {self.op.groups} groups" if self.op.groups > 1 else ""
        folding = f"{self.folds} folds of {self.steps} steps{groups}"
        made = f", from a register of {self.made.length} bits" if self.made else ""
        read = weights_comment(
            self.parameters, self.depth, self.row_bits, lambda: self.instance.external
        )
        return f"{self.pe} x {self.simd} lanes, {folding}{read}: {self.dot.describe()}{made}"

    @cached_property
    def starts(self) -> IntArray | None:
        """Rows of the start memory: int64 [groups * folds, pe]."""
        starts = row_constants(self.op, self.dot)
        if starts is None:
            return None
        edge = self.folds * self.pe - self.op.rows
        return np.pad(starts, ((0, 0), (0, edge))).reshape(-1, self.pe)

    @cached_property
    def made(self) -> Made | None:
        """The register that makes the weights, where one does."""
        op, dot = self.op, self.dot
        stored = self.parameters.get("encoding", "auto") != "auto" or dot.packing or dot.book
        if stored or dot.weight_bits > 1 or op.groups > 1 or self.order or self.depth == 1:
            return None
        if is_external(self.parameters):
            return None
        if op.rows % self.pe or op.fan_in % self.simd:
            return None
        found = sequence_of(dot.encoding.encode(op.weights[0]))
        if found is None:
            return None
        made = found.made(self.pe, self.simd, self.folds, self.steps)
        return made.recoded(self.simd, lambda codes: dot.encoding.stored(codes, dot.group))

    @property
    def _kept_lanes(self) -> int:
        """Rows of the last fold whose sums must be cleared begin here."""
        return self.pe if self.dot.neutral else self.op.rows - (self.folds - 1) * self.pe

    def _weight_blocks(self) -> IntArray:
        """Rows of the weight memory: int64 [groups * folds * steps, pe, simd]."""
        op, pe, simd = self.op, self.pe, self.simd
        edges = (self.folds * pe - op.rows, self.steps * simd - op.fan_in)
        order = self.order
        weights = op.weights[:, :, order.positions(op.fan_in)] if order else op.weights
        padded = np.pad(
            weights,
            ((0, 0), (0, edges[0]), (0, edges[1])),
            constant_values=self.dot.padding,
        )
        blocks = padded.reshape(op.groups, self.folds, pe, self.steps, simd)
        return blocks.transpose(0, 1, 3, 2, 4).reshape(self.depth, pe, simd)


class Folded(Kernel[Matmul]):
    """Parameters `pe` (rows at a time), `simd` (columns at a time), `style` (an encoding's word).

    `encoding` says how weights are stored: `plain`, as a place in a `codebook` of the few numbers
    that occur, or `auto` (the book where memory shrinks by more than its tables take). With `auto`,
    bits that are the sequence of a linear feedback shift register are not stored at all.

    The style `separable` stores a code for each kernel that is a column times a row of signs, where
    words have all taps of kernels; `auto` takes it where it is smaller.

    `pack` rows share a multiplication. Neither `pe` nor `simd` has to divide the matrix: lanes
    beyond its edge have weights that do not count, and the last word of a vector is partly empty.

    With `taps` and `lanes` the input is a window whose channels come in blocks of so many lanes,
    all taps of a block side by side; the columns of the weights are in that order then.

    `weights` is `on_chip`, or `external`: they stand in external memory, and are read once for
    every vector, a row of pe x simd per cycle, of which `prefetch` are read ahead. Then the timing
    is that of a memory that keeps up; the design counts the cycles it does not. With `loaded` they
    are read once after reset, as an `image` that a decoder on the chip makes rows of: `plain`,
    `bitmap`, `huffman`, or `auto` (the smallest). Then frames take the time of weights on the chip.

    Of `registers`, one puts a register behind the memories, two let no cycle have more than one
    adder, and three give products of multipliers another register, which can stand far from them.
    """

    name = "folded"
    op = Matmul
    built = FoldedMatrix
    external = True
    most_registers = 3

    def space(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """The foldings no other one beats in cycles and lanes at once, smallest first."""
        for pe, simd in foldings(site.op.rows, site.op.fan_in, MAX_LANES):
            yield {"pe": pe, "simd": simd}

    def check(self, site: Site[Matmul], parameters: Parameters) -> str | None:
        """Unknown names, sizes outside the matrix, and styles the types do not allow."""
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            known = f"{', '.join(_NAMES[:-1])} and {_NAMES[-1]}"
            return f"there is no parameter '{unknown[0]}'; there are {known}"
        for name, limit in (("pe", site.op.rows), ("simd", site.op.fan_in)):
            value = parameters.get(name)
            if not isinstance(value, int) or not 1 <= value <= limit:
                return f"{name} must be a number from 1 to {limit}, not {value!r}"
        reason = _check_order(site.op.fan_in, parameters)
        if reason is not None:
            return reason
        reason = check_separable(site.op, parameters)
        if reason is not None:
            return reason
        return (
            check_style(styles(site), parameters)
            or _check_pack(site, parameters)
            or check_encoding(_lane_encoding(site, parameters), parameters)
            or why_not(
                parameters,
                lambda: FoldedMatrix(self, site, parameters).row_bits,
                "a smaller pe or simd",
                lambda: FoldedMatrix(self, site, parameters).dot.weight_bits,
            )
        )

    def ways(self, site: Site[Matmul], parameters: Parameters) -> Iterable[Parameters]:
        """Products in look-up tables instead of multipliers, and rows that share these."""
        types = site.op.weight_type, site.inputs[0].element
        found = [*out_of_multipliers(*types), *shared_multipliers(*types, int(parameters["pe"]))]
        return [{**parameters, **way} for way in found]

    def encodings(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """See `Kernel.encodings`: every arithmetic, with weights as they are or in a book."""
        types = site.op.weight_type, site.inputs[0].element
        for style in styles(site):
            for stored in (PLAIN, CODEBOOK):
                yield {"style": style, "encoding": stored}
        for way in shared_multipliers(*types, site.op.rows):
            yield {**way, "encoding": PLAIN}

    def space_in_order(self, site: Site[Matmul], order: Blocks) -> Iterable[Parameters]:
        """Words of one block or of several; see `Kernel.space_in_order`."""
        fan_in, word = site.op.fan_in, order.taps * order.lanes
        if fan_in % word:
            return
        blocks = fan_in // word
        for pe in smallest_parts(site.op.rows):
            for simd in (word * n for n in range(1, blocks + 1) if blocks % n == 0):
                if pe * simd <= MAX_LANES:
                    yield {"pe": pe, "simd": simd, "taps": order.taps, "lanes": order.lanes}


def _check_order(fan_in: int, parameters: Parameters) -> str | None:
    """Why `taps` and `lanes` are no order of the columns; None when they are, or are missing."""
    taps, lanes = parameters.get("taps"), parameters.get("lanes")
    if taps is None and lanes is None:
        return None
    whole = isinstance(taps, int) and isinstance(lanes, int) and taps > 0 and lanes > 0
    if whole and fan_in % (int(taps or 0) * int(lanes or 0)) == 0:
        return None
    return f"taps times lanes divides the {fan_in} columns, which {taps!r} and {lanes!r} do not"


def _check_pack(site: Site[Matmul], parameters: Parameters) -> str | None:
    """Why so many rows can not share a multiplication; None when they can."""
    pack, pe = parameters.get("pack", 1), parameters["pe"]
    if not isinstance(pack, int) or not 1 <= pack <= int(pe):
        return f"pack must be a number from 1 to {pe}, which is pe, not {pack!r}"
    style = str(parameters.get("style", "auto"))
    if style == SEPARABLE and pack == 1:
        return None
    if Dot.choose(site.op.weight_type, site.inputs[0].element, style, pack) is None:
        return f"no multiplier takes the weights of pack = {pack} rows of these types and style"
    return None


def _lane_encoding(site: Site[Matmul], parameters: Parameters) -> WeightEncoding | None:
    """Of lanes with a weight each; None where rows share multiplications."""
    plain = {name: v for name, v in parameters.items() if (name, v) != ("style", SEPARABLE)}
    dot = Dot.of(site.op.weight_type, site.inputs[0].element, plain)
    return None if dot.packing else dot.encoding


def check_style(legal: tuple[str, ...], parameters: Parameters) -> str | None:
    """Why the parameter `style` is not one of `legal`; None when it is, or is missing."""
    style = parameters.get("style", "auto")
    if style in ("auto", *legal):
        return None
    return f"style must be auto or {' or '.join(legal)} for these types, not {style!r}"


@lru_cache(maxsize=256)
def row_constants(op: Matmul, dot: Dot) -> IntArray | None:
    """Constant parts of the sums, int64 [groups, rows]; every folding asks for them."""
    return dot.encoding.starts(op.weights, axis=2)
