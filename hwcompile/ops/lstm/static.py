"""An engine whose every time step follows one static schedule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.external import PARAMETERS, weights_memory, weights_port, why_not
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.lstm.description import Description
from hwcompile.ops.lstm.images import Widths, images, signed_bits, widths
from hwcompile.ops.lstm.layout import Layout, Recurrence
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.lstm.rounding import ROUNDINGS
from hwcompile.ops.lstm.simulation import Latencies, Schedule, simulate_step
from hwcompile.ops.needs import MemoryKind, Product, memory
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Access, Actor, Buffer, Timing

OUT_STAGES = 3

MAX_PES = 4096

_NAMES = ("pes", "lanes", *PARAMETERS)


class Static(Kernel):
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

    arithmetic = (6, 0, 3)
    """Of a lane's element-wise pipeline: multipliers of elements, of an element with a whole sum,
    and sigma tables."""

    def recurrence(self, op: Op) -> Recurrence:
        """The op as the engine sees it; the same object for the same op."""
        if not isinstance(op, Lstm):
            raise TypeError(f"not an LSTM: {op}")
        return op

    def cell(self, op: Op, width: Widths) -> dict[str, int | str]:
        """Parameters of the element-wise pipeline."""
        if not isinstance(op, Lstm):
            raise TypeError(f"not an LSTM: {op}")
        return _cell(op, width)

    def refuses(self, site: Site) -> str | None:
        """Only single bits that mean -1 and +1."""
        if any(kind.element == BIPOLAR for kind in site.inputs):
            return "its inputs are bipolar"
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
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

    def check(self, site: Site, parameters: Parameters) -> str | None:
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

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """One element of every channel per word."""
        op, steps = self.recurrence(site.op), site.inputs[0].shape[1]
        count = op.channels
        inputs = [StreamFormat(steps, op.inputs * count, count, site.inputs[0].element)]
        if len(site.inputs) > 1:
            inputs.append(StreamFormat(steps, count, count, site.inputs[1].element))
        return Ports(tuple(inputs), StreamFormat(steps, op.outputs * count, count, op.result))

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """A loader, the steps, and a sender, with double buffers between them."""
        op, steps = self.recurrence(site.op), site.inputs[0].shape[1]
        layout, schedule = _scheduled(op, int(parameters["pes"]), int(parameters["lanes"]))
        step = np.arange(1, steps + 1, dtype=np.int64)
        loads = np.ones(steps * op.inputs, dtype=np.int64)
        sends = np.ones(steps * op.outputs, dtype=np.int64)
        both = np.repeat(step, 2)
        released = np.stack([step - 1, step], axis=1).reshape(-1)
        engine_reads = {"x": Access(both * op.inputs, released * op.inputs)}
        actors = {"load": Actor(loads, {"in0": Access.stream(loads)}, {"x": np.cumsum(loads)})}
        buffers = {
            "x": Buffer(2 * op.inputs),
            "y": Buffer(2, schedule.delay + schedule.cycles + _drain(layout)),
        }
        if len(site.inputs) > 1:
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

    def interval(self, site: Site, parameters: Parameters) -> int:
        """The steps, unless loading x or sending y takes longer."""
        op, steps = self.recurrence(site.op), site.inputs[0].shape[1]
        _, schedule = _scheduled(op, int(parameters["pes"]), int(parameters["lanes"]))
        return steps * max(schedule.cycles, op.inputs, op.outputs)

    def lanes(self, site: Site, parameters: Parameters) -> int:
        """The multipliers of the PEs, one for every channel."""
        return int(parameters["pes"]) * self.recurrence(site.op).channels

    def describe(self, site: Site, parameters: Parameters) -> Description:
        """What happens in a time step, and the size of the programs."""
        return self.describe_op(site.op, parameters)

    def describe_op(self, op: Op, parameters: Parameters) -> Description:
        """`describe`, for an op wherever it stands."""
        layout, schedule = _scheduled(
            self.recurrence(op), int(parameters["pes"]), int(parameters["lanes"])
        )
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

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Programs and vectors in memories; per channel a multiplier per PE, several per lane.

        Programs and constants of the units are there once; all the rest is there per channel.
        """
        op = self.recurrence(site.op)
        layout, schedule = _scheduled(op, int(parameters["pes"]), int(parameters["lanes"]))
        numbers = _numbers(site, layout)
        act, acc, z = (int(numbers[name]) for name in ("ActBits", "AccBits", "ZBits"))
        width = widths(layout)
        lanes, units = layout.lanes, layout.units.depth
        narrow, wide, sigmas = self.arithmetic
        total = Resources(lut=layout.pes * 2 * numbers_place(layout))
        total += weights_memory(parameters, schedule.cycles, layout.pes * width.entry)
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

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_rnn_engine`; a site without start tokens ties their input off."""
        op, steps = self.recurrence(site.op), site.inputs[0].shape[1]
        layout, schedule = _scheduled(op, int(parameters["pes"]), int(parameters["lanes"]))
        memories = images(layout, schedule)
        program = weights_port(memories.pop("EntryFile"), "EntryFile", parameters)
        begins = len(site.inputs) > 1
        return Rendered(
            "hw_rnn_engine",
            {
                "Channels": op.channels,
                "HasStart": "1'b1" if begins else "1'b0",
                "External": "1'b1" if program.external else "1'b0",
                "Pes": layout.pes,
                "Lanes": layout.lanes,
                "Cycles": schedule.cycles,
                "Delay": schedule.delay,
                "Drain": _drain(layout),
                "Steps": steps,
                "Keep": "1'b1" if op.keep else "1'b0",
                **_numbers(site, layout),
                **self.cell(site.op, widths(layout)),
            },
            memories={**program.memories, **memories},
            comment=_comment(op, layout, schedule) + program.comment,
            constants={
                **({} if begins else {"in1_valid_i": "1'b0", "in1_data_i": f"{op.channels}'b0"}),
                **program.constants,
            },
            unused=(*(() if begins else ("in1_ready_o",)), *program.unused),
            external=program.external,
        )


def _comment(op: Recurrence, layout: Layout, schedule: Schedule) -> str:
    many = f" for {op.channels} channels" if op.channels > 1 else ""
    return f"{schedule.cycles} cycles per step on {layout.pes} PEs{many}"


def numbers_place(layout: Layout) -> int:
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


def _numbers(site: Site, layout: Layout) -> dict[str, int | str]:
    """Parameters about sizes and formats of the engine and its lanes."""
    op, x = layout.op, site.inputs[0].element
    width = widths(layout)
    sum_bits, widest = op.sum_bits(x)
    signed = [signed_width(x), signed_width(op.result), signed_width(op.m_type)]
    return {
        "XSize": op.inputs,
        "XBits": x.bits,
        "XSigned": "1'b1" if x.signed else "1'b0",
        "OutSize": op.outputs,
        "OutBits": op.result.bits,
        "WBits": width.weight,
        "SkipBits": width.skip,
        "XShift": op.x_shift,
        "RShift": op.r_shift,
        "PlaceBits": numbers_place(layout),
        "StateWords": layout.places // layout.lanes,
        "MBase": layout.m_base,
        "YWord": layout.state_base // layout.lanes,
        "MWord": layout.m_base // layout.lanes,
        "Units": layout.units.depth,
        "Rows": layout.rows.depth,
        "ThingBits": width.thing,
        "AccBits": sum_bits,
        "ActBits": max(signed),
        "Projected": "1'b1" if layout.two_phases else "1'b0",
        "ZBits": widest,
    }


def _cell(op: Lstm, width: Widths) -> dict[str, int | str]:
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
        "HalfUp": "1'b1" if op.rounding == "half_up" else "1'b0",
        "HalfEven": "1'b1" if op.rounding == "half_even" else "1'b0",
        "Lookup": ROUNDINGS.index(op.lookup),
        "SigmaSlices": op.sigma.size // op.sigma.shape[-1],
        "Parts": "1'b1" if op.part_shifts else "1'b0",
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
