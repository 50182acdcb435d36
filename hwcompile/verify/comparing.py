"""Compares what a simulation brought with the reference, at the outputs and at recorded streams."""

from __future__ import annotations

from collections.abc import Mapping

from hwcompile.emit.interface import Interface
from hwcompile.ir.types import IntArray
from hwcompile.schedule.branches import Bools
from hwcompile.verify.beats import frames_from_words
from hwcompile.verify.compare import Mismatch, first_mismatch
from hwcompile.verify.result import SimulationResult


def compare_run(
    interface: Interface,
    reference: Mapping[str, IntArray],
    run: SimulationResult,
    computed: Mapping[str, Bools] | None = None,
) -> tuple[Mismatch, ...]:
    """The first mismatch of every value that differs: streams inside in their order, then outputs.

    A stream that leaves the design as an output was recorded twice, and is judged once, as output.

    Args:
        interface: Says how recorded words are cut.
        reference: Value name to int64 [frames, height, width, channels].
        run: What the other level brought.
        computed: For streams of branches the frames that take them, bool [frames]; of others a
            circuit has no words.
    """
    prefixes = {port.name: port.prefix for port in interface.streams}

    def expected(name: str, got: IntArray) -> IntArray:
        wanted = reference[name]
        if computed and name in computed and got.shape[0] != wanted.shape[0]:
            return wanted[computed[name]]
        return wanted

    found = [
        first_mismatch(name, expected(name, got), got, prefixes[name])
        for name, got in streams_of(interface, run).items()
        if name not in run.outputs
    ]
    found += [first_mismatch(name, reference[name], values) for name, values in run.outputs.items()]
    return tuple(mismatch for mismatch in found if mismatch)


def streams_of(interface: Interface, run: SimulationResult) -> dict[str, IntArray]:
    """Integers of the streams between stages that a run recorded, in stream order.

    Args:
        interface: Says how recorded words are cut.
        run: What the level brought.

    Returns:
        Stream name to int64 [frames, height, width, channels].
    """
    found = {}
    for port in interface.streams:
        if port.name in run.taps:
            found[port.name] = frames_from_words(run.taps[port.name], port)
        elif port.name in run.streams:
            found[port.name] = run.streams[port.name]
    return found
