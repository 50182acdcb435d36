"""How many registers every kernel takes for a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hwcompile.ir.graph import Graph
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.needs import Memory, MemoryKind
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import REGISTERS
from hwcompile.schedule.choose.choice import FREE, Choice, site_of
from hwcompile.schedule.plan import SHIFTED, Link, Plan
from hwcompile.technology.delays import DelayModel
from hwcompile.technology.plumbing import PACKET

SPARE = 0.9
"""Share of a clock's period that predicted paths may take: wires of full devices are longer."""

FIFO = "FIFO"
"""What reports call the way out of a FIFO."""


LINK = "link"
"""What reports call the link to the host."""

LINK_PATHS = (
    Path("packet memory", memory=PACKET),
    Path("bit timer", 3, (8,)),
)
"""Of the link (`hw_link`): a byte of a packet into a register, and the clocks of a serial bit."""


@dataclass(frozen=True)
class Slowest:
    """The path that limits a plan's clock, as predicted.

    Attributes:
        stage: Its stage, or `LINK`.
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
    """What limits the clock of a plan on a board, the first of equals; None without hardware."""
    found = [
        Slowest(stage.name, path.name, delay)
        for stage in plan.stages
        for path, delay in (model.slowest(part.built.paths) for part in stage.parts)
    ]
    for link in plan.links:
        path, delay = model.slowest(link_paths(plan, link))
        found.append(Slowest(link.value, path.name, delay))
    if found:
        path, delay = model.slowest(LINK_PATHS)
        found.append(Slowest(LINK, path.name, delay))
    return max(found, key=lambda one: one.delay, default=None)


def with_paced_links(plan: Plan, model: DelayModel, clock_mhz: float) -> Plan:
    """Mark the FIFOs that are too slow for a clock and are faster when read into a register.

    Args:
        plan: With its depths; those that are returned do not have the new register's place yet.
        model: Delays of the device.
        clock_mhz: The clock.

    Returns:
        The same plan where there is none.
    """

    def slow(link: Link) -> bool:
        now, then = (
            model.slowest(link_paths(plan, form))[1]
            for form in (link, link.with_depth(link.depth, block=True))
        )
        return now > longest(clock_mhz) and then < now

    links = tuple(replace(link, paced=True) if slow(link) else link for link in plan.links)
    return plan if links == plan.links else replace(plan, links=links)


def link_paths(plan: Plan, link: Link) -> tuple[Path, ...]:
    """From the memory of a FIFO to the first register of the stage that takes the word.

    Where a word is read into a register first, in block RAM into the block's own, the way into that
    comes first.
    """
    depth, bits = link.depth, link.format.bits
    taken = [stage.parts[0].built for stage in plan.stages if stage.name == link.consumer]
    behind = [path for built in taken for path in built.entrance]
    ways = [Path(FIFO, 1), *(replace(path, name=f"{FIFO} and {path.name}") for path in behind)]
    if link.block:
        memory = Memory(depth, bits, MemoryKind.APART)
        behind = [replace(path, memory=memory, latched=True) for path in ways]
        return (Path(f"{FIFO} memory", memory=memory), *behind)
    if depth <= SHIFTED:
        return tuple(ways)
    memory = Memory(depth, bits, MemoryKind.QUEUE)
    return tuple(replace(path, memory=memory) for path in ways)
