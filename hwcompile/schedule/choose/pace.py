"""How many registers every kernel takes for a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwcompile.ir.graph import Graph
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.needs import Memory, MemoryKind
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import REGISTERS
from hwcompile.schedule.choose.choice import FREE, Choice, site_of
from hwcompile.schedule.plan import Link, Plan
from hwcompile.technology.delays import DelayModel

SPARE = 0.9
"""Share of a clock's period that predicted paths may take: wires of full devices are longer."""

FIFO = "FIFO"
"""What reports call the way out of a FIFO."""

SHIFTED = 2
"""Places of a FIFO whose oldest word stands in a register."""


@dataclass(frozen=True)
class Slowest:
    """The path that limits a plan's clock, as predicted.

    Attributes:
        stage: Its stage.
        path: What happens in that cycle.
        delay: How long it takes, in ns.
    """

    stage: str
    path: str
    delay: float


class Pace:
    """How much too slow kernels are for a clock, whatever registers they take."""

    def __init__(self, model: DelayModel, clock_mhz: float) -> None:
        """Start.

        Args:
            model: Delays of the device.
            clock_mhz: The clock.
        """
        self._model = model
        self._longest = longest(clock_mhz)
        self._known: dict[int, tuple[Built, float]] = {}

    def late(self, built: Built) -> float:
        """By which share of a period the slowest path is too long; 0 when it is not."""
        if id(built) not in self._known:
            most = built.kernel.most_registers
            parameters = {**built.parameters, REGISTERS: most}
            best = built.kernel.at(built.site, parameters) if most else built
            _, delay = self._model.slowest(best.paths)
            # The object is kept so that its identity stays its own.
            self._known[id(built)] = built, max(delay / self._longest - 1, 0.0)
        return self._known[id(built)][1]


def longest(clock_mhz: float) -> float:
    """The longest path that a clock allows, as predicted. ns."""
    return SPARE * 1000.0 / clock_mhz


def paced(
    graph: Graph, choices: Mapping[str, Choice], model: DelayModel, clock_mhz: float
) -> dict[str, Choice]:
    """The choices with as few registers as meet the clock, or come as near to it as any number.

    Args:
        graph: What the choices are for.
        choices: By node name; one that says how many registers it has stays as it is.
        model: Delays of the device.
        clock_mhz: The clock.
    """
    nodes = {node.name: node for node in graph.nodes if node.op.family not in FREE}
    found = dict(choices)
    for name, choice in choices.items():
        node = nodes[name]
        kernel = family(node.op.family).kernel(choice.kernel)
        if REGISTERS in choice.parameters:
            continue
        site = site_of(graph, node)
        sets = [
            {**choice.parameters, **({REGISTERS: registers} if registers else {})}
            for registers in range(kernel.most_registers + 1)
        ]
        delays = [model.slowest(kernel.at(site, parameters).paths)[1] for parameters in sets]
        enough = max(longest(clock_mhz), min(delays))
        few = next(i for i, delay in enumerate(delays) if delay <= enough)
        found[name] = Choice(choice.kernel, sets[few])
    return found


def slowest_of(plan: Plan, model: DelayModel) -> Slowest | None:
    """What limits the clock of a plan, the first of equals; None without hardware."""
    found = [
        Slowest(stage.name, path.name, delay)
        for stage in plan.stages
        for path, delay in (model.slowest(part.built.paths) for part in stage.parts)
    ]
    found += [Slowest(link.value, FIFO, model.of(fifo_path(link))) for link in plan.links]
    return max(found, key=lambda one: one.delay, default=None)


def fifo_path(link: Link) -> Path:
    """From the memory of a FIFO into the stage that takes the word."""
    if link.depth <= SHIFTED or link.block:
        return Path(FIFO, 1)
    return Path(FIFO, 1, memory=Memory(link.depth, link.format.bits, MemoryKind.QUEUE))
