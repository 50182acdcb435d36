"""The timing of designs whose frames take one of two ways, for any run of frames.

A run of frames whose truths are known is one long frame of another network: a gate does what it
does for frames that pass and for others, one after the other; a branch works as often as frames
come by; and nothing that no frame reaches is there. So whatever the truths are, cycles follow from
the same recurrences as everywhere else (`tokens.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access, Actor
from hwcompile.schedule.branches import branches_of, frames_of, truths_of
from hwcompile.schedule.plan import Plan, Stage
from hwcompile.schedule.time.network import Network, build_network, stage_processes
from hwcompile.schedule.time.prediction import Prediction, predict
from hwcompile.schedule.time.process import PartedProcess, Process
from hwcompile.schedule.time.tokens import simulate_network

Truths = Mapping[str, IntArray]
"""Of each value that sends frames one way or another, a number for every frame of a run."""

Parts = tuple[tuple[Actor, int], ...]


@dataclass(frozen=True)
class BothWays:
    """What a design does where all frames go the same way.

    Attributes:
        taken: Where every truth is 1.
        other: Where every truth is 0.
    """

    taken: Prediction
    other: Prediction


def both_ways(plan: Plan) -> BothWays | None:
    """The two pure paths of a design; None where all frames go the same way.

    Raises:
        CompileError: HW0401 where values of different branches meet.
    """
    names = truths_of(plan.graph)
    if not names:
        return None
    made = [
        predict(network_of_run(plan, dict.fromkeys(names, np.array([truth])))) for truth in (1, 0)
    ]
    return BothWays(*made)


def run_ends(plan: Plan, truths: Truths) -> IntArray:
    """Cycle in which each frame of a run ends, counted from the first accepted word.

    Source and sink are always ready. int64 [frames].

    Args:
        plan: With its final depths.
        truths: See `Truths`; of all that `truths_of` names.
    """
    frames = next(iter(truths.values())).shape[0]
    trace = simulate_network(network_of_run(plan, truths), 1)
    ends = [cycles.reshape(frames, -1)[:, -1] for cycles in trace.delivered]
    start = min(int(cycles[0]) for cycles in trace.accepted.values())
    found: IntArray = np.max(ends, axis=0) - start
    return found


def network_of_run(plan: Plan, truths: Truths) -> Network:
    """The network whose only frame is a run of frames.

    Args:
        plan: Kernels, stages and FIFO depths.
        truths: See `Truths`.

    Raises:
        CompileError: HW0401 where values of different branches meet.
    """
    frames = next(iter(truths.values())).shape[0]
    base, branches = build_network(plan), branches_of(plan.graph)
    ends = (process for process in base.processes if _is_end(plan, process))
    processes: list[Process] = [_repeated(end, (end.parts,) * frames) for end in ends]
    for stage in plan.stages:
        head = stage.parts[0].built
        truth = stage.parts[0].node.inputs[-1]
        # What chooses works on all frames of its truth, others on those of their branch.
        working = frames_of(branches[truth], truths, frames)
        turns = truths[truth].reshape(-1)[working] != 0 if head.by_truth else None
        count = int(working.sum())
        processes += _of_stage(plan, stage, count if turns is None else turns.tolist())
    gives = {name: process.gives(name) for process in processes for name in process.targets}
    used = {name for name, tokens in gives.items() if tokens}
    channels = {n: replace(c, tokens=gives[n]) for n, c in base.channels.items() if n in used}
    kept = tuple(_with_channels(process, used) for process in processes)
    return Network(channels, kept, base.inputs, base.outputs)


def _is_end(plan: Plan, process: Process) -> bool:
    """An input or an output of the network."""
    return process.name in plan.graph.inputs or not process.targets


def _of_stage(plan: Plan, stage: Stage, turns: int | list[bool]) -> list[Process]:
    """The processes of a stage, doing all that a run asks of it; none where it asks nothing."""
    if not turns:
        return []
    if isinstance(turns, int):
        return [_repeated(p, (p.parts,) * turns) for p in stage_processes(plan, stage)]
    ways = stage.parts[0].built.by_truth
    made = {truth: stage_processes(plan, stage, ways[truth]) for truth in (True, False)}
    return [
        _repeated(way, [made[truth][index].parts for truth in turns])
        for index, way in enumerate(made[True])
    ]


def _repeated(process: Process, frames: Sequence[Parts]) -> PartedProcess:
    """A process that does the parts of several frames, one after the other, as one."""
    parts = tuple(part for frame in frames for part in frame)
    return PartedProcess(process.name, parts, process.rows * len(frames))


def _with_channels(process: Process, used: set[str]) -> Process:
    """The process without the channels that nothing passes."""
    if used.issuperset((*process.sources, *process.targets)):
        return process

    def kept(actor: Actor) -> Actor:
        reads: dict[str, Access] = {n: a for n, a in actor.reads.items() if n in used}
        return Actor(actor.duration, reads, {n: w for n, w in actor.writes.items() if n in used})

    parts = tuple((kept(actor), times) for actor, times in process.parts)
    return PartedProcess(process.name, parts, process.rows)
