"""What could build a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.site import Blocks
from hwcompile.schedule.choose.choice import Choice, site_of


@dataclass(frozen=True)
class Option:
    """What could build a node."""

    built: Built

    @property
    def choice(self) -> Choice:
        """As the plan and `schedule.toml` name it."""
        return Choice(self.built.kernel.name, self.built.parameters)

    @cached_property
    def streams(self) -> tuple[tuple[int, int, Blocks | None], ...]:
        """Vector size, elements per word and order at every port, on which joints depend."""
        forms = (*self.built.ports.inputs, self.built.ports.output)
        return tuple((form.size, form.parallel, form.order) for form in forms)


class Reserve(IntEnum):
    """What the planner looks at only where the rest is too slow for a target, step by step."""

    NOTHING = 0
    KERNELS = 1
    """Kernels in reserve (`Kernel.reserve`)."""
    PIXELS = 2
    """And words of several pixels (`Kernel.space_of_pixels`)."""


def options_of(graph: Graph, node: Node, reserve: Reserve = Reserve.NOTHING) -> tuple[Option, ...]:
    """Every kernel and parameter set worth considering, in a fixed order.

    Args:
        graph: Lowered.
        node: One of it that is hardware.
        reserve: What counts of that which the planner has in reserve.

    Raises:
        CompileError: HW0401 when no kernel builds the node.
    """
    site = site_of(graph, node)
    reasons: list[str] = []
    options: list[Option] = []
    for kernel in family(node.op.family).kernels:
        if kernel.data_dependent or kernel.stand_in or (kernel.reserve and not reserve):
            continue
        reason = kernel.refuses(site)
        if reason is None:
            options += [Option(kernel.at(site, p)) for p in kernel.space(site)]
            wide = kernel.space_of_pixels(site) if reserve >= Reserve.PIXELS else ()
            options += [Option(kernel.at(site, p)) for p in wide]
        else:
            reasons.append(f"'{kernel.name}': {reason}")
    if not options:
        why = "; ".join(reasons) or f"'{node.op.family}' has no kernels and was not lowered"
        what, fix = f"no kernel builds node '{node.name}'", "another form of this layer"
        raise fail("HW0401", what, why, fix, node.origin)
    return tuple(options)


def fitting(options: tuple[Option, ...], parallels: Iterable[int]) -> tuple[Option, ...]:
    """The options of a node, and its pipes at further word sizes where they can be built.

    Kernels list the word sizes that are worth having; a schedule may fix another one for the node
    before, and a pipe should follow without a width node.
    """
    found = list(options)
    pipes = [option.built for option in options if option.built.kernel.rigid]
    first = {pipe.kernel.name: pipe for pipe in reversed(pipes)}
    for pipe in first.values():
        kernel, site = pipe.kernel, pipe.site
        known = {same.parameters.get("parallel") for same in pipes if same.kernel is kernel}
        for parallel in sorted(set(parallels) - known):
            parameters = {**pipe.parameters, "parallel": parallel}
            if None not in known and kernel.complaint(site, parameters) is None:
                found.append(Option(kernel.at(site, parameters)))
    return tuple(found)


def ordered(options: tuple[Option, ...], orders: Iterable[Blocks]) -> tuple[Option, ...]:
    """The options of a node, and those whose input comes in an order that it may come in."""
    found = list(options)
    kernels = {option.built.kernel.name: option.built for option in options}
    for order in orders:
        for built in kernels.values():
            space = built.kernel.space_in_order(built.site, order)
            found += [Option(built.kernel.at(built.site, parameters)) for parameters in space]
    return tuple(found)


def fixed_option(graph: Graph, node: Node, choice: Choice) -> Option:
    """The option that a schedule prescribes; it has been validated."""
    kernel = family(node.op.family).kernel(choice.kernel)
    return Option(kernel.at(site_of(graph, node), choice.parameters))
