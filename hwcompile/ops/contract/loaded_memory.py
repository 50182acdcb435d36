"""Weights that are loaded once: an image in external memory, decoded into a memory on the chip.

An image is a sequence of beats of `BEAT` bits, little-endian. The first one says how many there are
(`LENGTH_BITS` bits) and what kind of image it is; the last one makes the sum of all beats zero, so
that no beat alone can be wrong unseen. Between them stand bits, the least significant one of a beat
first:

- `plain`: the rows, one after the other.
- `bitmap`: the most frequent symbol; then a bit for each symbol, and where that is 1, the symbol.
- `huffman`: how many codes have 1, 2, ... `LONGEST` bits, the symbols in the order of their codes,
  and then the code of each symbol, its most significant bit first (`hwcompile.sparse.huffman`).

What a decoder has to know of the weights stands in the image, so that circuits depend on shapes
alone and other weights need no other circuit. A symbol is what a row holds for a lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.instance import Name
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import MemoryKind, Resources, memory
from hwcompile.sparse.huffman import Bits, HuffmanCode, entropy

PLAIN, BITMAP, HUFFMAN, SMALLEST = "plain", "bitmap", "huffman", "auto"
KINDS = (PLAIN, BITMAP, HUFFMAN)
"""Kinds of images; the number of one in its first beat is its place here, from 1."""

BEAT = 32
"""Bits of a beat."""

LENGTH_BITS = 24
"""Of the number of beats in the first one."""

WINDOW = 16
"""Bits that a decoder sees at a time."""

LONGEST = 12
"""Bits of a Huffman code at most."""

MOST_BITS = {PLAIN: WINDOW, BITMAP: WINDOW - 1, HUFFMAN: 10}
"""Of a symbol: what a decoder takes at a time, and what a table of symbols can be for."""

TAIL = 3
"""Cycles from the last symbol until words are accepted, without those of the decoder."""


@dataclass(frozen=True)
class LoadedMemory(ExternalMemory):
    """Rows that are read once, as an image of `kind`; frames read nothing.

    Attributes:
        kind: One of `KINDS`.
    """

    kind: str = PLAIN

    @property
    def data_bits(self) -> int:
        """Width of the data bus."""
        return BEAT

    @property
    def size(self) -> int:
        """Bytes of the image."""
        return self.beats * BEAT // 8

    @property
    def beats(self) -> int:
        """Of the image."""
        return _beats(self._bits.size)

    @property
    def symbol_bits(self) -> int:
        """Bits that are decoded at a time: a lane's, or as many as a window of a plain image."""
        return min(WINDOW, self.image.width) if self.kind == PLAIN else self.lane_bits

    @property
    def symbols(self) -> int:
        """Of all rows."""
        return self.image.depth * -(-self.image.width // self.symbol_bits)

    @property
    def lanes(self) -> int:
        """Of all rows."""
        return self.image.depth * self.image.width // self.lane_bits

    @property
    def lane_bits(self) -> int:
        """Bits that a row holds for a lane."""
        return lane_bits(self.image.width, sum(part.bits for part in self.image.parts))

    @property
    def most_beats(self) -> int:
        """Beats of the largest image that any weights of these shapes can have."""
        bits, symbols = self.lane_bits, self.symbols
        most = {PLAIN: self.image.depth * self.image.width, BITMAP: bits + symbols * (bits + 1)}
        if self.kind == HUFFMAN:
            # No code is worse than numbering the symbols.
            most[HUFFMAN] = sum(count_bits(bits)) + (bits << bits) + symbols * bits
        return _beats(most[self.kind])

    @property
    def load_cycles(self) -> int:
        """From reset until words are accepted, while memory keeps up.

        Two cycles find a thing and read it; in every other one the decoder waits for a beat, which
        is counted.
        """
        return 2 * (self._heads + self.symbols) + TAIL + (self.kind == HUFFMAN)

    @property
    def bits_per_lane(self) -> float:
        """Bits that stand in the image for what a row holds for a lane, without its head."""
        return (self._bits.size - self._head_bits) / self.lanes

    @property
    def entropy(self) -> float:
        """The same of the best code that there is, of what single lanes hold."""
        return entropy(self._occurrences)

    @property
    def name(self) -> Name:
        """Of the kind, in the library."""
        return Name("hw_image", self.kind.capitalize())

    def sizes(self) -> dict[str, int]:
        """Bytes of the image by kind, of those that these symbols can have."""
        return {
            kind: LoadedMemory(self.image, self.passes, self.prefetch, kind).size
            for kind in KINDS
            if not unable(kind, self.lane_bits)
        }

    def contents(self) -> bytes:
        """The image as it stands in memory."""
        beats = np.zeros(self.beats, dtype="<u4")
        packed = np.packbits(self._bits, bitorder="little").tobytes()
        beats.view(np.uint8)[4 : 4 + len(packed)] = np.frombuffer(packed, dtype=np.uint8)
        beats[0] = self.beats | (1 + KINDS.index(self.kind)) << LENGTH_BITS
        beats[-1] = -int(beats.sum(dtype=np.uint64)) % (1 << BEAT)
        return beats.tobytes()

    @cached_property
    def _symbols(self) -> IntArray:
        """Of lanes, int64 [symbols]."""
        bits = self.lane_bits
        lanes = self._flat.reshape(-1, bits).astype(np.int64)
        found: IntArray = (lanes << np.arange(bits)).sum(axis=1)
        return found

    @property
    def _flat(self) -> Bits:
        """All bits of all rows, uint8."""
        rows = np.unpackbits(self.image.rows, axis=1, bitorder="little")
        return rows[:, : self.image.width].reshape(-1)

    @cached_property
    def _occurrences(self) -> IntArray:
        return np.bincount(self._symbols)

    @cached_property
    def _code(self) -> HuffmanCode:
        return HuffmanCode.of(self._occurrences, LONGEST)

    @property
    def _heads(self) -> int:
        """Things that are read before symbols."""
        heads = {PLAIN: 0, BITMAP: 1}
        return heads[self.kind] if self.kind in heads else LONGEST + self._code.symbols.size

    @property
    def _head_bits(self) -> int:
        bits = self.lane_bits
        heads = {PLAIN: 0, BITMAP: bits}
        if self.kind in heads:
            return heads[self.kind]
        return sum(count_bits(bits)) + bits * self._code.symbols.size

    @cached_property
    def _bits(self) -> Bits:
        """Between the first beat and the last, uint8."""
        if self.kind == PLAIN:
            return self._flat
        bits, symbols = self.lane_bits, self._symbols
        if self.kind == BITMAP:
            common = int(self._occurrences.argmax())
            kept = symbols != common
            cells = np.concatenate((kept[:, None], _binary(symbols, bits)), axis=1)
            told = np.ones(cells.shape, dtype=np.bool_)
            told[~kept, 1:] = False
            return np.concatenate((_binary(np.array([common]), bits)[0], cells[told]))
        code = self._code
        counts = zip(code.counts.tolist(), count_bits(bits), strict=True)
        heads = [_binary(np.array([count]), width)[0] for count, width in counts]
        table = _binary(code.symbols, bits).reshape(-1)
        return np.concatenate((*heads, table, code.encode(symbols)))


def lane_bits(width: int, part_bits: int) -> int:
    """Bits of a symbol in rows of so many bits whose lanes have parts of so many; 0: unknown."""
    return part_bits if part_bits and width % part_bits == 0 else width


def unable(kind: str, bits: int) -> str | None:
    """Why symbols of so many bits have no image of a kind; None when they do."""
    most = MOST_BITS[kind]
    if kind == PLAIN or bits <= most:
        return None
    return f"a lane has {bits} bits, and an image of kind '{kind}' takes {most} at most"


def loaded(image: MemoryImage, prefetch: int, kind: str) -> LoadedMemory:
    """Rows in a kind of image; `auto` is the one of the fewest bytes, of equal ones the first."""
    if kind != SMALLEST:
        return LoadedMemory(image, 0, prefetch, kind)
    sizes = LoadedMemory(image, 0, prefetch).sizes()
    return LoadedMemory(image, 0, prefetch, min(sizes, key=sizes.__getitem__))


def loader(read: LoadedMemory) -> Resources:
    """What reads an image, decodes it and keeps its rows."""
    row, places = read.image.width, -(-read.image.width // read.symbol_bits) * read.symbol_bits
    kept = memory(max(read.image.depth, 2), row, MemoryKind.APART)
    beats = memory(read.prefetch, BEAT, MemoryKind.RAM)
    # Addresses, lengths, places, beats left, the sum of beats and waiting cycles are counted;
    # three beats wait for the window, and a row for its last symbol.
    total = Resources(lut=170, adders=150, ff=350 + places) + kept + beats
    bits = read.symbol_bits
    if read.kind == HUFFMAN:
        table = memory(1 << bits, bits, MemoryKind.APART)
        compared = LONGEST * (LONGEST + 1)
        return total + table + Resources(lut=230, adders=compared + 15, ff=compared + 9 * bits)
    return total + (Resources(lut=70 + bits, ff=bits) if read.kind == BITMAP else Resources())


def count_bits(bits: int) -> tuple[int, ...]:
    """Bits of the number of codes of 1, 2, ... bits, for symbols of so many bits."""
    return tuple(min(length, bits) + 1 for length in range(1, LONGEST + 1))


def _beats(bits: int) -> int:
    """A first beat, beats of so many bits with one bit of room at least, and the last one."""
    return bits // BEAT + 3


def _binary(numbers: IntArray, bits: int) -> Bits:
    """The least significant bit first, uint8 [numbers, bits]."""
    found: Bits = ((numbers[:, None] >> np.arange(bits)) & 1).astype(np.uint8)
    return found
