"""The fastest folding that fits a board.

For an interval, options are priced by what they take of the board's FPGA, in look-up tables; prices
of what runs short rise and the choice is made again. The shortest interval that fits is found by
bisection over all intervals that nodes can have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

from hwcompile.boards import Board
from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.assignment import Costs
from hwcompile.schedule.choose.choice import FREE, Choice, stream_sources
from hwcompile.schedule.choose.estimate import Estimate, estimate
from hwcompile.schedule.choose.folding import Space
from hwcompile.schedule.choose.options import Option
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.choose.widths import width_choice, width_site
from hwcompile.schedule.plan import Link, Placed, Plan
from hwcompile.technology.design import FILL, PARTS, DeviceBudget
from hwcompile.technology.model import Need, Technology, technology
from hwcompile.technology.plumbing import FIFO, LINK, fifo_resources, port_resources
from hwcompile.technology.rules import rules_of

_ROUNDS = 5
"""How often prices are changed for one interval."""

_STARTS = (0.25, 0.03)
"""Prices of all block RAMs to begin with, as shares of that of all look-up tables."""

_NEAR = 6
"""So many faster intervals are tried when bisection has found one that fits."""

_FIFO_DEPTH = 6
"""Depth that is expected of FIFOs while foldings are compared."""


@dataclass(frozen=True)
class Attempt:
    """A choice for an interval.

    Attributes:
        target: Cycles per frame that no node exceeds.
        choices: By node name.
        found: What it takes.
        shares: Use as shares of the board's FPGA.
    """

    target: int
    choices: Mapping[str, Choice]
    found: Estimate
    shares: Mapping[str, float]

    @property
    def excess(self) -> float:
        """Use of what is shortest, relative to what may be used; fits when at most 1."""
        return max(self.shares[part] / FILL[part] for part in self.shares)

    @property
    def possible(self) -> bool:
        """True when it needs no more than there is, margin or not."""
        return max(self.shares.values()) <= 1


@dataclass(frozen=True)
class _Prices:
    """Look-up tables that one of each is worth; `moved` is the share of products in logic."""

    ff: float
    bram: float
    dsp: float
    moved: float

    def of(self, need: Need, *, paired: bool) -> float:
        """The cost of an option."""
        cells = need.lut + (need.loose if paired else 0.0)
        blocks = self.bram * need.bram + self.dsp * need.dsp
        return cells + self.ff * need.ff + blocks + self.moved * need.soft


class Fitter:
    """Chooses foldings of a graph for a board."""

    def __init__(self, graph: Graph, fixed: Mapping[str, Choice], board: Board) -> None:
        self.graph = graph
        self.board = board
        self.space = Space.of(graph, fixed)
        self.model: Technology = technology(board.device.family)
        self.budget = DeviceBudget(board.capacities, rules_of(board.device.family))
        self.reserve = Need()
        self._needs: dict[int, Need] = {}
        self._joints: dict[tuple[StreamFormat, StreamFormat], Need] = {}
        self._origin = stream_sources(graph)
        self._joined = _followed_by_pipes(graph)
        self._registers: dict[object, int] = {}

    def fastest(self) -> Attempt:
        """The shortest interval that fits with `reserve` added.

        Where none keeps the margin, the smallest folding, as long as it needs no more than there
        is.

        Raises:
            CompileError: HW0404 when it needs more, with what takes most.
        """
        steps = self.space.steps or (1,)
        low, high = 0, len(steps) - 1
        best = self.attempt(steps[high])
        if not best.possible:
            raise self.refusal(best)
        if best.excess > 1:
            return best
        while low < high:
            middle = (low + high) // 2
            tried = self.attempt(steps[middle])
            if tried.excess <= 1:
                best, high = tried, middle
            else:
                low = middle + 1
        return self._refined(best)

    def _refined(self, best: Attempt) -> Attempt:
        """Faster ones near by: what is found for an interval is not always the best there is."""
        faster = [step for step in self.space.steps if step < best.target]
        for step in reversed(faster[-_NEAR:]):
            tried = self.attempt(step)
            if tried.excess <= 1:
                return self._refined(tried)
        return best

    def attempt(self, target: int) -> Attempt:
        """The choice for an interval that uses the least of what is shortest.

        Raises:
            CompileError: HW0401 when a node can not meet the target.
        """
        have = self.budget.capacities
        best: Attempt | None = None
        for start in _STARTS:
            prices = _Prices(0.1, start * have.lut / max(have.bram, 1), 0.0, 0.0)
            for _ in range(_ROUNDS):
                tried = self._choose(target, prices)
                if best is None or tried.excess < best.excess:
                    best = tried
                if best.excess <= 1:
                    return best
                prices = self._changed(prices, tried)
        assert best is not None
        return best

    def measure(self, plan: Plan) -> Attempt:
        """A finished plan, with the depths of its FIFOs."""
        found = estimate(plan, self.model)
        return Attempt(0, {}, found, self.budget.shares(found.total))

    def set_aside(self, actual: Need, expected: Need) -> None:
        """Keep free what a plan takes beyond what was expected of it, and a little more."""
        more = [a - e for a, e in zip(astuple(actual), astuple(expected), strict=True)]
        kept = astuple(self.reserve)
        margin = 0.01 * self.budget.capacities.lut
        values = [max(m, k) for m, k in zip(more, kept, strict=True)]
        self.reserve = Need(*values) + Need(lut=margin)

    def refusal(self, attempt: Attempt) -> CompileError:
        """The finding that a design does not fit."""
        what, why = describe(attempt, self.budget)
        return fail(
            "HW0404",
            f"'{self.graph.name}' does not fit '{self.board.id}': {what}",
            f"this is the smallest folding found; {why}",
            "a larger board, or a network with fewer channels or narrower numbers",
        )

    def _choose(self, target: int, prices: _Prices) -> Attempt:
        paired = self.budget.rules.paired
        costs = Costs(
            lambda node, option: prices.of(self._need(node, option), paired=paired),
            lambda have, want: prices.of(self._joint(have, want), paired=paired),
        )
        options = self.space.reaching(target).cheapest(target, costs)
        choices = {name: option.choice for name, option in options.items()}
        plan = build_stages(self.graph, choices)
        found = estimate(plan, self.model, lambda link: self._depth(plan, link))
        shares = self.budget.shares(found.total + self.reserve)
        return Attempt(target, choices, found, shares)

    def _changed(self, prices: _Prices, tried: Attempt) -> _Prices:
        """Dearer where too much is in use, cheaper where there is plenty."""
        factor = {
            part: min(max((tried.shares[part] / FILL[part]) ** 1.5, 0.4), 6.0)
            for part in ("lut", "ff", "bram")
        }
        need = tried.found.total + self.reserve
        moved = self.budget.moved(need)
        return replace(
            prices,
            ff=prices.ff * factor["ff"] / factor["lut"],
            bram=prices.bram * factor["bram"] / factor["lut"],
            moved=(prices.moved + moved) / 2 + 0.05 * (moved > 0),
        )

    def _need(self, node: Node, option: Option) -> Need:
        """Of an option, with the FIFO behind it unless a pipe follows in the same stage."""
        key = id(option)
        if key not in self._needs:
            need = self.model.need(option.built.circuit, option.built.needs)
            if node.name not in self._joined:
                need += self._fifo(option.built.ports.output)
            for value, form in zip(node.inputs, option.built.ports.inputs, strict=True):
                if self._origin[value] in self.graph.inputs:
                    need += self._fifo(form) + self.model.need(LINK, port_resources(form.bits))
            self._needs[key] = need
        return self._needs[key]

    def _joint(self, have: StreamFormat, want: StreamFormat) -> Need:
        """Of a gearbox with its FIFO, or of nothing."""
        if have.same_words(want):
            return Need()
        if (have, want) not in self._joints:
            kind = TensorType((1, have.vectors, have.size), have.element)
            site = width_site(kind, have, want)
            choice = width_choice(site)
            gearbox = family("width").kernel(choice.kernel).at(site, choice.parameters)
            need = self.model.need(gearbox.circuit, gearbox.needs)
            self._joints[have, want] = need + self._fifo(want)
        return self._joints[have, want]

    def _fifo(self, form: StreamFormat) -> Need:
        return self.model.need(FIFO, fifo_resources(form.bits, _FIFO_DEPTH, block=False))

    def _depth(self, plan: Plan, link: Link) -> int:
        """Places that keep a pipeline full: one for each of its registers, and two."""
        for stage in plan.stages:
            if stage.name == link.value:
                return 2 + sum(self._stages(part) for part in stage.parts)
        return 2

    def _stages(self, part: Placed) -> int:
        built = part.built
        names = tuple(sorted(built.parameters.items()))
        key = (part.node.name, built.op.family, built.kernel.name, names)
        if built.op.family == "width":
            key = (built.site, built.kernel.name, names)  # type: ignore[assignment]
        if key not in self._registers:
            self._registers[key] = built.timing.stages
        return self._registers[key]


def _followed_by_pipes(graph: Graph) -> frozenset[str]:
    """Nodes whose only reader is a pipe, which joins their stage."""
    origin = stream_sources(graph)
    readers: dict[str, list[Node | None]] = {}
    for node in graph.nodes:
        if node.op.family not in FREE:
            for value in node.inputs:
                readers.setdefault(origin[value], []).append(node)
    for value in graph.outputs:
        readers.setdefault(origin[value], []).append(None)
    found = set()
    for node in graph.nodes:
        reader, *others = readers.get(node.outputs[0], [None])
        alone = reader is not None and not others and len(reader.inputs) == 1
        if alone and reader and all(k.rigid for k in family(reader.op.family).kernels):
            found.add(node.name)
    return frozenset(found)


def describe(attempt: Attempt, budget: DeviceBudget) -> tuple[str, str]:
    """What is short, in figures, and which layers of the user's model take most of it."""
    part = max(attempt.shares, key=lambda name: attempt.shares[name] / FILL[name])
    have = getattr(budget.capacities, part)
    whole = budget.settle(attempt.found.total)
    used = budget.figures(whole)[part]
    limit = f" ({100 * FILL[part]:.0f} % may be used)" if used <= have else ""
    needs = {f"'{name}'": need for name, need in attempt.found.layers.items()}
    needs["the link to the host"] = attempt.found.around
    shares = {name: budget.figures(n)[part] / max(used, 1e-9) for name, n in needs.items()}
    first, *others = sorted(shares, key=lambda name: -shares[name])[:3]
    largest = [first, *(name for name in others if shares[name] >= 0.005)]
    text = ", ".join(f"{name} takes {100 * shares[name]:.0f} %" for name in largest)
    return f"about {used:,.0f} of {have:,} {PARTS[part]}{limit}", text
