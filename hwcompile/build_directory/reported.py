"""What `report.json` holds, as types. `docs/report.md` prints these descriptions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hwcompile.build_directory.fields import Count, Positive
from hwcompile.build_directory.reported_memory import ExternalReport, TrafficReport
from hwcompile.build_directory.reported_power import PowerReport
from hwcompile.build_directory.reported_ways import WaysReport

REPORT_SCHEMA = 1


class Expected(msgspec.Struct, frozen=True):
    """A number of cycles of the whole design.

    Attributes:
        predicted: By the compiler, at once. Cycles.
        measured: By the last timed simulation that was long enough; null before one. Cycles.
    """

    predicted: Count
    measured: Count | None


class Predicted(msgspec.Struct, frozen=True):
    """A number of cycles of one node, which is not measured by itself.

    Attributes:
        predicted: By the compiler. Cycles.
    """

    predicted: Count


class StretchReport(msgspec.Struct, frozen=True):
    """Frames of one output from `first` on, until the next stretch begins.

    Attributes:
        first: The first frame it tells about; frames count from 0.
        ends: Cycle in which the output's last word leaves, for frames `first`, `first` + 1, and so
            on; cycle 0 accepts the first word.
        period: So many frames take turns: the last `period` of `ends` repeat for ever. Frames.
        later: Each time so much later. Cycles.
    """

    first: Count
    ends: Annotated[list[Count], msgspec.Meta(min_length=1)]
    period: Positive
    later: Count

    def __post_init__(self) -> None:
        """Refuse a turn of more frames than are known."""
        if self.period > len(self.ends):
            raise ValueError(f"{self.period} frames can not take turns among {len(self.ends)}")


class FrameEndsReport(msgspec.Struct, frozen=True):
    """When every frame ends, source and sink always ready. A frame ends with its last output.

    Attributes:
        outputs: For each output of the network, in order, its stretches; the first begins with
            frame 0.
        exact_frames: So many frames end exactly then; null for all. Beyond them only the interval
            is known.
    """

    outputs: Annotated[list[list[StretchReport]], msgspec.Meta(min_length=1)]
    exact_frames: Count | None

    def __post_init__(self) -> None:
        """Refuse stretches that do not begin with frame 0, or go back."""
        for line in self.outputs:
            firsts = [stretch.first for stretch in line]
            if firsts[:1] != [0] or sorted(set(firsts)) != firsts:
                raise ValueError("the ends of frames do not begin with frame 0")


class Cells(msgspec.Struct, frozen=True):
    """What something is predicted to take on AMD's 7 series; `docs/resources.md` says how.

    Attributes:
        lut: Look-up tables of six inputs.
        ff: Flip-flops.
        memory_bits: Bits of memories, of constants as well.
        multipliers: Multipliers of 18 by 25 bits.
    """

    lut: int
    ff: int
    memory_bits: int
    multipliers: int


class Used(msgspec.Struct, frozen=True):
    """What a tool counted, in units of the FPGA's family.

    Attributes:
        lut: Logic cells (look-up tables).
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        large_ram: Large RAMs; left out where there are none.
    """

    lut: Count
    ff: Count
    bram: Count
    dsp: Count
    large_ram: Count = 0


class PllReport(msgspec.Struct, frozen=True):
    """The PLL that makes a design's clock.

    Attributes:
        module: Its wrapper in the library.
        parameters: Of the wrapper, as SystemVerilog literals.
    """

    module: str
    parameters: dict[str, str]


class BoardReport(Used, frozen=True, kw_only=True):
    """What `hwcompile build` made for a board.

    Attributes:
        board: The board's id.
        clock_mhz: The clock that the design runs at. MHz.
        oscillator_mhz: The board's oscillator. MHz.
        pll: What makes the clock of it; null when the oscillator is the clock.
        frames_per_second: At `clock_mhz`, however fast the link is. 1/s.
        fmax_mhz: The fastest clock that place and route promises. MHz.
        seed: The seed of place and route.
        seconds: Step to wall-clock time. Seconds.
        slowest: The stage in which the slowest path ends, which limits the clock; empty for the
            link around the design, null where nobody wrote it down.
    """

    board: str
    clock_mhz: float
    oscillator_mhz: float
    pll: PllReport | None
    frames_per_second: float
    fmax_mhz: float
    seed: int
    seconds: dict[str, float]
    slowest: str | None = None


class Parts(msgspec.Struct, frozen=True):
    """Parts of an FPGA, in units of its family.

    Attributes:
        lut: Logic cells (look-up tables).
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
    """

    lut: Count
    ff: Count
    bram: Count
    dsp: Count


class ClockReport(msgspec.Struct, frozen=True):
    """What will limit the clock of a design.

    Attributes:
        stage: The stage that it belongs to, or `link`, which is that to the host.
        path: What happens in that cycle.
        delay_ns: How long it will take. Nanoseconds.
        mhz: The fastest clock. MHz.
    """

    stage: str
    path: str
    delay_ns: float
    mhz: float


class FitReport(msgspec.Struct, frozen=True):
    """What a design will take of the board that it was compiled for.

    Attributes:
        board: The board's id.
        predicted: Of the whole design with its link.
        capacities: What the FPGA has.
        stages: Stage to what it takes, its output FIFOs included.
        around: The link to the host and the FIFOs at the inputs.
        clock: What will limit its clock; null where delays of the FPGA are not known.
        traffic: What comes from memory beside the FPGA; null where it was not said how much can.
    """

    board: str
    predicted: Parts
    capacities: Parts
    stages: dict[str, Parts]
    around: Parts
    clock: ClockReport | None = None
    traffic: TrafficReport | None = None


TargetSource = Literal["target_cycles", "target_fps", "fastest", "board", "schedule", "default"]
"""Who said how fast a design is to be: an option, nodes that a schedule fixes, or nobody."""


class TargetReport(msgspec.Struct, frozen=True):
    """How fast the design was to be.

    Attributes:
        source: Who said so. `target_cycles` and `target_fps`: that option, and the smallest design
            was looked for. `fastest`: the option `--fastest`. `board`: nobody, and the fastest
            design that fits it was. `schedule`: nobody, and nodes that the schedule leaves out keep
            pace with the slowest one that it fixes. `default`: nobody, and the smallest design with
            10,000 frames per second was looked for, or the fastest where none has.
        cycles: Cycles per frame that were enough; null for as few as possible.
    """

    source: TargetSource
    cycles: Positive | None


class LevelReport(msgspec.Struct, frozen=True):
    """The last comparison of one level with level reference.

    Attributes:
        frames: Frames that were compared.
        mismatches: Integers that differed.
    """

    frames: Count
    mismatches: Count


class AccuracyReport(msgspec.Struct, frozen=True):
    """How many frames of the last labelled simulation were classified right.

    Attributes:
        frames: Frames that were simulated.
        right: Those whose class was their label.
    """

    frames: Positive
    right: Count


class DesignReport(msgspec.Struct, frozen=True):
    """The design as a whole.

    Attributes:
        name: Of the network.
        interval_cycles: Cycles per frame once everything has settled, rounded up.
        latency_cycles: From the first accepted to the last delivered word of frame 0, both
            included.
        frame_end_cycles: Cycle in which each of the first frames ends, as predicted. Cycles.
        frame_ends: When every frame ends, as predicted.
        frames_in_turn: Frames after which the slowest part repeats: more than one where FIFOs that
            are too small make frames take turns.
        data_dependent: True when frames may end earlier than predicted, depending on the data.
        clock_mhz: The clock that `frames_per_second` refers to. MHz.
        frames_per_second: At that clock, by the predicted interval; null where no operator is
            hardware. 1/s.
        lanes: Multiply (or xnor, or add and subtract) lanes that work in parallel.
        multipliers: Multipliers of 18 by 25 bits.
        levels: Level to what its last comparison found; empty before `hwcompile verify`.
        resources: What the last `hwcompile build` made; null before one.
        resources_predicted: What the whole design takes on a typical FPGA, without a link to a
            host.
        fit: What it takes of the board it was compiled for; null without `--board`.
        fifo_bits: Bits of all FIFOs between stages.
        accuracy: Level to the accuracy of its last `hwcompile simulate --labels`.
        target: How fast it was to be; left out by versions that did not know.
        ways: By the way that frames take, where they take one of two; else null.
        power: What the last `hwcompile power` estimated; left out before one.
    """

    name: str
    interval_cycles: Expected
    latency_cycles: Expected
    frame_end_cycles: Annotated[list[int], msgspec.Meta(min_length=1)]
    frame_ends: FrameEndsReport
    frames_in_turn: Positive
    data_dependent: bool
    clock_mhz: Annotated[float, msgspec.Meta(gt=0)]
    frames_per_second: float | None
    lanes: int
    multipliers: float
    levels: dict[str, LevelReport]
    resources: BoardReport | None
    resources_predicted: Cells
    fit: FitReport | None
    fifo_bits: Count
    accuracy: dict[str, AccuracyReport] = {}
    target: TargetReport | None = None
    ways: WaysReport | None = None
    power: PowerReport | None = None


class OriginReport(msgspec.Struct, frozen=True):
    """Where a node comes from.

    Attributes:
        file: The model file.
        node: The node in it.
        op_type: Its operator.
    """

    file: str
    node: str
    op_type: str


class NodeResources(msgspec.Struct, frozen=True):
    """What a node takes.

    Attributes:
        predicted: Whatever the FPGA.
        synthesized: Of its stage, as the last `hwcompile build` counted after synthesis; null
            before one, and for the other nodes of the stage.
    """

    predicted: Cells
    synthesized: Used | None


class NodeReport(msgspec.Struct, frozen=True):
    """One node of the network, in stream order.

    Attributes:
        name: Of the node.
        stage: The stage that it belongs to.
        origin: Where it comes from.
        kernel: What builds it: `<operator>.<kernel>`.
        parameters: Of the kernel, as in `schedule.toml`.
        interval_cycles: Cycles that it is busy with a frame.
        latency_cycles: Register stages from a word to what comes of it.
        lanes: Multiply (or xnor, or add and subtract) lanes that work in parallel; 0 when it has
            none.
        arithmetic: What it computes with, in words.
        external_memory: What it reads from external memory; null when all is in the design.
        resources: What it takes.
    """

    name: str
    stage: str
    origin: OriginReport
    kernel: str
    parameters: dict[str, int | str | bool]
    interval_cycles: Predicted
    latency_cycles: Predicted
    lanes: int
    arithmetic: str
    external_memory: ExternalReport | None
    resources: NodeResources


class LinkReport(msgspec.Struct, frozen=True):
    """A FIFO between stages.

    Attributes:
        name: `<value>__<consumer>`, as in `schedule.toml`.
        depth: Words that it holds.
        width_bits: Bits of a word.
        block: True when it is built in block RAM.
    """

    name: str
    depth: Count
    width_bits: Count
    block: bool


class Report(msgspec.Struct, frozen=True):
    """`report.json`: the figures of a design.

    Attributes:
        schema: Version of this form.
        design: The design as a whole.
        nodes: In stream order.
        links: FIFOs, in stream order.
    """

    schema: int
    design: DesignReport
    nodes: list[NodeReport]
    links: list[LinkReport]
