"""Ways to make the products of a folding, where it is known how many DSP blocks there are."""

from __future__ import annotations

from collections.abc import Collection

from hwcompile.ir.graph import Node
from hwcompile.ops.contract.needs import Resources
from hwcompile.schedule.choose.options import Option
from hwcompile.technology.design import DeviceBudget


class Ways:
    """The ways of options (`Kernel.ways`) that suit a device."""

    def __init__(self, budget: DeviceBudget, fixed: Collection[str]) -> None:
        """Start.

        Args:
            budget: The device.
            fixed: Names of nodes that stay as they are.
        """
        self.budget = budget
        self._fixed = fixed
        self._known: dict[int, tuple[Option, ...]] = {}

    def of(self, node: Node, option: Option) -> tuple[Option, ...]:
        """The option itself, and what takes the same streams in the same cycles."""
        if node.name in self._fixed:
            return (option,)
        if id(option) not in self._known:
            built = option.built
            sets = built.kernel.ways(built.site, built.parameters)
            others = [built.kernel.at(built.site, parameters) for parameters in sets]
            fitting = [Option(other) for other in others if self._whole(other.needs)]
            self._known[id(option)] = (option, *fitting)
        return self._known[id(option)]

    def _whole(self, needs: Resources) -> bool:
        """Whether every product stands in one multiplier, or outside of all."""
        if needs.products and not self.budget.capacities.dsp:
            return False
        table = self.budget.rules.products
        return all(table.whole(factors.left, factors.right) for factors in needs.products)
