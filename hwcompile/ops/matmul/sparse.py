"""The sparse matrix-vector kernel: every multiplication has its cycle before the design runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from math import ceil

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.arithmetic.codebook import CODEBOOK, PLAIN, check_encoding
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.external_memory import ExternalMemory
from hwcompile.ops.contract.instance import Each, Instance, Struct
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, MemoryKind, Multiplications, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Buffer, Timing
from hwcompile.ops.contract.weights_port import (
    LOADABLE,
    is_external,
    weights_comment,
    weights_memory,
    weights_port,
    why_not,
)
from hwcompile.ops.matmul.lane import lane_dot, most_entries, row_counts, style_names
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse_actors import sparse_actors
from hwcompile.ops.matmul.sparse_design import LAG, MAX_RUN_BITS, SparseDesign, design
from hwcompile.ops.matmul.sparse_images import collect_image, mux_choices, mux_levels
from hwcompile.ops.matmul.sparse_program import program_image
from hwcompile.sparse.encodings import index_width

MAX_PES = 4096
_DENSE = 0.5  # above this share of weights that are not zero, folding is the better kernel
_NAMES = ("pes", "channels", "in", "out", "index", "style", "encoding", *LOADABLE)
_CHANNELS = (2, 4, 8, 16)
"""Numbers of channels that the planner considers."""


class Programs(Built[Matmul]):
    """PEs that follow programs, and the collection of their sums."""

    @cached_property
    def plan(self) -> SparseDesign:
        """Who does what in which cycle."""
        return design(
            self.op,
            self.number("pes"),
            self.number("in"),
            self.number("out"),
            str(self.parameters.get("index", "auto")),
            self.number("channels", 1),
            not is_external(self.parameters),
            self._smallest_for,
        )

    @property
    def _smallest_for(self) -> int:
        """Bits of a stored weight that the index `smallest` is chosen for; else 0."""
        if self.parameters.get("index") != "smallest":
            return 0
        pes = self.number("pes")
        steps = (max(-(-int(counts.sum()) // pes), 1) for counts in row_counts(self.op))
        return self._dot(sum(steps)).weight_bits

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic of a PE."""
        return self._dot(self.plan.steps)

    def _dot(self, depth: int) -> Dot:
        """The arithmetic of a PE whose program has so many entries."""
        dot = lane_dot(self.site, str(self.parameters.get("style", "auto")))
        return dot.stored(self.parameters, depth)

    @property
    def vectors(self) -> int:
        """Vectors of a frame."""
        return self.site.inputs[0].pixels * self.op.groups

    @property
    def row_bits(self) -> int:
        """Bits of a program row."""
        return self.plan.settings.pes * self.entry_bits

    @property
    def entry_bits(self) -> int:
        """Bits of an entry of a program."""
        return self.dot.weight_bits + self.plan.index_bits + 1

    @cached_property
    def ports(self) -> Ports:
        """Vectors of K elements in, vectors of M elements out, one for each pixel and group."""
        op, settings = self.op, self.plan.settings
        source = StreamFormat(self.vectors, op.fan_in, settings.lanes, self.site.inputs[0].element)
        result = StreamFormat(self.vectors, op.rows, settings.out, self.site.outputs[0].element)
        return Ports((source,), result)

    @cached_property
    def timing(self) -> Timing:
        """Three actors, a vector each at a time: load, compute, collect; see `hw_sparse_matvec`.

        Of the buffers, `words` holds the vectors, `sums` counts places for the results of a set,
        and `ready` tells when they may be collected.
        """
        plan = self.plan
        channels, words, banks = plan.settings.channels, plan.in_words, plan.result_banks
        return Timing(
            sparse_actors(plan, self.vectors, self.site.inputs[0].pixels),
            stages=mux_levels(plan.settings.pes) + 1,
            buffers={
                "words": Buffer(2 * channels * words),
                "sums": Buffer(banks),
                "ready": Buffer(banks, LAG),
            },
            least=self.interval,
        )

    @property
    def interval(self) -> int:
        """What loading, computing and collecting take together, for every set of vectors."""
        rounds = self.site.inputs[0].pixels // self.plan.settings.channels
        return ceil(rounds * self.plan.pace)

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """One multiplier per PE and channel."""
        return self.number("pes") * self.number("channels", 1)

    @cached_property
    def needs(self) -> Resources:
        """Per PE a lane, a copy of the vector and its sums; the programs; the choice of sums."""
        plan, dot = self.plan, self.dot
        pes, out, bits = plan.settings.pes, plan.settings.out, self.site.outputs[0].element.bits
        x, channels = plan.settings.lanes * dot.encoding.input.bits, plan.settings.channels
        kept = plan.kept.size
        depth = (1 << index_width(plan.slots)) << index_width(plan.result_banks)
        # Three registers of the weight, the place, flags; per channel word, element and sum.
        adder = plan.place_bits if plan.delta else 0
        pe = Resources(
            adders=adder,
            ff=3 * dot.encoding.stored_bits
            + plan.place_bits
            + 10
            + index_width(plan.slots)
            + adder,
        )
        channel = Resources(
            lut=x / 3 if x > dot.encoding.input.bits else 0,
            adders=bits,
            ff=x + 2 * dot.encoding.input.bits + bits,
        )
        channel += dot.resources(1, 1, bits) + memory(2 << index_width(kept), x, MemoryKind.RAM)
        # With several PEs the place to read from is chosen in the same cycle.
        reading = MemoryKind.QUEUE if pes == 1 else MemoryKind.DIRECT
        pe += channel.times(channels) + memory(depth, out * channels * bits, reading)
        # The channel's sum among those that are read.
        pe += Resources(lut=out * bits * (channels - 1) / 2)
        choices = mux_choices(pes)
        collector = Resources(
            lut=out * bits * (choices + 1), ff=out * bits * (choices + 1) + 20.0 + 4 * out
        )
        row = out * (index_width(plan.slots) + index_width(pes) + 1) + 2
        control = Resources(lut=60.0, ff=60.0 + x) + self._turns
        total = collector + control + memory(plan.collects, row)
        total += dot.decoding(pes, plan.steps)
        total += weights_memory(self.parameters, plan.steps, pes * self.entry_bits, self._external)
        return total + pe.times(pes)

    @property
    def _turns(self) -> Resources:
        """The counter of groups, and what it chooses: two numbers of rows."""
        plan, groups = self.plan, self.op.groups
        if groups == 1:
            return Resources()
        number = index_width(groups)
        chosen = 2 * index_width(max(plan.group_steps)) * max(groups / 64, 1.0)
        return Resources(lut=chosen + number, ff=number)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The program and the place that it tells, products, the sum over a row, control."""
        plan, out_bits = self.plan, self.site.outputs[0].element.bits
        program = Memory(plan.steps, self.row_bits)
        place = (plan.place_bits,) * 2 if plan.delta else ()
        return (
            Path("program and places", 1, place, program),
            *self.dot.paths(1, out_bits, None),
            CONTROL,
        )

    @property
    def _layout(self) -> Struct:
        plan = self.plan
        fields = {
            "rows": plan.steps,
            "collects": plan.collects,
            "words": plan.kept.size,
            "slots": plan.slots,
            "result_banks": plan.result_banks,
            "index_bits": plan.index_bits,
            "code_bits": self.dot.code_bits,
            "delta": plan.delta,
        }
        return Struct("hw_sparse", "plan", fields)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_sparse_matvec`."""
        plan, bits = self.plan, self.site.outputs[0].element.bits
        image, passes = program_image(plan, self.dot), self.site.inputs[0].pixels
        passes //= plan.settings.channels
        program = weights_port(image, "ProgramFile", self.parameters, passes)
        memories = {
            **program.memories,
            **self.dot.book_image,
            "CollectFile": collect_image(plan.packings, plan.collections, plan.slots),
        }
        if plan.kept.size < plan.in_words:
            keep = np.isin(np.arange(plan.in_words), plan.kept).astype(np.int64)
            memories["KeepFile"] = MemoryImage.pack(keep[:, None], 1)
        rows = zip(plan.group_steps, plan.ready_steps, plan.group_collects, strict=True)
        return Instance(
            "hw_sparse_matvec",
            {
                "Plan": self._layout,
                "External": program.external is not None,
                "Pes": plan.settings.pes,
                "InLanes": plan.settings.lanes,
                "InWords": plan.in_words,
                "Groups": plan.op.groups,
                "ProgramRows": Each(tuple(chain.from_iterable(rows))),
                "Channels": plan.settings.channels,
                "OutLanes": plan.settings.out,
                **self.dot.parameters(),
                "OutBits": bits,
                **memories,
            },
            constants=program.constants,
            unused=program.unused,
            external=program.external,
        )

    def _external(self) -> ExternalMemory | None:
        return self.instance.external

    @property
    def comment(self) -> str:
        """Programs and arithmetic."""
        plan = self.plan
        many = f" for {plan.settings.channels} pixels in step" if plan.settings.channels > 1 else ""
        used = np.count_nonzero(plan.op.weights) / (plan.settings.pes * plan.steps)
        groups = f" in {plan.op.groups} groups" if plan.op.groups > 1 else ""
        kind = f"{plan.index_bits}-bit {'gaps' if plan.delta else 'places'}"
        return (
            f"{plan.settings.pes} PEs x {plan.steps} entries{groups}{many}, "
            f"{used:.1%} of them weights, {kind}, {plan.fillers} fillers: {self.dot.describe()}"
            f"{weights_comment(self.parameters, plan.steps, self.row_bits, self._external)}"
        )


