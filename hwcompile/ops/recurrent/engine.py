"""An engine whose every time step follows one static schedule."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Struct, Word
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Ports, StreamFormat
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.contract.weights_port import weights_comment, weights_port
from hwcompile.ops.recurrent.arithmetic import engine_dot
from hwcompile.ops.recurrent.beginning import Beginning
from hwcompile.ops.recurrent.cell import Cell
from hwcompile.ops.recurrent.description import Description
from hwcompile.ops.recurrent.images import images, widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.numbers import SignalBits, formats, pipeline, shape
from hwcompile.ops.recurrent.op import R_co
from hwcompile.ops.recurrent.resources import needs
from hwcompile.ops.recurrent.rounding import rounding_name
from hwcompile.ops.recurrent.simulation import StepSchedule, simulate_step

OUT_STAGES = 3


class Engine(Built[R_co]):
    """A recurrent engine: PEs in lanes, with a schedule of one time step."""

    @property
    @abstractmethod
    def cell(self) -> Cell:
        """The op as the engine sees it; the same object for the same op."""

    @cached_property
    def scheduled(self) -> tuple[EngineLayout, StepSchedule]:
        """Who does what, and when."""
        return _scheduled(self.cell, self.number("pes"), self.number("lanes"))

    @property
    def layout(self) -> EngineLayout:
        """Who does what."""
        return self.scheduled[0]

    @property
    def schedule(self) -> StepSchedule:
        """What happens in which cycle of a step."""
        return self.scheduled[1]

    @cached_property
    def bits(self) -> SignalBits:
        """Widths of the signals."""
        return SignalBits.of(self.site, self.cell)

    @property
    def steps(self) -> int:
        """Time steps of a frame."""
        return self.site.inputs[0].shape[1]

    @property
    def begins(self) -> bool:
        """Whether tokens say where sequences start."""
        return len(self.site.inputs) > 1 and not self.cell.takes_state

    @cached_property
    def ports(self) -> Ports:
        """One element of every channel per word."""
        cell, steps = self.cell, self.steps
        count = cell.channels
        inputs = [StreamFormat(steps, cell.inputs * count, count, self.site.inputs[0].element)]
        if self.begins:
            inputs.append(StreamFormat(steps, count, count, self.site.inputs[1].element))
        if cell.takes_state:
            inputs += [StreamFormat(1, k.channels, count, k.element) for k in self.site.inputs[1:]]
        return Ports(tuple(inputs), StreamFormat(steps, cell.sent * count, count, cell.sent_type))

    @cached_property
    def timing(self) -> Timing:
        """A loader, the steps, and a sender, with double buffers between them."""
        cell, steps, schedule = self.cell, self.steps, self.schedule
        step = np.arange(1, steps + 1, dtype=np.int64)
        loads = np.ones(steps * cell.inputs, dtype=np.int64)
        sends = np.ones(steps * cell.sent, dtype=np.int64)
        both = np.repeat(step, 2)
        released = np.stack([step - 1, step], axis=1).reshape(-1)
        engine_reads = {"x": Access(both * cell.inputs, released * cell.inputs)}
        actors = {"load": Actor(loads, {"in0": Access.stream(loads)}, {"x": np.cumsum(loads)})}
        buffers = {
            "x": Buffer(2 * cell.inputs),
            "y": Buffer(2, self._until_sent),
        }
        if self.begins:
            ones = np.ones(steps, dtype=np.int64)
            actors["begin"] = Actor(ones, {"in1": Access.stream(ones)}, {"start": step})
            engine_reads["start"] = Access(both, both)
            buffers["start"] = Buffer(2)
        durations = np.tile(np.array([schedule.cycles - 1, 1], dtype=np.int64), steps)
        writes = {"y": both}
        if cell.takes_state:
            begin = self._beginning
            actors |= begin.actors
            buffers |= begin.buffers
            engine_reads |= {
                f"{name}_there": Access(size + 0 * both, size + 0 * both)
                for name, size in begin.sizes.items()
            }
            writes["begun"] = np.ones_like(both)
        actors["step"] = Actor(durations, engine_reads, writes)
        need = np.repeat(step, cell.sent)
        sent = (np.arange(sends.size, dtype=np.int64) + 1) // cell.sent
        actors["send"] = Actor(sends, {"y": Access(need, sent)}, {"out": np.cumsum(sends)})
        return Timing(actors, stages=OUT_STAGES, buffers=buffers)

    @property
    def _until_sent(self) -> int:
        """Cycles from the beginning of a step until its output can be sent."""
        return self.schedule.delay + self.schedule.cycles + _drain(self.cell)

    @cached_property
    def _beginning(self) -> Beginning:
        """How the state of a frame's beginning comes in."""
        sizes = [form.words for form in self.ports.inputs[1:]]
        return Beginning.of(sizes, self._until_sent)

    @property
    def interval(self) -> int:
        """The steps, unless loading x, sending y, or loading the state takes longer."""
        cell = self.cell
        found = self.steps * max(self.schedule.cycles, cell.inputs, cell.sent)
        return max(found, self._beginning.interval) if cell.takes_state else found

    @property
    def lanes(self) -> int:
        """The multipliers of the PEs, one for every channel."""
        return self.number("pes") * self.cell.channels

    def describe(self) -> Description:
        """What happens in a time step, and the size of the programs."""
        return Description.of(self.layout, self.schedule)

    @cached_property
    def needs(self) -> Resources:
        """Programs and vectors in memories; per channel a multiplier per PE, several per lane."""
        return needs(self.layout, self.schedule.cycles, self.bits, self.parameters)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; what stands behind the memories; products; sums of rows and of cells."""
        made = self.needs
        return (
            CONTROL,
            *(Path("memory", 1, memory=memory) for memory in made.memories),
            *(Path("product", product=product) for product in made.products),
            Path("sum of a row", 1, (self.bits.total,)),
            Path("sum in a cell", 1, (self.bits.widest,)),
        )

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_rnn_engine`; inputs that a site has not are tied off."""
        cell, (layout, schedule) = self.cell, self.scheduled
        absent = [port for port in (1, 2) if port >= len(self.site.inputs)]
        memories = images(layout, schedule)
        entries = memories.pop("EntryFile")
        program = weights_port(entries, "EntryFile", self.parameters, self.steps)
        nothing = {
            f"in{port}_{name}": Word(bits, 0)
            for port in absent
            for name, bits in (("valid_i", 1), ("data_i", cell.channels))
        }
        return Instance(
            "hw_rnn_engine",
            {
                "Channels": cell.channels,
                "HasStart": self.begins,
                "External": program.external is not None,
                "Pes": layout.pes,
                "Lanes": layout.lanes,
                "Step": self._step,
                "Shape": shape(layout),
                "Format": formats(layout, self.bits),
                "Cell": pipeline(layout, self.bits),
                "Encoding": engine_dot(layout, self.bits.element).encoding.name,
                "Lookup": rounding_name(cell.program.lookup),
                **program.memories,
                **memories,
            },
            constants={**nothing, **program.constants},
            unused=(*(f"in{port}_ready_o" for port in absent), *program.unused),
            external=program.external,
        )

    @property
    def _step(self) -> Struct:
        schedule = self.schedule
        fields = {
            "cycles": schedule.cycles,
            "delay": schedule.delay,
            "drain": _drain(self.cell),
            "steps": self.steps,
            "keep": self.cell.keep,
        }
        return Struct("hw_rnn_engine", "step", fields)

    @property
    def comment(self) -> str:
        """Cycles of a step, and PEs."""
        layout, schedule = self.scheduled
        channels = self.cell.channels
        many = f" for {channels} channels" if channels > 1 else ""
        row_bits = layout.pes * widths(layout).entry
        rest = weights_comment(self.parameters, schedule.cycles, row_bits, lambda: None)
        how = engine_dot(layout, self.bits.element).describe()
        return f"{schedule.cycles} cycles per step on {layout.pes} PEs{many}{rest}: {how}"


def _drain(cell: Cell) -> int:
    """Cycles from the row of a lane's program that completes an output to when it can be sent."""
    late = cell.program.latencies
    return late.y if cell.two_phases else late.m


@lru_cache(maxsize=64)
def _scheduled(cell: Cell, pes: int, lanes: int) -> tuple[EngineLayout, StepSchedule]:
    layout = EngineLayout(cell, pes, lanes)
    return layout, simulate_step(layout)
