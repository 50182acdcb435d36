"""Dot products with constant weights: an encoding and the tree that sums what its lanes add.

The Python side of the library module `hw_dot`, shared by every kernel that instantiates it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.codebook import CODEBOOK, PLAIN, Codebook
from hwcompile.ops.arithmetic.encoding import (
    TREE_RADIX,
    WeightEncoding,
    adder_bits,
    bits_between,
)
from hwcompile.ops.arithmetic.packing import RowPacking
from hwcompile.ops.arithmetic.products import Multiply
from hwcompile.ops.contract.instance import Struct, Value
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, Multiplications, Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import Parameters


@dataclass(frozen=True)
class Dot:
    """Sums of the products of an encoding.

    Attributes:
        encoding: How a lane multiplies.
        packing: How rows share a multiplication; None when each lane has its own.
        registers: One more behind the operands; with two, no stage has more than one adder, and
            with three, products of multipliers wait a cycle, except where rows share a
            multiplication.
        book: Of the weights, when a memory stores places in it; None when it stores them.
    """

    encoding: WeightEncoding
    packing: RowPacking | None = None
    registers: int = 0
    book: Codebook | None = None

    @property
    def product(self) -> Multiplications | None:
        """What a lane multiplies, in a DSP block or in logic; None where it adds or shifts."""
        if not self.encoding.multiplies:
            return None
        return Multiplications(self.encoding.weight.bits, self.encoding.input.bits)

    @staticmethod
    def choose(
        weight: IntType,
        element: IntType,
        wish: str = "auto",
        pack: int = 1,
        *,
        registers: int = 0,
    ) -> Dot | None:
        """The best encoding that grants `wish` ("auto" or an encoding's word), if there is one.

        Args:
            weight: Of the weights.
            element: Of the inputs.
            wish: See above.
            pack: Rows that share a multiplication; above one, there must be multiplications.
            registers: See above.
        """
        if pack > 1:
            packing = RowPacking.of(weight, element, pack)
            multiply = Dot.choose(weight, element, Multiply.word)
            able = packing and multiply and wish in ("auto", Multiply.word)
            return Dot(multiply.encoding, packing, registers) if multiply and able else None
        for encoding in encodings(weight, element):
            if wish in ("auto", encoding.word):
                return Dot(encoding, registers=registers)
        return None

    @staticmethod
    def of(weight: IntType, element: IntType, parameters: Parameters, registers: int = 0) -> Dot:
        """What a kernel's checked parameters `style` and `pack` choose.

        Args:
            weight: Of the weights.
            element: Of the inputs.
            parameters: Of the kernel.
            registers: See `choose`.

        Raises:
            InternalError: If they were not checked.
        """
        wish, pack = str(parameters.get("style", "auto")), int(parameters.get("pack", 1))
        dot = Dot.choose(weight, element, wish, pack, registers=registers)
        if dot is None:
            raise InternalError(f"parameters {dict(parameters)} were not checked")
        return dot

    def stored(self, parameters: Parameters, depth: int) -> Dot:
        """The same with weights stored as a kernel's checked parameter `encoding` says.

        Args:
            parameters: Of the kernel; without one, a code book where it pays.
            depth: Weights of a lane.
        """
        wish = parameters.get("encoding", "auto")
        book = None if self.packing or wish == PLAIN else Codebook.of(self.encoding)
        if book is None or (wish != CODEBOOK and not book.pays(self.encoding, depth)):
            return self
        return replace(self, book=book)

    @property
    def padding(self) -> int:
        """The weight of a lane without an input; see `WeightEncoding.padding`."""
        padding = self.encoding.padding
        return padding if not self.book or padding in self.book.numbers else self.book.numbers[0]

    @property
    def neutral(self) -> bool:
        """A lane that has only padding for weights gives zero."""
        return self.encoding.neutral and self.padding == self.encoding.padding

    @property
    def fast(self) -> bool:
        """No stage has more than one adder."""
        return self.registers > 1 and self.packing is None

    @property
    def waits(self) -> bool:
        """Products pass two registers, so that one can stand beside the multiplier."""
        multiplies = self.encoding.word == Multiply.word
        return self.registers > 2 and self.packing is None and multiplies

    @property
    def operands(self) -> int:
        """Registers between the memories and the products."""
        return 1 + (self.registers > 0)

    @property
    def group(self) -> int:
        """Pairs that the first register stage sums."""
        return self.encoding.fast_group if self.fast else self.encoding.group

    @property
    def radix(self) -> int:
        """Numbers that a later register stage adds."""
        return 2 if self.fast else TREE_RADIX

    def sum_bits(self, terms: int, out_bits: int) -> int:
        """Width of a sum over `terms` weights; wider than the output would be of no use."""
        low, high = self.encoding.interval()
        pairs = self.pairs(terms)
        return min(bits_between(pairs * low, pairs * high), out_bits)

    def pairs(self, terms: int) -> int:
        """Pairs of a row with so many weights; a pair may stand for several (`span`)."""
        return terms // self.encoding.span

    def start_parameters(self, starts: IntArray | None, fan_in: int) -> dict[str, Value]:
        """Parameters, a memory among them, for the constant parts of sums over `fan_in` pairs.

        Args:
            starts: Rows of the start memory, int64 [depth, lanes], or None without one.
            fan_in: Pairs of a whole sum.
        """
        if starts is None:
            return {"Start": self.encoding.start(fan_in)}
        bits = start_bits(starts)
        codes = starts & ((1 << bits) - 1)
        return {"StartBits": bits, "StartFile": MemoryImage.pack(codes, bits, signed=True)}

    def codes(self, weights: IntArray) -> tuple[IntArray, bool]:
        """What a program's entries store for weights, and whether that is a number with a sign.

        Args:
            weights: int64 of any shape.
        """
        if self.book:
            return self.book.encode(weights), False
        return self.encoding.encode(weights), self.encoding.stored_signed

    def image(self, blocks: IntArray) -> MemoryImage:
        """A memory of the weights of rows that `hw_dot` takes at a time.

        Args:
            blocks: Weights int64 [depth, rows, pairs of a row].
        """
        encoding, bits = self.encoding, self.encoding.stored_bits
        if self.book:
            return _image(self.book.encode(blocks), self.book.bits, signed=False)
        codes = encoding.encode(blocks)
        plain = _image(codes, bits, signed=encoding.stored_signed)
        if self.packing:
            digits = _image(self.packing.digits(blocks), self.packing.stored_bits, signed=True)
            return replace(digits, numbers=plain)
        stored = encoding.stored(codes, self.group)
        if stored is codes:
            return plain
        return replace(_image(stored, bits, signed=encoding.stored_signed), numbers=plain)

    @property
    def book_image(self) -> dict[str, MemoryImage]:
        """The memory of the code book, by the name of its parameter; nothing without."""
        return {"CodeFile": self.book.image(self.encoding)} if self.book else {}

    @property
    def code_bits(self) -> int:
        """Of a weight that is stored as a place in a code book, else 0."""
        return self.book.bits if self.book else 0

    def stages(self, terms: int) -> int:
        """Register stages of `hw_dot`: products and first sums, a stage per tree level, repairs."""
        numbers, stages = -(-self.pairs(terms) // self.group), 1 + self.encoding.more_stages
        while numbers > 1:
            numbers, stages = -(-numbers // self.radix), stages + 1
        return stages + (self.packing is not None or self.waits)

    def paths(
        self,
        terms: int,
        out_bits: int,
        weights: Memory | None,
        inputs: Memory | None = None,
        *,
        rows: int = 1,
    ) -> tuple[Path, ...]:
        """Of operands, first sums, later sums, and the sum over steps.

        Args:
            terms: Pairs of a row.
            out_bits: Bits of a sum over steps.
            weights: The memory of weights.
            inputs: One of inputs.
            rows: Rows at a time.
        """
        first = self.encoding.shared_path() or self._first_path(rows, terms)
        levels = self.book.levels if self.book else 0
        memories = [(m, n) for m, n in ((weights, levels), (inputs, 0)) if m]
        held = weights if not levels else None
        before = [replace(first, held=held), *(Path("operands", n, memory=m) for m, n in memories)]
        if self.operands == 1:
            name = f"operands and {first.name}"
            joined = [
                replace(first, name=name, levels=first.levels + n, memory=m) for m, n in memories
            ]
            before = joined or [first]
        bits = self.sum_bits(terms, out_bits)
        tree = (Path("sums", carries=(bits,) * (1 if self.fast else 2)),)
        more = tree if self.stages(terms) > 1 + self.waits + self.encoding.more_stages else ()
        behind = (self._first_path(rows, terms),) if self.encoding.more_stages else ()
        return (*before, *behind, *more, Path("accumulator", 1, (out_bits,)))

    def _first_path(self, rows: int, terms: int) -> Path:
        """Products, and sums of groups of them."""
        if self.packing:
            return Path("product", product=self.packing.products(rows, terms))
        path = self.encoding.first_path(min(self.group, self.pairs(terms)))
        if path.product is None:
            return path
        every = replace(path.product, count=rows * terms)
        return replace(path, product=every, near=self.waits)

    def parameters(self) -> dict[str, Value]:
        """Parameters of `hw_dot`, by name, without Rows, Terms and those of `plan`."""
        encoding = self.encoding
        return {
            "Encoding": encoding.name,
            "WBits": encoding.stored_bits,
            "WSigned": encoding.stored_signed,
            "XBits": encoding.span * encoding.input.bits,
            "XSigned": encoding.input.signed,
            "ProductBits": encoding.product_bits,
            **(self.packing.parameters() if self.packing else {}),
        }

    def plan(self, terms: int, out_bits: int, *, made: int = 0, external: bool = False) -> Struct:
        """How sums over `terms` pairs are made: pairs at a time, rows that share a multiplication.

        Args:
            terms: Pairs of a row.
            out_bits: Of a sum over steps.
            made: Places of the register that makes the weights; 0 where a memory has them.
            external: Weights come in, row by row.
        """
        rows, overlap = (self.packing.rows, self.packing.overlap) if self.packing else (1, 0)
        fields = {
            "group": self.group,
            "registers": self.registers,
            "pack": rows,
            "overlap": overlap,
            "sum_bits": self.sum_bits(terms, out_bits),
            "code_bits": self.code_bits,
            "doubled": self.encoding.doubled,
            "made": made,
            "external": external,
        }
        return Struct("hw_sums", "sums", fields)

    @property
    def weight_bits(self) -> int:
        """Bits of a weight in a memory, or of the code of several; see `pairs`."""
        return self.book.bits if self.book else self.operand_bits

    @property
    def operand_bits(self) -> int:
        """Bits of a weight, or of the code of several, as `hw_dot` takes it."""
        return self.packing.stored_bits if self.packing else self.encoding.stored_bits

    def decoding(self, lanes: int, depth: int) -> Resources:
        """What stands behind a memory of `depth` rows for so many weights; constants need none."""
        if not self.book or depth == 1:
            return Resources()
        return Resources(lut=lanes * self.book.tables(self.encoding))

    @property
    def module(self) -> str:
        """What makes the products, in the words of the resource models."""
        return "packed" if self.packing else self.encoding.circuit

    def describe(self) -> str:
        """A few words for comments and reports."""
        words = self.encoding.describe()
        if self.book:
            return f"{words}, from a code book of {len(self.book.numbers)}"
        return f"{words}, {self.packing.rows} rows per multiplier" if self.packing else words

    def resources(self, rows: int, terms: int, out_bits: int, vectors: int = 1) -> Resources:
        """Estimated use of `hw_dot` with these many rows and weights of a row.

        The formulas follow the structure of the circuit.

        Args:
            rows: Dot products at a time.
            terms: Weights of each.
            out_bits: Of a sum over steps.
            vectors: Different ones at a time, which rows share evenly.
        """
        if self.packing:
            return _packed_resources(self.packing, rows, terms, self.sum_bits(terms, out_bits))
        encoding, limit = self.encoding, self.sum_bits(terms, out_bits)
        terms = self.pairs(terms)
        group = min(self.group, terms)
        bits = min(limit, encoding.product_bits + (group - 1).bit_length())
        numbers = -(-terms // group)
        lut, adders = encoding.first_level(terms, numbers, group)
        tree = _tree(numbers, bits, limit, self.radix)
        adders, ff = adders + tree[0], numbers * bits * (1 + self.waits) + tree[1]
        products = encoding.products(rows * terms)
        own = Resources(rows * lut, rows * adders, rows * ff, (), products)
        return own + encoding.shared(rows, terms, vectors)


def _image(codes: IntArray, bits: int, *, signed: bool) -> MemoryImage:
    """Of int64 [depth, rows, pairs of a row]."""
    return MemoryImage.pack(codes.reshape(codes.shape[0], -1), bits, signed=signed)


def _tree(numbers: int, bits: int, limit: int, radix: int = TREE_RADIX) -> tuple[float, float]:
    """Bits of adders and flip-flops of `hw_sum_tree` for a row."""
    adders = ff = 0.0
    while numbers > 1:
        adders += numbers // 2 * bits if radix == 2 else adder_bits(numbers, bits)
        growth = (min(numbers, radix) - 1).bit_length()
        numbers, bits = -(-numbers // radix), min(limit, bits + growth)
        ff += numbers * bits
    return adders, ff


def _packed_resources(packing: RowPacking, rows: int, terms: int, sum_bits: int) -> Resources:
    """Products, a tree of numbers, one of what they borrow, and the differences."""
    products = packing.products(rows, terms)
    lut, low = packing.beside(rows, terms)
    numbers = _tree(terms, packing.product_bits, sum_bits)
    borrows = _tree(terms, max(packing.overlap, 1), sum_bits)
    above = rows - -(-rows // packing.rows)
    factor = (packing.rows - 1) * packing.shift + packing.product_bits
    return Resources(
        lut,
        rows * numbers[0] + above * (borrows[0] + sum_bits),
        low + products.count * factor + rows * (numbers[1] + sum_bits) + above * borrows[1],
        (),
        (products,),
    )


def start_bits(starts: IntArray) -> int:
    """Width of the constant parts of sums in two's complement."""
    return bits_between(int(starts.min()), int(starts.max()))