class Sparse(Kernel[Matmul]):
    """Only weights that are not zero are stored and take time.

    Parameters:
        pes: Processing elements; each does one weight per cycle.
        channels: Consecutive pixels that are computed in step, each PE with a multiplier for every
            one of them (default 1); every weight is read once for all.
        in: Elements per input word, a power of two (default: enough not to be the bottleneck).
        out: Elements per output word (default: likewise).
        index: How entries name their columns: `absolute`, `delta`, `run1` to `run15` (gaps in that
            many bits, longer ones with fillers, which take time), `smallest` (of all of them in
            memory), or `auto` (the smaller of the first two, without fillers).
        style: `lut`, `multiply`, `shift`, or `auto`.
        encoding: How weights are stored: `plain`, as places in a `codebook` of the few numbers that
            occur, or `auto` (the book where memory shrinks by more than its tables take).
        weights: `on_chip`, or `external`: the program stands in external memory. Then the timing is
            that of a memory that keeps up; the design counts the cycles it does not. With `loaded`
            it is read once after reset, as an `image`, and frames take the time of `on_chip`.
        prefetch: Rows of the program, or beats of the image, read ahead from external memory.
        image: `plain`, `bitmap` or `huffman`: what a decoder on the chip makes rows of; or `auto`
            (the smallest).
    """

    name = "sparse"
    op = Matmul
    built = Programs
    external = True

    def unable(self, site: Site[Matmul]) -> str | None:
        """Bipolar inputs, and matrices without a weight that is not zero."""
        if site.inputs[0].element.encoding is Encoding.BIPOLAR:
            return "its inputs are bipolar"
        return None if most_entries(site.op) else "all its weights are zero"

    def space(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """Numbers of PEs about a fifth apart; only one for a dense matrix.

        Several channels stand for a number of PEs that many times as large: their words are as
        wide, the program is narrower, and fewer sums are to choose from. So powers of two do.
        """
        op = site.op
        most = most_entries(op)
        if sum(counts.sum() for counts in row_counts(op)) > _DENSE * op.weights.size:
            most = 1
        pes = 1
        while pes <= min(most, MAX_PES):
            yield {"pes": pes}
            pes = max(pes + 1, pes * 6 // 5)
        for channels in _CHANNELS:
            pes = 4
            while op.groups == 1 and site.inputs[0].pixels % channels == 0:
                if pes * channels > min(most, MAX_PES):
                    break
                yield {"pes": pes, "channels": channels}
                pes *= 2

    def encodings(self, site: Site[Matmul]) -> Iterable[Parameters]:
        """See `Kernel.encodings`: arithmetic of lanes, how columns are named, a book or not."""
        for style in style_names(site):
            for index in ("absolute", "delta", "smallest"):
                for stored in (PLAIN, CODEBOOK):
                    yield {"style": style, "index": index, "encoding": stored}

    def check(self, site: Site[Matmul], parameters: Parameters) -> str | None:
        """Unknown names and values out of range."""
        op = site.op
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are {', '.join(_NAMES)}"
        limits = {"pes": min(most_entries(op), MAX_PES), "out": op.rows}
        for name, limit in limits.items():
            value = parameters.get(name, None if name == "pes" else 1)
            if not isinstance(value, int) or not 1 <= value <= limit:
                return f"{name} must be a number from 1 to {limit}, not {value!r}"
        wrong = _wrong_channels(site, parameters)
        if wrong is not None:
            return wrong
        lanes = parameters.get("in", 1)
        legal = [1 << n for n in range((op.fan_in - 1).bit_length() + 1)]
        if lanes not in legal:
            return f"in must be a power of two up to {legal[-1]}, not {lanes!r}"
        if parameters.get("index", "auto") not in _INDICES:
            return f"index must be {_INDEX_WORDS}, not {parameters['index']!r}"
        allowed = ("auto", *style_names(site))
        if parameters.get("style", "auto") not in allowed:
            return f"style must be {' or '.join(allowed)}, not {parameters['style']!r}"
        dot = lane_dot(site, str(parameters.get("style", "auto")))
        reason = check_encoding(dot.encoding, parameters)
        if reason is not None:
            return reason
        built = Programs(self, site, parameters)
        return why_not(parameters, lambda: built.row_bits, lane=lambda: built.entry_bits)


_INDICES = (
    "auto",
    "smallest",
    "absolute",
    "delta",
    *(f"run{bits}" for bits in range(1, MAX_RUN_BITS + 1)),
)
_INDEX_WORDS = "auto, smallest, absolute, delta, or run and a number of bits from 1 to 15"


def _wrong_channels(site: Site[Matmul], parameters: Parameters) -> str | None:
    """What is wrong with the number of channels, in words."""
    channels, pixels = parameters.get("channels", 1), site.inputs[0].pixels
    if channels == 1:
        return None
    if not isinstance(channels, int) or channels < 1 or pixels % channels:
        return f"channels must divide the {pixels} pixels of a frame, not {channels!r}"
    if site.op.groups > 1:
        return "channels are consecutive vectors with one matrix; here groups take turns"
    if channels * int(parameters["pes"]) > MAX_PES:
        return f"pes times channels is {channels * int(parameters['pes'])}, more than {MAX_PES}"
    return None
