"""The sparse matrix-vector kernel: every multiplication has its cycle before the design runs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.dot import Dot
from hwcompile.ops.kernel import Kernel, MemoryImage, Rendered, Resources
from hwcompile.ops.matmul.lane import lane_dot, matmul_of, most_entries, row_counts, style_names
from hwcompile.ops.matmul.sparse_design import LAG, MAX_RUN_BITS, Design, design
from hwcompile.ops.matmul.sparse_images import collect_image, mux_choices, mux_levels
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Buffer, Timing
from hwcompile.sparse.encodings import index_width

MAX_PES = 4096
_DENSE = 0.5  # above this share of weights that are not zero, folding is the better kernel
_NAMES = ("pes", "in", "out", "index", "style")


class Sparse(Kernel):
    """Only weights that are not zero are stored and take time.

    Parameters:
        pes: Processing elements; each does one weight per cycle.
        in: Elements per input word, a power of two (default: enough not to be the bottleneck).
        out: Elements per output word (default: likewise).
        index: How entries name their columns: `absolute`, `delta`, `run1` to `run15` (gaps in that
            many bits, longer ones with fillers, which take time), `smallest` (of all of them in
            memory), or `auto` (the smaller of the first two, without fillers).
        style: `lut`, `multiply`, or `auto`.
    """

    name = "sparse"

    def refuses(self, site: Site) -> str | None:
        """Bipolar inputs, and matrices without a weight that is not zero."""
        if site.inputs[0].element.encoding is Encoding.BIPOLAR:
            return "its inputs are bipolar"
        return None if most_entries(matmul_of(site)) else "all its weights are zero"

    def space(self, site: Site) -> Iterable[Parameters]:
        """Numbers of PEs about a fifth apart; only one for a dense matrix."""
        op = matmul_of(site)
        most = most_entries(op)
        if sum(counts.sum() for counts in row_counts(op)) > _DENSE * op.weights.size:
            most = 1
        pes = 1
        while pes <= min(most, MAX_PES):
            yield {"pes": pes}
            pes = max(pes + 1, pes * 6 // 5)

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Unknown names and values out of range."""
        op = matmul_of(site)
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are {', '.join(_NAMES)}"
        limits = {"pes": min(most_entries(op), MAX_PES), "out": op.rows}
        for name, limit in limits.items():
            value = parameters.get(name, None if name == "pes" else 1)
            if not isinstance(value, int) or not 1 <= value <= limit:
                return f"{name} must be a number from 1 to {limit}, not {value!r}"
        lanes = parameters.get("in", 1)
        legal = [1 << n for n in range((op.fan_in - 1).bit_length() + 1)]
        if lanes not in legal:
            return f"in must be a power of two up to {legal[-1]}, not {lanes!r}"
        if parameters.get("index", "auto") not in _INDICES:
            return f"index must be {_INDEX_WORDS}, not {parameters['index']!r}"
        allowed = ("auto", *style_names(site))
        if parameters.get("style", "auto") not in allowed:
            return f"style must be {' or '.join(allowed)}, not {parameters['style']!r}"
        return None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """Vectors of K elements in, vectors of M elements out, one for each pixel and group."""
        op, plan = matmul_of(site), _design(site, parameters)
        vectors = site.inputs[0].pixels * op.groups
        lanes, out = plan.settings.lanes, plan.settings.out
        source = StreamFormat(vectors, op.fan_in, lanes, site.inputs[0].element)
        result = StreamFormat(vectors, op.rows, out, site.outputs[0].element)
        return Ports((source,), result)

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """Three actors, a vector each at a time: load, compute, collect; see `hw_sparse_matvec`.

        Of the buffers, `words` holds the vectors, `sums` counts places for the results of a
        vector, and `ready` tells when they may be collected.
        """
        plan = _design(site, parameters)
        vectors = site.inputs[0].pixels * plan.op.groups
        words, banks = plan.in_words, plan.result_banks
        return Timing(
            {
                "load": _load(words, vectors),
                "compute": _compute(plan, vectors),
                "collect": _collect(plan, site.inputs[0].pixels),
            },
            stages=mux_levels(plan.settings.pes) + 1,
            buffers={
                "words": Buffer(2 * words),
                "sums": Buffer(banks),
                "ready": Buffer(banks, LAG),
            },
        )

    def interval(self, site: Site, parameters: Parameters) -> int:
        """The slowest of loading, computing and collecting, for every vector."""
        plan = _design(site, parameters)
        return site.inputs[0].pixels * plan.op.groups * plan.cycles

    def lanes(self, site: Site, parameters: Parameters) -> int:
        """One multiplier per PE."""
        return int(parameters["pes"])

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Per PE a lane, a copy of the vector and its sums; the programs; the choice of sums."""
        plan, dot = _design(site, parameters), lane_dot(site, str(parameters.get("style", "auto")))
        pes, out, bits = plan.settings.pes, plan.settings.out, site.outputs[0].element.bits
        x = plan.settings.lanes * dot.input.bits
        groups = plan.op.groups
        kept = plan.kept.size
        depth = (1 << index_width(plan.slots)) << index_width(plan.result_banks)
        entry = dot.weight.bits + plan.index_bits + 1
        # Three registers of the weight, place and word, the element, flags, the sum.
        registers = 3 * dot.weight.bits + plan.place_bits + x + 2 * dot.input.bits + 10 + bits
        adder = plan.place_bits if plan.delta else 0
        pe = Resources(
            lut=x / 3 if x > dot.input.bits else 0,
            adders=bits + adder,
            ff=registers + index_width(plan.slots) + adder,
        )
        pe += dot.resources(1, 1, bits) + memory(2 << index_width(kept), x, MemoryKind.RAM)
        pe += memory(depth, out * bits, MemoryKind.DIRECT)
        choices = mux_choices(pes)
        collector = Resources(
            lut=out * bits * (choices + 1), ff=out * bits * (choices + 1) + 20.0 + 4 * out
        )
        row = out * (index_width(plan.slots) + index_width(pes) + 1) + 2
        control = Resources(lut=60.0, ff=60.0 + x)
        total = collector + control + memory(groups * plan.collects, row)
        total += memory(groups * plan.steps, pes * entry)
        return total + pe.times(pes)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_sparse_matvec`."""
        plan, dot = _design(site, parameters), lane_dot(site, str(parameters.get("style", "auto")))
        bits = site.outputs[0].element.bits
        arithmetic = dot.parameters(1, bits)
        del arithmetic["SumBits"]
        memories = {
            "ProgramFile": _program(plan, dot),
            "CollectFile": collect_image(plan.packings, plan.collections, plan.slots),
        }
        if plan.kept.size < plan.in_words:
            keep = np.isin(np.arange(plan.in_words), plan.kept).astype(np.int64)
            memories["KeepFile"] = MemoryImage.pack(keep[:, None], 1)
        used = np.count_nonzero(plan.op.weights) / (plan.settings.pes * plan.steps * plan.op.groups)
        kind = f"{plan.index_bits}-bit {'gaps' if plan.delta else 'places'}"
        return Rendered(
            "hw_sparse_matvec",
            {
                "Pes": plan.settings.pes,
                "InLanes": plan.settings.lanes,
                "InWords": plan.in_words,
                "Words": plan.kept.size,
                "Steps": plan.steps,
                "Groups": plan.op.groups,
                "ReadyStep": plan.ready_step,
                "OutLanes": plan.settings.out,
                "Collects": plan.collects,
                "Slots": plan.slots,
                "ResultBanks": plan.result_banks,
                "IndexBits": plan.index_bits,
                "Delta": "1'b1" if plan.delta else "1'b0",
                **arithmetic,
                "OutBits": bits,
            },
            memories,
            comment=f"{plan.settings.pes} PEs x {plan.steps} entries, {used:.1%} of them weights, "
            f"{kind}, {plan.fillers} fillers: {dot.describe()}",
        )


