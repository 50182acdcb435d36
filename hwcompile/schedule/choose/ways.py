"""Other ways to build a folding, where it is known what there is: of DSP blocks, of memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hwcompile.ir.graph import Node
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.weights_port import with_external
from hwcompile.schedule.choose.options import Option
from hwcompile.technology.design import DeviceBudget


class Ways:
    """What takes the same streams in the same cycles as an option, and suits a device.

    Products may be made in other ways (`Kernel.ways`), and weights may be read from external memory
    where there is one.
    """

    def __init__(self, budget: DeviceBudget, fixed: Collection[str]) -> None:
        """Start.

        Args:
            budget: The device, and the memory beside it.
            fixed: Names of nodes that stay as they are.
        """
        self.budget = budget
        self._fixed = fixed
        self._known: dict[int, tuple[Option, ...]] = {}

    def of(self, node: Node, option: Option) -> tuple[Option, ...]:
        """The option itself, and its other ways."""
        if node.name in self._fixed:
            return (option,)
        if id(option) not in self._known:
            built = option.built
            sets = built.kernel.ways(built.site, built.parameters)
            others = [built.kernel.at(built.site, parameters) for parameters in sets]
            inside = (built, *(other for other in others if self._whole(other.needs)))
            outside = [far for near in inside for far in self._outside(near)]
            self._known[id(option)] = (option, *map(Option, (*inside[1:], *outside)))
        return self._known[id(option)]

    def _whole(self, needs: Resources) -> bool:
        """Whether every product stands in one multiplier, or outside of all."""
        if needs.products and not self.budget.capacities.dsp:
            return False
        table = self.budget.rules.products
        return all(table.whole(factors.left, factors.right) for factors in needs.products)

    def _outside(self, built: Built) -> Iterator[Built]:
        """The same with weights in external memory, where its bandwidth alone is enough."""
        kernel, site = built.kernel, built.site
        if not (self.budget.traffic and kernel.external):
            return
        parameters = with_external(built.parameters)
        if kernel.complaint(site, parameters) is None:
            other = kernel.at(site, parameters)
            same = other.ports == built.ports and other.interval == built.interval
            if same and other.needs.traffic <= self.budget.traffic:
                yield other
