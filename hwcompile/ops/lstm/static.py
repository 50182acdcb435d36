"""An engine whose every time step follows one static schedule."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Value, Word
from hwcompile.ops.external import (
    PARAMETERS,
    weights_comment,
    weights_memory,
    weights_port,
    why_not,
)
from hwcompile.ops.kernel import Kernel
from hwcompile.ops.lstm.description import Description
from hwcompile.ops.lstm.images import Widths, images, signed_bits, widths
from hwcompile.ops.lstm.layout import Layout, Recurrence
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.rounding import ROUNDINGS
from hwcompile.ops.lstm.simulation import Latencies, Schedule, simulate_step
from hwcompile.ops.needs import MemoryKind, Product, Resources, memory
from hwcompile.ops.site import O, O_co, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Buffer, Timing

OUT_STAGES = 3

MAX_PES = 4096

_NAMES = ("pes", "lanes", *PARAMETERS)


class Engine(Built[O_co]):
    """A recurrent engine: PEs in lanes, with a schedule of one time step."""

    arithmetic: ClassVar[tuple[int, int, int]]
    """Of a lane's element-wise pipeline: multipliers of elements, of an element with a whole sum,
    and sigma tables."""

    @property
    @abstractmethod
    def recurrence(self) -> Recurrence:
        """The op as the engine sees it; the same object for the same op."""

    @abstractmethod
    def cell(self, width: Widths) -> dict[str, Value]:
        """Parameters of the element-wise pipeline."""

    @cached_property
    def scheduled(self) -> tuple[Layout, Schedule]:
        """Who does what, and when."""
        return _scheduled(self.recurrence, self.number("pes"), self.number("lanes"))

    @property
    def layout(self) -> Layout:
        """Who does what."""
        return self.scheduled[0]

    @property
    def schedule(self) -> Schedule:
        """What happens in which cycle of a step."""
        return self.scheduled[1]

    @property
    def steps(self) -> int:
        """Time steps of a frame."""
        return self.site.inputs[0].shape[1]

    @property
    def begins(self) -> bool:
        """Whether tokens say where sequences start."""
        return len(self.site.inputs) > 1

    @cached_property
    def ports(self) -> Ports:
        """One element of every channel per word."""
        op, steps = self.recurrence, self.steps
        count = op.channels
        inputs = [StreamFormat(steps, op.inputs * count, count, self.site.inputs[0].element)]
        if self.begins:
            inputs.append(StreamFormat(steps, count, count, self.site.inputs[1].element))
        return Ports(tuple(inputs), StreamFormat(steps, op.outputs * count, count, op.result))

    @cached_property
    def timing(self) -> Timing:
        """A loader, the steps, and a sender, with double buffers between them."""
        op, steps, schedule = self.recurrence, self.steps, self.schedule
        step = np.arange(1, steps + 1, dtype=np.int64)
        loads = np.ones(steps * op.inputs, dtype=np.int64)
        sends = np.ones(steps * op.outputs, dtype=np.int64)
        both = np.repeat(step, 2)
        released = np.stack([step - 1, step], axis=1).reshape(-1)
        engine_reads = {"x": Access(both * op.inputs, released * op.inputs)}
        actors = {"load": Actor(loads, {"in0": Access.stream(loads)}, {"x": np.cumsum(loads)})}
        buffers = {
            "x": Buffer(2 * op.inputs),
            "y": Buffer(2, schedule.delay + schedule.cycles + _drain(self.layout)),
        }
        if self.begins:
            ones = np.ones(steps, dtype=np.int64)
            actors["begin"] = Actor(ones, {"in1": Access.stream(ones)}, {"start": step})
            engine_reads["start"] = Access(both, both)
            buffers["start"] = Buffer(2)
        durations = np.tile(np.array([schedule.cycles - 1, 1], dtype=np.int64), steps)
        actors["step"] = Actor(durations, engine_reads, {"y": both})
        need = np.repeat(step, op.outputs)
        sent = (np.arange(sends.size, dtype=np.int64) + 1) // op.outputs
        actors["send"] = Actor(sends, {"y": Access(need, sent)}, {"out": np.cumsum(sends)})
        return Timing(actors, stages=OUT_STAGES, buffers=buffers)

    @property
    def interval(self) -> int:
        """The steps, unless loading x or sending y takes longer."""
        op = self.recurrence
        return self.steps * max(self.schedule.cycles, op.inputs, op.outputs)

    @property
    def lanes(self) -> int:
        """The multipliers of the PEs, one for every channel."""
        return self.number("pes") * self.recurrence.channels

    def describe(self) -> Description:
        """What happens in a time step, and the size of the programs."""
        layout, schedule = self.scheduled
        width = widths(layout)
        last = [max(lane.takes) for lane in schedule.lanes]
        segments = [done.segment for lane in schedule.lanes for done in lane.done]
        total = sum(part.places.size for part in segments)
        gates, projection = (
            sum(int(np.count_nonzero(part.weights)) for part in segments if part.second == second)
            for second in (False, True)
        )
        return Description(
            cycles=schedule.cycles,
            gates_cycles=schedule.gates_end,
            projection_cycles=schedule.cycles - schedule.gates_end,
            gates_entries=gates,
            projection_entries=projection,
            fillers=total - gates - projection,
            tail=max(max(last) + 1 - schedule.cycles, 0),
            weight_bits=schedule.cycles * layout.pes * width.entry,
            entry_bits=width.entry,
            control_bits=schedule.cycles * _control_bits(layout),
            pes=layout.pes,
            channels=layout.op.channels,
        )

    @cached_property
    def needs(self) -> Resources:
        """Programs and vectors in memories; per channel a multiplier per PE, several per lane.

        Programs and constants of the units are there once; all the rest is there per channel.
        """
        op = self.recurrence
        layout, schedule = self.scheduled
        act, acc, z = _act_bits(self.site, op), *op.sum_bits(self.site.inputs[0].element)
        width = widths(layout)
        lanes, units = layout.lanes, layout.units.depth
        narrow, wide, sigmas = self.arithmetic
        total = Resources(lut=layout.pes * 2 * _place_bits(layout))
        total += weights_memory(self.parameters, schedule.cycles, layout.pes * width.entry)
        total += memory(schedule.cycles, _control_bits(layout))
        total += memory(units, lanes * (4 * width.bias + 3 * width.peephole))
        channel = Resources(
            lut=layout.pes * 4 * act + lanes * 6 * z,
            adders=layout.pes * 2 * acc + lanes * 8 * z,
            ff=layout.pes * (4 * acc + 6 * act) + lanes * 24 * z,
            # The elements of the cell are as wide as activations.
            products=(
                Product(width.weight, act, layout.pes),
                Product(act, act, narrow * lanes),
                *((Product(act, z, wide * lanes),) if wide else ()),
            ),
        )
        for table, count in ((op.sigma, sigmas), (op.candidate, 1), (op.squash, 1)):
            channel += memory(table.shape[-1], signed_bits(table), count=lanes * count)
        # The channels' elements stand side by side in a word.
        bits = op.channels * act
        total += memory(_power(2 * op.inputs), bits, MemoryKind.RAM, layout.pes)
        states = 1 if layout.two_phases else 2
        own = -(-layout.places // lanes)  # each lane writes a memory of its own
        total += memory(_power(own * states), bits, MemoryKind.RAM, layout.pes * lanes)
        # For each lane the sums of four gates, the cells, and the words that go out.
        sums = units + (layout.rows.depth if layout.two_phases else 0)
        total += memory(_power(sums), op.channels * acc, MemoryKind.RAM, lanes)
        total += memory(_power(units), op.channels * acc, MemoryKind.RAM, 3 * lanes)
        total += memory(_power(units), bits, MemoryKind.RAM, lanes)
        total += memory(2 * _power(units), bits, MemoryKind.RAM, lanes)
        return total + channel.times(op.channels)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_rnn_engine`; a site without start tokens ties their input off."""
        op, (layout, schedule) = self.recurrence, self.scheduled
        memories = images(layout, schedule)
        program = weights_port(memories.pop("EntryFile"), "EntryFile", self.parameters)
        no_tokens = {"in1_valid_i": Word(1, 0), "in1_data_i": Word(op.channels, 0)}
        return Instance(
            "hw_rnn_engine",
            {
                "Channels": op.channels,
                "HasStart": self.begins,
                "External": program.external is not None,
                "Pes": layout.pes,
                "Lanes": layout.lanes,
                "Cycles": schedule.cycles,
                "Delay": schedule.delay,
                "Drain": _drain(layout),
                "Steps": self.steps,
                "Keep": op.keep,
                **_numbers(self.site, layout),
                **self.cell(widths(layout)),
                **program.memories,
                **memories,
            },
            constants={**({} if self.begins else no_tokens), **program.constants},
            unused=(*(() if self.begins else ("in1_ready_o",)), *program.unused),
            external=program.external,
        )

    @property
    def comment(self) -> str:
        """Cycles of a step, and PEs."""
        layout, schedule = self.scheduled
        channels = self.recurrence.channels
        many = f" for {channels} channels" if channels > 1 else ""
        row_bits = layout.pes * widths(layout).entry
        rest = weights_comment(self.parameters, schedule.cycles, row_bits)
        return f"{schedule.cycles} cycles per step on {layout.pes} PEs{many}{rest}"


