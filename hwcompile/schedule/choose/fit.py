"""The fastest folding that fits a board.

For an interval, options are priced by what they take of the board's FPGA, in look-up tables; prices
of what runs short rise and the choice is made again, with other ways to make products (`Ways`). The
shortest interval that fits is found by bisection over all intervals that nodes can have. Where it
is the shortest that the usual kernels reach, those in reserve are looked at (`Reserve.KERNELS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace

from hwcompile.boards import Board
from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.estimate import Estimate, estimate
from hwcompile.schedule.choose.folding import Space
from hwcompile.schedule.choose.options import Option, Reserve
from hwcompile.schedule.choose.pace import Pace, paced
from hwcompile.schedule.choose.prices import Costs, Needs, Prices, prices_of
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.choose.stand_ins import stand_ins
from hwcompile.schedule.choose.ways import Ways
from hwcompile.schedule.plan import Link, Placed, Plan
from hwcompile.technology.delays import delay_model
from hwcompile.technology.design import ALL_PARTS, TRAFFIC, DeviceBudget, usable
from hwcompile.technology.model import Need, Technology, technology
from hwcompile.technology.rules import rules_of

_ROUNDS = 5
"""How often prices are changed for one interval."""

_STARTS = (0.25, 0.03)
"""Prices of all block RAMs to begin with, as shares of that of all look-up tables."""

_NEAR = 6
"""So many faster intervals are tried when bisection has found one that fits."""

_SAVINGS = 4
"""How often prices are changed to keep products out of logic in a design that fits."""

_ALMOST = 1.25
"""Use, relative to what there is, of a choice that may fit when layers change their ways."""


_USED_UP = 0.9
"""Share of the block RAMs from which on weights may stand in logic for want of them."""


@dataclass(frozen=True)
class Attempt:
    """A choice for an interval.

    Attributes:
        target: Cycles per frame that no node exceeds.
        choices: By node name.
        found: What it takes.
        shares: Use as shares of the board's FPGA.
        moved: Share of the products meant for DSP blocks that stay in logic for want of them.
        ways: Of nodes that make their products in another way than usual, all that can be chosen.
    """

    target: int
    choices: Mapping[str, Choice]
    found: Estimate
    shares: Mapping[str, float]
    moved: float = 0.0
    ways: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def excess(self) -> float:
        """Use of what is shortest, relative to what may be used; fits when at most 1."""
        return max(self.shares[part] / usable(part) for part in self.shares)

    @property
    def possible(self) -> bool:
        """True when it needs no more than there is, margin or not."""
        return max(self.shares.values()) <= 1


class Fitter:
    """Chooses foldings of a graph for a board."""

    def __init__(
        self,
        graph: Graph,
        fixed: Mapping[str, Choice],
        board: Board,
        clock_mhz: float | None = None,
        traffic: float = 0.0,
    ) -> None:
        """Start.

        Args:
            graph: Lowered.
            fixed: What a schedule says of nodes.
            board: The FPGA.
            clock_mhz: What decides how many registers kernels take.
            traffic: Bytes per cycle that external memory brings, where weights may stand there.
        """
        self.clock_mhz = clock_mhz
        self.delays = delay_model(board.device)
        self._pace = Pace(self.delays, clock_mhz) if self.delays and clock_mhz else None
        self.graph = graph
        self.board = board
        self.space = Space.of(graph, fixed)
        self.model: Technology = technology(board.device.family)
        self.budget = DeviceBudget(board.capacities, rules_of(board.device.family), traffic)
        self.reserve = Need()
        self.needs = Needs(graph, self.model)
        self._ways = Ways(self.budget, self.space.fixed)
        self._registers: dict[object, int] = {}

    def fastest(self) -> Attempt:
        """The shortest interval that fits with `reserve` added.

        Where none keeps the margin, the smallest folding, as long as it needs no more than there
        is.

        Raises:
            CompileError: HW0404 when it needs more, with what takes most.
        """
        steps = self.space.steps or (1,)
        best = self._attempt(steps[-1])
        if not best.possible:
            raise self.refusal(best)
        if best.excess > 1:
            return best
        best = self._refined(self._bisected(best, steps[:-1]), steps)
        if best.target == steps[0] and self.space.reserve < Reserve.KERNELS:
            # There is room for more than the usual kernels can use.
            more = [step for step in self.space.larger.steps if step < best.target]
            slowest = self._attempt(more[-1]) if more else best
            if slowest.excess <= 1:
                best = self._bisected(slowest, more[:-1])
        return self._with_stand_ins(self._saving(best))

    def _bisected(self, best: Attempt, steps: Sequence[int]) -> Attempt:
        """The fastest that fits among shorter intervals, which ascend; `best` if none does."""
        low, high = 0, len(steps)
        while low < high:
            middle = (low + high) // 2
            tried = self._attempt(steps[middle])
            if tried.excess <= 1:
                best, high = tried, middle
            else:
                low = middle + 1
        return best

    def _refined(self, best: Attempt, steps: Sequence[int]) -> Attempt:
        """Faster ones near by: what is found for an interval is not always the best there is."""
        faster = [step for step in steps if step < best.target]
        for step in reversed(faster[-_NEAR:]):
            tried = self._attempt(step)
            if tried.excess <= 1:
                return self._refined(tried, steps)
        return best

    def attempt(self, target: int) -> Attempt:
        """The choice for an interval that uses the least of what is shortest.

        Raises:
            CompileError: HW0401 when a node can not meet the target.
        """
        return self._with_stand_ins(self._saving(self._attempt(target)))

    def _attempt(self, target: int) -> Attempt:
        """The first choice that fits, or the one that comes nearest to it."""
        best: Attempt | None = None
        for start in _STARTS:
            prices = prices_of(self.budget, start)
            for again in range(_ROUNDS):
                tried = self._choose(target, prices, ways=again > 0)
                if best is None or tried.excess < best.excess:
                    best = tried
                if best.excess <= 1:
                    return best
                prices = self._changed(prices, tried)
        assert best is not None
        return self._other_ways(best) if best.excess < _ALMOST else best

    def _saving(self, best: Attempt) -> Attempt:
        """The same interval with less logic, by what DSP blocks can and can not take."""
        if best.excess > 1 or not (best.moved or best.ways):
            return best
        prices, tried = prices_of(self.budget, _STARTS[0]), best
        for _ in range(_SAVINGS if best.moved else 0):
            prices = self._changed(prices, tried)
            tried = self._choose(best.target, prices, ways=True)
            best = min(best, tried, key=_worth)
        return self._other_ways(best)

    def _other_ways(self, best: Attempt) -> Attempt:
        """Layer by layer the way that is best beside those of the others."""
        for name, ways in best.ways.items():
            every = [{**best.choices, name: way} for way in ways]
            tried = [self._tried(best.target, choices, best.ways) for choices in every]
            best = min(best, *tried, key=_worth)
        return best

    def _with_stand_ins(self, best: Attempt) -> Attempt:
        """Layer by layer what takes less in the place of another kernel (`Kernel.stand_in`)."""
        found = stand_ins(self.graph, best.choices, self.space.fixed)
        return self._other_ways(replace(best, ways=found)) if found else best

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
        fix = "a larger board, or a network with fewer channels or narrower numbers"
        if short_of(attempt) == TRAFFIC:
            fix = f"{fix}, or memory with more bandwidth"
        elif attempt.shares["bram"] > _USED_UP and not self.budget.traffic:
            fix = f"{fix}, or weights in external memory (`--external-memory 400`, in MB/s)"
        return fail(
            "HW0404",
            f"'{self.graph.name}' does not fit '{self.board.id}': {what}",
            f"this is the smallest folding found; {why}",
            fix,
        )

    def _choose(self, target: int, prices: Prices, *, ways: bool) -> Attempt:
        def price(node: Node, option: Option, usual: Option) -> float:
            blocks = self.needs.of(node, usual).dsp
            area = prices.of(self.needs.of(node, option), usual=blocks)
            # A clock that is asked for is worth more than area is.
            late = self._pace.late(option.built) if self._pace else 0.0
            return area + late * self.budget.capacities.lut

        def best_way(node: Node, option: Option) -> Option:
            found = self._ways.of(node, option) if ways else (option,)
            return min(found, key=lambda way: price(node, way, option))

        costs = Costs(
            lambda node, option: price(node, best_way(node, option), option),
            lambda have, want: prices.of(self.needs.joint(have, want)),
        )
        options = self.space.reaching(target).cheapest(target, costs)
        found = {node.name: best_way(node, options[node.name]) for node in self.space.nodes}
        choices = {name: option.choice for name, option in found.items()}
        all_ways = {
            node.name: tuple(way.choice for way in self._ways.of(node, options[node.name]))
            for node in self.space.nodes
            if found[node.name] is not options[node.name]
        }
        return self._tried(target, choices, all_ways)

    def _tried(
        self,
        target: int,
        choices: Mapping[str, Choice],
        ways: Mapping[str, tuple[Choice, ...]],
    ) -> Attempt:
        if self.delays and self.clock_mhz:
            choices = paced(self.graph, choices, self.delays, self.clock_mhz)
        plan = build_stages(self.graph, choices)
        found = estimate(plan, self.model, lambda link: self._depth(plan, link))
        need = found.total + self.reserve
        shares, moved = self.budget.shares(need), self.budget.moved(need)
        return Attempt(target, choices, found, shares, moved, ways)

    def _changed(self, prices: Prices, tried: Attempt) -> Prices:
        """Dearer where too much is in use, cheaper where there is plenty."""
        factor = {
            part: min(max((tried.shares[part] / usable(part)) ** 1.5, 0.4), 6.0)
            for part in tried.shares
        }
        total = tried.found.total
        spilled = (tried.moved + 0.05 * (tried.moved > 0)) * total.soft / max(total.dsp, 1)
        return replace(
            prices,
            ff=prices.ff * factor["ff"] / factor["lut"],
            bram=prices.bram * factor["bram"] / factor["lut"],
            dsp=prices.dsp * factor["dsp"] / factor["lut"],
            traffic=prices.traffic * factor.get(TRAFFIC, 1.0) / factor["lut"],
            scarce=(prices.scarce + spilled) / 2,
        )

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


def _worth(attempt: Attempt) -> tuple[float, float, float]:
    """The less the better: what is beyond the margin, then reading from outside, then logic."""
    shares = attempt.shares
    return max(attempt.excess, 1.0), shares.get(TRAFFIC, 0.0), shares["lut"]


def short_of(attempt: Attempt) -> str:
    """The part that is shortest."""
    return max(attempt.shares, key=lambda name: attempt.shares[name] / usable(name))


def describe(attempt: Attempt, budget: DeviceBudget) -> tuple[str, str]:
    """What is short, in figures, and which layers of the user's model take most of it."""
    part = short_of(attempt)
    have = budget.have(part)
    whole = budget.settle(attempt.found.total)
    used = budget.used(whole)[part]
    limit = f" ({100 * usable(part):.0f} % may be used)" if used <= have else ""
    needs = {f"'{name}'": need for name, need in attempt.found.layers.items()}
    needs["the link to the host"] = attempt.found.around
    shares = {name: budget.used(n)[part] / max(used, 1e-9) for name, n in needs.items()}
    first, *others = sorted(shares, key=lambda name: -shares[name])[:3]
    largest = [first, *(name for name in others if shares[name] >= 0.005)]
    text = ", ".join(f"{name} takes {100 * shares[name]:.0f} %" for name in largest)
    return f"about {used:,.0f} of {have:,.6g} {ALL_PARTS[part]}{limit}", text
