"""The column-broadcast kernel with activation queues, as published for EIE and ESE: a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import Encoding, IntArray
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.matmul.lane import lane_dot, most_entries, style_names
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse_images import collect_image, mux_choices, mux_levels
from hwcompile.sparse.collecting import Collection, collect
from hwcompile.sparse.encodings import ColumnLayout, column_layout, index_width
from hwcompile.sparse.packing import Packing, pack_rows
from hwcompile.sparse.rows import SparseRows

MAX_PES = 512
MAX_QUEUE = 1024
_SUM_BANKS = 2
_DONE_LAG = 3  # cycles from a PE's last entry to the first cycle its sums can be collected
_NAMES = ("pes", "queue", "out", "style")


@dataclass(frozen=True, eq=False)
class _Plan:
    """A matrix dealt out to PEs by whole rows, column by column."""

    layout: ColumnLayout
    packing: Packing
    collection: Collection

    @property
    def counts(self) -> IntArray:
        """Entries of every PE's columns, int64 [pes, columns]."""
        return np.diff(self.layout.pointer)

    @property
    def entries(self) -> int:
        """Entries of the fullest PE."""
        return self.packing.max_load


class Queues(Built[Matmul]):
    """PEs with their queues, and the collection of their sums."""

    @cached_property
    def plan(self) -> _Plan:
        """Who has which rows."""
        return _planned(self.op, self.lanes, self.number("out", 1))

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic of a PE."""
        return lane_dot(self.site, str(self.parameters.get("style", "auto")))

    @property
    def pixels(self) -> int:
        """Vectors of a frame."""
        return self.site.inputs[0].pixels

    @property
    def queue(self) -> int:
        """Activations that wait in front of a PE."""
        return self.number("queue", 8)

    @cached_property
    def ports(self) -> Ports:
        """Vectors of K elements in, one at a time; vectors of M elements out."""
        source, result = self.site.inputs[0].element, self.site.outputs[0].element
        return Ports(
            (StreamFormat(self.pixels, self.op.fan_in, 1, source),),
            StreamFormat(self.pixels, self.op.rows, self.number("out", 1), result),
        )

    @cached_property
    def timing(self) -> Timing:
        """For vectors without zeros: an actor for the broadcast, each PE, and the collection."""
        plan, pixels = self.plan, self.pixels
        goes = plan.counts > 0
        goes[:, -1] = True
        ones = np.ones(pixels * goes.shape[1], dtype=np.int64)
        pushes = {
            f"queue{pe}": np.cumsum(np.tile(row.astype(np.int64), pixels))
            for pe, row in enumerate(goes)
        }
        actors = {"broadcast": Actor(ones, {"in0": Access.stream(ones)}, pushes)}
        buffers: dict[str, Buffer] = {}
        for pe, row in enumerate(plan.counts):
            actors[f"pe{pe}"] = _pe_actor(pe, row[goes[pe]], pixels)
            buffers[f"queue{pe}"] = Buffer(self.queue)
            buffers[f"sums{pe}"] = Buffer(_SUM_BANKS)
            buffers[f"done{pe}"] = Buffer(_SUM_BANKS, _DONE_LAG)
        actors["collect"] = _collect_actor(plan, pixels)
        return Timing(actors, stages=mux_levels(plan.packing.pes) + 1, buffers=buffers)

    @cached_property
    def interval(self) -> int:
        """The bound of vectors without zeros; waiting at queues adds to it."""
        plan = self.plan
        # A PE without weights in the last column still has to hear that the vector ends.
        busy = int((plan.counts.sum(axis=1) + (plan.counts[:, -1] == 0)).max())
        return self.pixels * max(busy, self.op.fan_in, plan.collection.cycles)

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """One multiplier per PE."""
        return self.number("pes")

    @cached_property
    def needs(self) -> Resources:
        """Per PE a lane, a queue, an entry memory and two banks of sums; pointers; collection."""
        plan, dot = self.plan, self.dot
        pes, out = plan.packing.pes, plan.collection.lanes
        bits, slots = self.site.outputs[0].element.bits, plan.layout.row.shape[1]
        count = _count_bits(plan)
        address = index_width(plan.entries)
        item = dot.encoding.input.bits + address + count + 1
        depth = 2 << index_width(slots)
        pe = Resources(
            lut=bits + 20.0,
            adders=bits + count + address,
            ff=2.0 * dot.encoding.input.bits + address + count + depth + 30,
        )
        pe += memory(self.queue, item, MemoryKind.QUEUE)
        # With several PEs the place to read from is chosen in the same cycle.
        reading = MemoryKind.QUEUE if pes == 1 else MemoryKind.DIRECT
        pe += memory(depth, out * bits, reading, reads=2)  # to add, and to collect
        pe += dot.resources(1, 1, bits)
        pe += memory(plan.entries, dot.encoding.stored_bits + index_width(slots), slices=pes)
        choices = out * bits * (mux_choices(pes) + 1)
        collector = Resources(lut=choices + 20.0, ff=choices + 20.0)
        row = out * (index_width(slots) + index_width(pes) + 1) + 2
        total = collector + memory(plan.collection.cycles, row)
        total += memory(plan.layout.columns, pes * (address + count))
        return total + pe.times(pes)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; a queue in front of a PE's entries; products; the sums of a PE, and of all."""
        plan, dot, bits = self.plan, self.dot, self.site.outputs[0].element.bits
        slots = plan.layout.row.shape[1]
        item = dot.encoding.input.bits + index_width(plan.entries) + _count_bits(plan) + 1
        entries = Memory(
            plan.entries, dot.encoding.stored_bits + index_width(slots), slices=plan.packing.pes
        )
        sums = Memory(2 << index_width(slots), bits, MemoryKind.DIRECT, reads=2)
        return (
            CONTROL,
            Path("queue", CONTROL.levels, memory=Memory(self.queue, item, MemoryKind.QUEUE)),
            Path("entry", memory=entries if plan.entries > 1 else None),
            *dot.paths(1, bits, None),
            Path("sums of a PE", 1, (bits,), sums),
        )

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_broadcast_matvec`."""
        plan, bits = self.plan, self.site.outputs[0].element.bits
        slots = plan.layout.row.shape[1]
        return Instance(
            "hw_broadcast_matvec",
            {
                "Pes": plan.packing.pes,
                "Columns": plan.layout.columns,
                "Queue": self.queue,
                "Slots": slots,
                "Entries": plan.entries,
                "CountBits": _count_bits(plan),
                "OutLanes": plan.collection.lanes,
                "Collects": plan.collection.cycles,
                **self.dot.parameters(),
                "OutBits": bits,
                "EntryFile": _entry_image(plan, self.dot),
                "ColumnFile": _column_image(plan),
                "CollectFile": collect_image((plan.packing,), (plan.collection,), slots),
            },
        )

    @property
    def comment(self) -> str:
        """PEs, queues and arithmetic."""
        return (
            f"{self.lanes} PEs with queues of {self.queue}, at most {self.plan.entries} entries "
            f"each: {self.dot.encoding.describe()}"
        )


class Broadcast(Kernel[Matmul]):
    """Each activation goes to all PEs that have weights in its column; zeros go nowhere.

    How long a vector takes depends on its zeros. The declared timing is that of vectors without
    any, which is exact for them and an upper bound for others; so the planner leaves this kernel
    to those who ask for it.

    Parameters:
        pes: Processing elements, each with whole rows.
        queue: Activations that wait in front of a PE (default 8).
        out: Elements per output word (default 1).
        style: `lut`, `multiply`, or `auto`.
    """

    name = "broadcast"
    op = Matmul
    built = Queues
    data_dependent = True

    def unable(self, site: Site[Matmul]) -> str | None:
        """Bipolar inputs, several groups, and matrices without a weight that is not zero."""
        if site.inputs[0].element.encoding is Encoding.BIPOLAR:
            return "its inputs are bipolar"
        if site.op.groups > 1:
            return "it has several groups"
        return None if most_entries(site.op) else "all its weights are zero"

    def space(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """Powers of two up to the number of rows that are not zero."""
        pes = 1
        while pes <= _most_pes(site.op):
            yield {"pes": pes, "queue": 8}
            pes *= 2

    def check(self, site: Site[Matmul], parameters: Parameters) -> str | None:
        """Unknown names and values out of range."""
        op = site.op
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are {', '.join(_NAMES)}"
        limits = {"pes": _most_pes(op), "queue": MAX_QUEUE, "out": op.rows}
        for name, limit in limits.items():
            value = parameters.get(name, None if name == "pes" else 1)
            if not isinstance(value, int) or not 1 <= value <= limit:
                return f"{name} must be a number from 1 to {limit}, not {value!r}"
        allowed = ("auto", *style_names(site))
        if parameters.get("style", "auto") not in allowed:
            return f"style must be {' or '.join(allowed)}, not {parameters['style']!r}"
        return None


def _most_pes(op: Matmul) -> int:
    return min(int(np.count_nonzero(op.weights.any(axis=2))), MAX_PES)


@lru_cache(maxsize=32)
def _planned(op: Matmul, pes: int, out: int) -> _Plan:
    """Rows dealt out so that PEs have about equal loads, and equal numbers of rows."""
    matrix = SparseRows.of(op.weights[0])
    live = int(np.count_nonzero(matrix.counts))
    packing = pack_rows(matrix.counts, pes, split=False, max_rows=-(-live // pes))
    return _Plan(column_layout(matrix, packing), packing, collect(packing, op.rows, out))


def _count_bits(plan: _Plan) -> int:
    return index_width(int(plan.counts.max()) + 1)


def _pe_actor(pe: int, counts: IntArray, pixels: int) -> Actor:
    """A phase for every activation, and one for the last entry of the vector."""
    durations = np.maximum(counts, 1)
    takes = np.ones(durations.size, dtype=np.int64)
    if durations[-1] > 1:
        durations = np.append(durations, 1)
        durations[-2] -= 1
        takes = np.append(takes, 0)
    first, last = np.zeros_like(takes), np.zeros_like(takes)
    first[0] = last[-1] = 1
    take, begin, end = (np.cumsum(np.tile(part, pixels)) for part in (takes, first, last))
    return Actor(
        np.tile(durations, pixels),
        {f"queue{pe}": Access(take, take)},
        {f"sums{pe}": begin, f"done{pe}": end},
    )


def _collect_actor(plan: _Plan, pixels: int) -> Actor:
    """A phase for every row of the program: without split rows, each completes a word."""
    cycles = plan.collection.cycles
    place = np.arange(cycles)
    need, free, emit = (
        np.cumsum(np.tile(part.astype(np.int64), pixels))
        for part in (place == 0, place == cycles - 1, plan.collection.emit)
    )
    reads: dict[str, Access] = {}
    for pe in range(plan.packing.pes):
        reads[f"sums{pe}"] = Access(need, free)
        reads[f"done{pe}"] = Access(need, need)
    return Actor(np.ones(cycles * pixels, dtype=np.int64), reads, {"out": emit})


def _entry_image(plan: _Plan, dot: Dot) -> MemoryImage:
    """Rows of {local row, weight} for every PE."""
    weight_bits, codes = dot.encoding.stored_bits, dot.encoding.encode(plan.layout.value)
    row_bits = index_width(plan.layout.row.shape[1])
    table = np.zeros((plan.entries, plan.packing.pes), dtype=np.int64)
    loads = plan.layout.pointer[:, -1]
    pe = np.repeat(np.arange(loads.size), loads)
    place = np.arange(pe.size) - np.repeat(np.cumsum(loads) - loads, loads)
    table[place, pe] = codes | plan.layout.local_row << weight_bits
    parts = (LanePart(weight_bits, dot.encoding.stored_signed), LanePart(row_bits))
    return MemoryImage.pack(table, weight_bits + row_bits, parts=parts)


def _column_image(plan: _Plan) -> MemoryImage:
    """Rows of {count, start} for every PE; a start behind the last entry belongs to no entry."""
    address, count = index_width(plan.entries), _count_bits(plan)
    start = plan.layout.pointer[:, :-1] & ((1 << address) - 1)
    parts = (LanePart(address), LanePart(count))
    return MemoryImage.pack((start | plan.counts << address).T, address + count, parts=parts)