class Static(Kernel[O]):
    """Processing elements that follow a program, one weight per cycle each, in groups (lanes).

    The PEs of a lane share a collector of finished rows and an element-wise pipeline. Only
    non-zero weights are stored and worked on; all of them are dealt out so that every PE has
    equally many. See `simulation.py` for the schedule. Channels share the schedule and every read
    of a weight; each has multipliers, vectors and element-wise pipelines of its own.

    Parameters:
        pes: Multipliers of a channel, a multiple of `lanes`.
        lanes: A power of two.
        weights: "on_chip", or "external": the PEs' programs stand in external memory. Then the
            timing is that of a memory that keeps up; the design counts the cycles it does not.
        prefetch: Rows of the programs read ahead from external memory.
    """

    name = "static"

    @abstractmethod
    def recurrence(self, op: O) -> Recurrence:
        """The op as the engine sees it; the same object for the same op."""

    def unable(self, site: Site[O]) -> str | None:
        """Only single bits that mean -1 and +1."""
        if any(kind.element == BIPOLAR for kind in site.inputs):
            return "its inputs are bipolar"
        return None

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """Numbers of PEs in powers of two, with enough lanes to collect their sums."""
        op = self.recurrence(site.op)
        rows = 4 * op.cells + op.projection.shape[0]
        entries = sum(int(np.count_nonzero(w)) for w in (op.wx, op.wr, op.projection))
        pes = 1
        while pes == 1 or (pes <= min(rows, 1024) and 2 * pes <= entries):
            lanes = 1
            while 2 * rows * pes > entries * lanes and 2 * lanes <= min(pes, _most_lanes(op)):
                lanes *= 2
            yield {"pes": pes, "lanes": lanes}
            pes *= 2

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        op = self.recurrence(site.op)
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are {', '.join(_NAMES)}"
        pes, lanes = parameters.get("pes"), parameters.get("lanes")
        if not isinstance(pes, int) or not isinstance(lanes, int):
            return f"pes and lanes must be numbers, not {pes!r} and {lanes!r}"
        if lanes < 1 or lanes & (lanes - 1):
            return f"lanes is {lanes}, which is not a power of two"
        if lanes > _most_lanes(op):
            return f"there are {lanes} lanes for {_most_lanes(op)} cell units or outputs"
        if not 1 <= pes <= MAX_PES or pes % lanes:
            return f"pes is {pes}, which is not a multiple of the {lanes} lanes up to {MAX_PES}"
        rows = 4 * op.cells + op.projection.shape[0]
        if pes > rows:
            return f"there are {pes} PEs for {rows} rows of weights"
        return why_not(parameters, lambda: pes * widths(Layout(op, pes, lanes)).entry)


