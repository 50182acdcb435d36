"""A sparse matrix-vector engine before it is rendered: who does what in which cycle."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.matmul.lane import row_counts, stored_type
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse_rounds import Rounds
from hwcompile.sparse.collecting import Collection, collect, cycles_of
from hwcompile.sparse.encodings import gaps, index_width, with_fillers
from hwcompile.sparse.packing import Packing, pack_rows
from hwcompile.sparse.rows import SparseRows, segment_entries

LAG = 6
"""Cycles from a PE's last entry of a segment to the first cycle its sum can be collected."""


MAX_RUN_BITS = 15
"""Widest index with fillers."""


@dataclass(frozen=True)
class Settings:
    """Parameters of the kernel with every automatic one decided but the index.

    Attributes:
        pes: Processing elements.
        lanes: Elements per input word, a power of two.
        out: Rows per output word.
        index: `auto`, `absolute`, `delta`, or `run` and a number of bits.
        channels: Vectors of a set, which are computed in step.
        paced: A program row comes every cycle, for certain; else sums are collected when the
            last one was there.
    """

    pes: int
    lanes: int
    out: int
    index: str
    channels: int = 1
    paced: bool = True


@dataclass(frozen=True, eq=False)
class SparseDesign:
    """The schedule of one engine. Every group has programs as long as its own weights take.

    Attributes:
        op: The matrices.
        settings: How they are built.
        packings: For each group its segments on PEs.
        collections: For each group the order in which sums are collected.
    """

    op: Matmul
    settings: Settings
    packings: tuple[Packing, ...]
    collections: tuple[Collection, ...]

    @property
    def kept(self) -> IntArray:
        """Input words that some column needs, ascending, int64."""
        return _kept(self.op, self.settings.lanes)

    @cached_property
    def matrices(self) -> tuple[SparseRows, ...]:
        """For each group its entries, with *places* (see `hw_sparse_pe`) for columns."""
        return _placed(self.op, self.settings.lanes, self.settings.index)

    @property
    def in_words(self) -> int:
        """Input words of a vector."""
        return -(-self.op.fan_in // self.settings.lanes)

    @cached_property
    def group_steps(self) -> tuple[int, ...]:
        """Program rows of each group; a group without a weight has a row that does nothing."""
        return tuple(max(packing.max_load, 1) for packing in self.packings)

    @property
    def ready_steps(self) -> tuple[int, ...]:
        """For each group the program row `LAG` cycles after which its collection may start."""
        if not self.settings.paced:
            return tuple(steps - 1 for steps in self.group_steps)
        return tuple(collection.ready for collection in self.collections)

    @property
    def group_collects(self) -> tuple[int, ...]:
        """Cycles in which the sums of a vector are collected, for each group."""
        return tuple(collection.cycles for collection in self.collections)

    @property
    def steps(self) -> int:
        """Program rows of all groups."""
        return sum(self.group_steps)

    @property
    def collects(self) -> int:
        """Rows of all groups in the collector's program."""
        return sum(self.group_collects)

    @property
    def slots(self) -> int:
        """Most sums that a PE finishes for a vector."""
        return max(int(packing.slot.max(initial=0)) + 1 for packing in self.packings)

    @cached_property
    def rounds(self) -> Rounds:
        """The sets of all groups, one after the other."""
        channels, collects = self.settings.channels, self.group_collects
        return Rounds(
            channels * self.in_words,
            self.group_steps,
            tuple(ready + LAG for ready in self.ready_steps),
            tuple(channels * cycles for cycles in collects),
        )

    @cached_property
    def pace(self) -> Fraction:
        """Cycles for a set of vectors of every group in steady state."""
        return self.rounds.pace()

    @cached_property
    def result_banks(self) -> int:
        """Sets whose sums are held, so that nothing waits for a place: see `Rounds.banks`."""
        return self.rounds.banks()

    @property
    def place_bits(self) -> int:
        """Bits of a place."""
        return index_width(self.kept.size) + self.settings.lanes.bit_length() - 1

    @cached_property
    def delta_bits(self) -> int:
        """Bits of the longest gap between places in any segment."""
        pairs = zip(self.matrices, self.packings, strict=True)
        longest = [int(gaps(matrix.segments(p)).max(initial=0)) for matrix, p in pairs]
        return index_width(max(longest) + 1)

    @property
    def delta(self) -> bool:
        """Whether entries hold gaps instead of places."""
        if self.settings.index == "auto":
            return self.delta_bits < self.place_bits
        return self.settings.index != "absolute"

    @property
    def index_bits(self) -> int:
        """Bits of an entry's index."""
        return self.delta_bits if self.delta else self.place_bits

    @property
    def fillers(self) -> int:
        """Entries that only fill gaps."""
        return sum(m.entries for m in self.matrices) - int(np.count_nonzero(self.op.weights))

    def entries(self) -> tuple[IntArray, IntArray, IntArray]:
        """The program of the PEs: weights, indices, and ends of segments.

        Returns:
            Three int64 [steps, pes], group after group; entries that only fill the last cycles of a
            PE are zero.
        """
        shape = (self.steps, self.settings.pes)
        weight, index, end = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        begin = 0
        for matrix, packing, steps in zip(
            self.matrices, self.packings, self.group_steps, strict=True
        ):
            which, start = segment_entries(matrix, packing)
            pe = np.repeat(packing.pe, packing.length)
            step = np.arange(which.size) + np.repeat(packing.start - start[:-1], packing.length)
            rows = matrix.segments(packing)
            weight[begin + step, pe] = rows.value
            index[begin + step, pe] = gaps(rows) if self.delta else rows.column
            end[begin + packing.end, packing.pe] = 1
            begin += steps
        return weight, index, end


@lru_cache(maxsize=256)
def design(
    op: Matmul,
    pes: int,
    lanes: int,
    out: int,
    index: str,
    channels: int = 1,
    paced: bool = True,
    weight_bits: int = 0,
) -> SparseDesign:
    """Decide on everything; 0 for `lanes` or `out` means the smallest that does not slow it down.

    The index `smallest` is that for weights stored in `weight_bits`; 0 for those of their type.

    A row is cut into segments only if fillers are not asked for: they depend on where rows begin.
    Without fillers, only the rows' numbers of entries are looked at, which is quick.
    """
    counts = row_counts(op)
    width = lanes or _enough_lanes(op, [-(-int(n.sum()) // pes) for n in counts], channels)
    if index == "smallest":
        index, filled = _smallest(op, width, weight_bits or stored_type(op).bits)
        if not filled:
            # Rows may be cut, unless the longer gaps at cuts need more bits.
            cut = design(op, pes, width, out, "delta", channels, paced)
            if index == f"run{cut.index_bits}":
                return cut
    split = not index.startswith("run")
    if not split:
        counts = tuple(matrix.counts for matrix in _placed(op, width, index))
    packings = tuple(pack_rows(count, pes, split=split) for count in counts)
    height = out or _enough_rows(op, packings, width, channels)
    collections = tuple(collect(packing, op.rows, height) for packing in packings)
    settings = Settings(pes, width, height, index, channels, paced)
    return SparseDesign(op, settings, packings, collections)


@lru_cache(maxsize=16)
def _rows(op: Matmul) -> tuple[SparseRows, ...]:
    return tuple(SparseRows.of(matrix) for matrix in op.weights)


@lru_cache(maxsize=64)
def _kept(op: Matmul, lanes: int) -> IntArray:
    (live,) = np.nonzero(op.weights.any(axis=(0, 1)))
    return np.unique(live // lanes)


@lru_cache(maxsize=16)
def _placed(op: Matmul, lanes: int, index: str) -> tuple[SparseRows, ...]:
    """The entries with places for columns, and with fillers if the index has a limited width."""
    kept = _kept(op, lanes)
    found = []
    for matrix in _rows(op):
        place = np.searchsorted(kept, matrix.column // lanes) * lanes + matrix.column % lanes
        placed = SparseRows(matrix.start, place, matrix.value, kept.size * lanes)
        found.append(with_fillers(placed, int(index[3:])) if index.startswith("run") else placed)
    return tuple(found)


@lru_cache(maxsize=64)
def _smallest(op: Matmul, lanes: int, weight_bits: int) -> tuple[str, bool]:
    """The index with the least memory, fillers counted, and whether there are any.

    Of equal ones the one with the fewest.
    """
    plain = _placed(op, lanes, "auto")
    places = np.concatenate([gaps(matrix) for matrix in plain])
    sizes = {"absolute": places.size * (weight_bits + 1 + index_width(plain[0].columns))}
    for bits in range(1, min(index_width(int(places.max()) + 1), MAX_RUN_BITS) + 1):
        entries = places.size + int((places >> bits).sum())
        sizes[f"run{bits}"] = entries * (weight_bits + 1 + bits)
    best = min(sizes.values())
    name = next(name for name in reversed(sizes) if sizes[name] == best)
    return name, name == "absolute" or bool((places >> int(name[3:])).any())


def _enough_lanes(op: Matmul, steps: list[int], channels: int) -> int:
    """The smallest power of two with which loading slows no more down than whole vectors do."""
    most = 1 << (op.fan_in - 1).bit_length()
    best = _loading(op, steps, channels, most).pace()
    lanes = 1
    while lanes < most:
        rounds = _loading(op, steps, channels, lanes)
        # Words alone may take too long; else it counts which sets they are waited for in.
        if rounds.least <= best and rounds.pace() <= best:
            break
        lanes *= 2
    return lanes


def _enough_rows(op: Matmul, packings: tuple[Packing, ...], lanes: int, channels: int) -> int:
    """The smallest power of two (or all rows) that collects all groups as fast as the rest."""
    limit = _loading(op, [packing.max_load for packing in packings], channels, lanes).pace()
    rows = 1
    while rows < op.rows:
        if channels * sum(cycles_of(packing, op.rows, rows) for packing in packings) <= limit:
            return rows
        rows *= 2
    return op.rows


def _loading(op: Matmul, steps: list[int], channels: int, lanes: int) -> Rounds:
    """Loading and computing alone."""
    rows = tuple(max(count, 1) for count in steps)
    words = channels * -(-op.fan_in // lanes)
    return Rounds(words, rows, (0,) * len(rows), (0,) * len(rows))
