"""Answers of commands that take a model apart or make one; see `hwcompile.cli.answers`."""

from __future__ import annotations

import msgspec

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
    energy_pj: float
    synthesized: SynthesizedAnswer | None = None


class ExploreAnswer(CommandAnswer, frozen=True, kw_only=True):
    """Of `hwcompile explore`.

    Attributes:
        layer: Name of the node.
        cycles: Per frame that encodings may take.
        encodings: What the planner takes first.
    """

    layer: str
    cycles: int
    encodings: list[EncodingAnswer]