class LstmEngine(Engine[Lstm]):
    """An engine with the cells of an LSTM."""

    arithmetic = (6, 0, 3)

    @property
    def recurrence(self) -> Recurrence:
        """An LSTM is what the engine expects."""
        return self.op

    def cell(self, width: Widths) -> dict[str, Value]:
        """Parameters of the element-wise pipeline."""
        return _cell(self.op, width)


class LstmStatic(Static[Lstm]):
    """See `Static`."""

    op = Lstm
    built = LstmEngine

    def recurrence(self, op: Lstm) -> Recurrence:
        """An LSTM is what the engine expects."""
        return op


def _place_bits(layout: Layout) -> int:
    """Bits of a place."""
    return max((layout.places - 1).bit_length(), 1)


def _control_bits(layout: Layout) -> int:
    """Bits of a row of the lanes' programs."""
    width = widths(layout)
    return layout.lanes * (8 + width.pe + width.thing)


def _most_lanes(op: Recurrence) -> int:
    """A lane has at least one cell unit and one output."""
    return min(op.cells, op.outputs)


def _drain(layout: Layout) -> int:
    """Cycles from the row of a lane's program that completes an output to when it can be sent."""
    late = Latencies.of(layout)
    return late.y if layout.two_phases else late.m


@lru_cache(maxsize=64)
def _scheduled(op: Recurrence, pes: int, lanes: int) -> tuple[Layout, Schedule]:
    layout = Layout(op, pes, lanes)
    return layout, simulate_step(layout)


