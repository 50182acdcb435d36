"""Runs frames through a system; compares integers with the model, cycles with the prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwcompile.build_directory import GRAPH, damaged
from hwcompile.diagnostics import fail
from hwcompile.emit.opened import Opened
from hwcompile.ir.text import parse_graph
from hwcompile.ir.types import IntArray
from hwcompile.limits import not_both
from hwcompile.ops import op_classes
from hwcompile.system.chain import members_of
from hwcompile.system.files import System, read_system
from hwcompile.system.joined import run_boards, run_streams
from hwcompile.verify.cycles import measured_frame_ends
from hwcompile.verify.frames import Frames
from hwcompile.verify.options import VerifyOptions

LEVELS = ("rtl", "boards")
"""Streams into the first design, or the host's client at the pins of the first board."""


@dataclass(frozen=True)
class SystemRun:
    """What a run of a system showed.

    Attributes:
        system: The system.
        frames: How many frames ran.
        wrong: Level to frames that differ from the reference.
        interval: Cycles per frame at the end of the run at level rtl; None where it did not run.
        latency: Cycles of the first frame of that run.
        resent: Packets that the host had to send again at level boards.
        hits: How often noise hit a line between boards there.
    """

    system: System
    frames: int
    wrong: dict[str, int]
    interval: int | None = None
    latency: int | None = None
    resent: int = 0
    hits: int = 0

    @property
    def slack(self) -> int:
        """Cycles per frame that the measured interval may be off.

        The first and the last end of the frames that count may each be late by an exchange on every
        line, so all of them together take one more or less.
        """
        return self.system.turn_cycles // (self.frames - self.frames // 2)

    @property
    def on_time(self) -> bool:
        """Whether frames came at the predicted pace, within an exchange on the lines."""
        if self.interval is None:
            return True
        return abs(self.interval - self.system.interval_cycles) <= self.slack

    @property
    def passed(self) -> bool:
        """Equal integers, and on time."""
        return self.on_time and not any(self.wrong.values())

    def lines(self) -> list[str]:
        """What people read."""
        found = [
            f"level {level}: {self.frames:,} frames, {wrong:,} differ from the uncut network"
            for level, wrong in self.wrong.items()
        ]
        if self.interval is not None:
            expected = self.system.interval_cycles
            found.append(
                f"cycles per frame: {expected:,} predicted ({self.system.limit}), "
                f"{self.interval:,} measured"
                + ("" if self.on_time else f", more than {self.slack:,} apart")
            )
        if "boards" in self.wrong:
            found.append(f"{self.hits:,} hits by noise on lines between boards")
            found.append(f"{self.resent:,} packets sent again by the host")
        return found


def uncut_results(directory: Path, inputs: Mapping[str, IntArray]) -> IntArray:
    """The integers of the network's output, by the graph that was there before the cut.

    Raises:
        CompileError: HW0510 when it is damaged.
    """
    try:
        graph = parse_graph((directory / GRAPH).read_text(encoding="utf-8"), op_classes())
        (output,) = graph.evaluate(inputs).values()
    except (OSError, ValueError) as error:
        raise damaged(directory, GRAPH, str(error).splitlines()[0]) from error
    return output


def verify_system(
    directory: Path,
    levels: Sequence[str] = LEVELS,
    inputs: Frames | None = None,
    frames: int = 20,
    *,
    seed: int = 0,
    noise: float = 0.0,
    progress: Callable[[str], None] = lambda step: None,
) -> SystemRun:
    """Run frames through all boards at once and compare.

    Args:
        directory: Folder of the system.
        levels: Of `LEVELS`.
        inputs: Real inputs of the model; without them random integers.
        frames: How many random frames.
        seed: Of the frames and of the noise.
        noise: Probability that noise hits a byte on a line between boards, at level boards.
        progress: Called with the name of each step as it starts.

    Raises:
        CompileError: HW0880, HW0886, HW0001, HW0002 for noise without level boards, and those of
            `quantized_source`, of the simulators and of the link.
    """
    system = read_system(directory)
    _check_levels(levels)
    streams = None if "boards" in levels else True
    why = "noise hits lines between boards at level boards alone"
    not_both(("--noise", noise or None), (f"--levels {','.join(levels)}", streams), why)
    members = members_of(directory, system)
    first = Opened(members[0].directory)
    options = VerifyOptions(inputs=inputs, frames=frames, seed=seed)
    types = {name: first.graph.types[name] for name in first.graph.inputs}
    sent = options.source(types, first.host.inputs).whole()
    frames = len(next(iter(sent.values())))
    progress(f"level reference, {frames:,} frames")
    expected = uncut_results(directory, sent)
    wrong: dict[str, int] = {}
    interval = latency = None
    resent = hits = 0
    if "rtl" in levels:
        progress(f"level rtl, {frames:,} frames")
        cycles = (frames + len(members)) * (system.interval_cycles + system.turn_cycles)
        run = run_streams(members, sent, cycles)
        (found,) = run.outputs.values()
        wrong["rtl"] = _differing(expected, found)
        ends = measured_frame_ends(run, frames)
        interval = _pace(ends)
        latency = int(ends[0]) + 1
    if "boards" in levels:
        progress(f"level boards, {frames:,} frames")
        outputs, resent, hits = run_boards(members, sent, noise, seed)
        (found,) = outputs.values()
        wrong["boards"] = _differing(expected, found)
    return SystemRun(system, frames, wrong, interval, latency, resent, hits)


def _check_levels(levels: Sequence[str]) -> None:
    for level in levels or ("",):
        if level not in LEVELS:
            what = f"a system has no level '{level}'"
            raise fail("HW0886", what, fix=f"one of: {', '.join(LEVELS)}")


def _pace(ends: IntArray) -> int | None:
    """Cycles per frame of the second half of a run: results come in packets, not one by one."""
    half = len(ends) // 2
    if not half:
        return None
    return round((int(ends[-1]) - int(ends[half - 1])) / (len(ends) - half))


def _differing(expected: IntArray, found: IntArray) -> int:
    """Frames that differ; those that are missing do."""
    count = min(len(expected), len(found))
    same = (expected[:count] == found[:count]).reshape(count, -1).all(axis=1)
    return len(expected) - int(np.count_nonzero(same))