_INDICES = (
    "auto",
    "smallest",
    "absolute",
    "delta",
    *(f"run{bits}" for bits in range(1, MAX_RUN_BITS + 1)),
)
_INDEX_WORDS = "auto, smallest, absolute, delta, or run and a number of bits from 1 to 15"


def _design(site: Site, parameters: Parameters) -> Design:
    return design(
        matmul_of(site),
        int(parameters["pes"]),
        int(parameters.get("in", 0)),
        int(parameters.get("out", 0)),
        str(parameters.get("index", "auto")),
    )


def _load(words: int, vectors: int) -> Actor:
    ones = np.ones(words * vectors, dtype=np.int64)
    return Actor(ones, {"in0": Access.stream(ones)}, {"words": np.cumsum(ones)})


def _compute(plan: Design, vectors: int) -> Actor:
    """Phases: the first program row, the one that announces the sums, and the last one."""
    phases = np.unique([0, plan.ready_step, plan.steps - 1])
    durations = np.diff(np.append(phases, plan.steps))
    first, ready = phases == 0, phases == plan.ready_step
    last = phases == plan.steps - 1
    needs, frees, announced = (np.tile(part, vectors) for part in (first, last, ready))
    return Actor(
        np.tile(durations, vectors),
        {
            "words": Access(
                np.cumsum(needs, dtype=np.int64) * plan.in_words,
                np.cumsum(frees, dtype=np.int64) * plan.in_words,
            )
        },
        {
            "sums": np.cumsum(needs, dtype=np.int64),
            "ready": np.cumsum(announced, dtype=np.int64),
        },
    )


def _collect(plan: Design, pixels: int) -> Actor:
    """Phases: every row that completes a word, and the first row of every vector."""
    durations, starts, emits, ends = [], [], [], []
    for collection in plan.collections:
        phases = np.union1d(0, np.flatnonzero(collection.emit))
        durations.append(np.diff(np.append(phases, plan.collects)))
        starts.append(phases == 0)
        emits.append(collection.emit[phases])
        ends.append(phases == phases[-1])
    need, emit, free = (
        np.cumsum(np.tile(np.concatenate(part), pixels), dtype=np.int64)
        for part in (starts, emits, ends)
    )
    return Actor(
        np.tile(np.concatenate(durations), pixels),
        {"sums": Access(need, free), "ready": Access(need, need)},
        {"out": emit},
    )


def _program(plan: Design, dot: Dot) -> MemoryImage:
    """Rows of {last, index, weight} for every PE."""
    weight, index, end = plan.entries()
    shift = dot.weight.bits
    codes = dot.weight.encode(weight) | index << shift | end << (shift + plan.index_bits)
    return MemoryImage.pack(codes, shift + plan.index_bits + 1)