def signed_width(kind: IntType) -> int:
    """Bits of a type as two's complement."""
    return kind.bits + (0 if kind.signed else 1)


def _act_bits(site: Site, op: Recurrence) -> int:
    """Bits of an activation, as two's complement."""
    return max(signed_width(kind) for kind in (site.inputs[0].element, op.result, op.m_type))


def _numbers(site: Site, layout: Layout) -> dict[str, Value]:
    """Parameters about sizes and formats of the engine and its lanes."""
    op, x = layout.op, site.inputs[0].element
    width = widths(layout)
    sum_bits, widest = op.sum_bits(x)
    return {
        "XSize": op.inputs,
        "XBits": x.bits,
        "XSigned": x.signed,
        "OutSize": op.outputs,
        "OutBits": op.result.bits,
        "WBits": width.weight,
        "SkipBits": width.skip,
        "XShift": op.x_shift,
        "RShift": op.r_shift,
        "PlaceBits": _place_bits(layout),
        "StateWords": layout.places // layout.lanes,
        "MBase": layout.m_base,
        "YWord": layout.state_base // layout.lanes,
        "MWord": layout.m_base // layout.lanes,
        "Units": layout.units.depth,
        "Rows": layout.rows.depth,
        "ThingBits": width.thing,
        "AccBits": sum_bits,
        "ActBits": _act_bits(site, op),
        "Projected": layout.two_phases,
        "ZBits": widest,
    }


def _cell(op: Lstm, width: Widths) -> dict[str, Value]:
    """Parameters of the element-wise pipeline."""
    peephole_shifts = op.peephole_shifts if op.peeped else (0, 0, 0)
    tables = {"Sigma": op.sigma, "Candidate": op.candidate, "Squash": op.squash}
    return {
        "YBits": signed_width(op.y_type),
        "YShift": op.y_shift,
        "YLow": op.y_type.low,
        "YHigh": op.y_type.high,
        "BiasBits": width.bias,
        "PeepBits": width.peephole,
        "CBits": signed_width(op.c_type),
        "MBits": signed_width(op.m_type),
        **{f"{name}Bits": signed_bits(table) for name, table in tables.items()},
        **{f"{name}Index": table.shape[-1].bit_length() - 1 for name, table in tables.items()},
        **{f"{n}Shift": s for n, s in zip(tables, op.table_shifts, strict=True)},
        **{f"PeepShift{n}": s for n, s in zip("IFO", peephole_shifts, strict=True)},
        "ForgetShift": op.cell_shifts[0],
        "InputShift": op.cell_shifts[1],
        "CShift": op.cell_shifts[2],
        "MShift": op.m_shift,
        "HalfUp": op.rounding == "half_up",
        "HalfEven": op.rounding == "half_even",
        "Lookup": ROUNDINGS.index(op.lookup),
        "SigmaSlices": op.sigma.size // op.sigma.shape[-1],
        "Parts": bool(op.part_shifts),
        "ForgetPart": op.part_shifts[0] if op.part_shifts else 0,
        "InputPart": op.part_shifts[1] if op.part_shifts else 0,
        "CLow": op.c_type.low,
        "CHigh": op.c_type.high,
        "MLow": op.m_type.low,
        "MHigh": op.m_type.high,
    }


def _power(rows: int) -> int:
    """The memories of the engine have a power of two of rows."""
    return 1 << max(rows - 1, 1).bit_length()
