"""Answers of commands that take models and designs apart; see `hwcompile.cli.answers`."""

from __future__ import annotations

import msgspec

from hwcompile.build_directory.reported_power import PowerReport
from hwcompile.cli.command_answer import CommandAnswer


class UnpackedLayerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of a layer that was decoded.

    Attributes:
        name: Of the layer.
        shape: Outputs, inputs, rows and columns of its weights.
        entries: Stored in the file, fillers included.
        fillers: Entries that only fill a gap.
        weights: That are not zero in the model.
        levels: Different numbers in the model.
        step: Of its integers.
        error: Mean square of the change by rounding, over the mean square of the weights.
    """

    name: str
    shape: list[int]
    entries: int
    fillers: int
    weights: int
    levels: int
    step: float
    error: float


class PowerAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile power`.

    Attributes:
        directory: The build directory.
        power: What was estimated, as in its `report.json`.
    """

    directory: str
    power: PowerReport


class ImportAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile import-deep-compression`.

    Attributes:
        model: The file that was written.
        layers: Those with weights.
        steps: Of the integers of every value with a quantizer.
        note: What the model has lost.
    """

    model: str
    layers: list[UnpackedLayerAnswer]
    steps: dict[str, float]
    note: str


class SynthesizedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What synthesis made of a kernel alone.

    Attributes:
        lut: Look-up tables.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
    """

    lut: int
    ff: int
    bram: int
    dsp: int


class EncodingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer in one encoding of its weights.

    Attributes:
        kernel: That builds it.
        parameters: Of the kernel.
        chosen: It is what the planner takes.
        fast_enough: It takes at most the cycles asked for; otherwise it is the fastest there is.
        cycles: Per frame.
        lanes: In parallel.
        lut: Predicted look-up tables, without the FIFO behind the layer.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        weight_bits: Of weights, their indices and code books.
        image_bits: Of the smallest image that weights could be loaded from: plain, a bitmap or in a
            Huffman code; 0 where they are not stored row by row.
        energy_pj: Per frame, by published energies of operations and accesses.
        synthesized: What synthesis made of it, where `--synth` asked.
    """

    kernel: str
    parameters: dict[str, int | str]
    chosen: bool
    fast_enough: bool
    cycles: int
    lanes: int
    lut: int
    ff: int
    bram: int
    dsp: int
    weight_bits: int
    image_bits: int
    energy_pj: float
    synthesized: SynthesizedAnswer | None = None


class BuiltAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a design on its board.

    Attributes:
        lut: Look-up tables after place and route.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        fmax_mhz: The fastest clock that place and route promises.
        problem: Why there is no bitstream; the other figures are 0 then.
    """

    lut: int
    ff: int
    bram: int
    dsp: int
    fmax_mhz: float
    problem: str


class DesignAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A design of which no other one is faster and smaller.

    Attributes:
        schedule: Name of its schedule in the folder that `-o` names.
        recipe: How its weights are compressed, where `--data` asked.
        accuracy: Share of the frames that are classified as they are labelled; null without
            `--data`.
        board: Name of its board; empty for a 7-series FPGA.
        clock_mhz: That it is planned for.
        mhz: At which it runs, as predicted.
        frames_per_second: At that clock.
        interval: Cycles per frame.
        latency: Cycles of the first frame.
        lanes: In parallel.
        lut: Predicted logic cells.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        nj_per_frame: Of changes, at an activity that is assumed; null where energies of the FPGA
            are not known.
        dynamic_mw: The same frame after frame, at `mhz`.
        built: What became of it, where `--synth` asked.
    """

    schedule: str
    recipe: str
    accuracy: float | None
    board: str
    clock_mhz: float
    mhz: float
    frames_per_second: float
    interval: int
    latency: int
    lanes: int
    lut: int
    ff: int
    bram: int
    dsp: int
    nj_per_frame: float | None = None
    dynamic_mw: float | None = None
    built: BuiltAnswer | None = None


class FrontAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Designs of a whole network.

    Attributes:
        designs: By board, the fastest first.
        designs_tried: Designs that were weighed.
        planned: Designs that were planned whole.
        workers: Processes that worked on it at the end.
        tasks_performed: Pieces of work that were done.
        tasks_cached: Pieces of work whose results were in the cache.
        notes: What was left out, and why: boards that no design fits, recipes whose model does not
            compile.
    """

    designs: list[DesignAnswer]
    designs_tried: int
    planned: int
    workers: int
    tasks_performed: int
    tasks_cached: int
    notes: list[str]


class ExploreAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile explore`.

    Attributes:
        layer: Name of the node; empty for a whole network.
        cycles: Per frame that encodings may take; 0 for a whole network.
        encodings: What the planner takes first; none for a whole network.
        front: Of a whole network.
    """

    layer: str = ""
    cycles: int = 0
    encodings: list[EncodingAnswer] = []
    front: FrontAnswer | None = None
