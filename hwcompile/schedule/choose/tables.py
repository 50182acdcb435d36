"""Which sparse layers are built as truth tables: those that a schedule says, and cheaper ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hwcompile.boards import Board
from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.ir.graph import Graph
from hwcompile.ops import family
from hwcompile.passes.truth_tables import SparseLayer, sparse_layers, with_truth_tables
from hwcompile.schedule.choose.choice import Choice, place, site_of
from hwcompile.schedule.choose.estimate import estimate, part_need
from hwcompile.schedule.choose.prices import GENERIC_PRICES
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.schedule.time.prediction import Prediction
from hwcompile.technology.model import Need, generic, technology

KERNEL = "truth_table"
"""As a schedule calls it, at any node of a layer."""

UNASKED_BITS = 12
"""Bits that a neuron may read where nobody asked for tables: each more doubles them."""

Made = tuple[Plan, Prediction]


def asked_layers(graph: Graph, schedule: Mapping[str, Any]) -> tuple[SparseLayer, ...]:
    """The layers that a schedule wants as truth tables.

    Args:
        graph: Lowered.
        schedule: As nested mappings, not validated yet.

    Raises:
        CompileError: HW0402 where a table can not be built, with its size.
    """
    nodes = _nodes(schedule)
    wanted, findings = [], []
    for layer in sparse_layers(graph):
        name = next((n for n in layer.names if _kernel(nodes.get(n)) == KERNEL), None)
        if name is not None and layer.problem is None:
            wanted.append(layer)
        elif name is not None:
            findings.append(_refusal(layer, name))
    if findings:
        raise CompileError(findings)
    return tuple(wanted)


def free_layers(graph: Graph, schedule: Mapping[str, Any]) -> tuple[SparseLayer, ...]:
    """The layers that may be truth tables and of which a schedule says nothing."""
    nodes = _nodes(schedule)
    return tuple(
        layer
        for layer in sparse_layers(graph)
        if layer.sparse
        and layer.address_bits <= UNASKED_BITS
        and layer.problem is None
        and not set(nodes).intersection(layer.names)
    )


def with_one_name(
    schedule: Mapping[str, Any], layers: tuple[SparseLayer, ...]
) -> Mapping[str, Any]:
    """A schedule in which such layers have one table, under the name of their last node."""
    nodes = dict(_nodes(schedule))
    for layer in layers:
        tables = [nodes.pop(name, None) for name in layer.names]
        nodes[layer.name] = next(table for table in tables if _kernel(table) == KERNEL)
    return {**schedule, "nodes": nodes}


@dataclass(frozen=True)
class Chooser:
    """Compares designs with truth tables and without.

    Attributes:
        run: Plans a graph.
        cycles: Per frame that are enough; None where the fastest design is wanted.
        board: Whose FPGA says what things take, if any.
    """

    run: Callable[[Graph], Made]
    cycles: int | None
    board: Board | None

    def best_of(self, ways: Sequence[tuple[Graph, tuple[SparseLayer, ...]]]) -> Made:
        """The best plan of several graphs that do the same, the first of equals.

        Args:
            ways: Graphs, each with the layers of it that may be truth tables.

        Raises:
            CompileError: What planning the first one says, where none can be planned.
        """
        found, errors = [], []
        for graph, layers in ways:
            try:
                found.append(self.best(graph, layers))
            except CompileError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        return min(found, key=self._rank)

    def best(self, graph: Graph, layers: tuple[SparseLayer, ...]) -> Made:
        """The plan with as many of `layers` as truth tables as make it faster or smaller.

        Raises:
            CompileError: What planning without tables says, where tables do not help.
        """
        if not layers:
            return self.run(graph)
        try:
            plain = self.run(graph)
        except CompileError as error:
            return self._instead(graph, layers, error)
        every = self.cycles is None or plain[1].interval > self.cycles
        chosen = [layer for layer in layers if every or self._smaller(layer, plain[0])]
        if not chosen:
            return plain
        try:
            tables = self.run(with_truth_tables(graph, chosen))
        except CompileError:
            return plain
        return min(plain, tables, key=self._rank)

    def _instead(self, graph: Graph, layers: tuple[SparseLayer, ...], error: CompileError) -> Made:
        try:
            return self.run(with_truth_tables(graph, layers))
        except CompileError:
            raise error from None

    def _smaller(self, layer: SparseLayer, plan: Plan) -> bool:
        """A table takes less than the nodes of the layer do in a plan."""
        parts = [part for stage in plan.stages for part in stage.parts]
        lanes = [part for part in parts if part.node.name in layer.names]
        return self._area([_as_table(layer)]) < self._area(lanes)

    def _rank(self, made: Made) -> tuple[int, float]:
        plan, prediction = made
        return max(prediction.interval, self.cycles or 0), self._whole(plan)

    def _whole(self, plan: Plan) -> float:
        """Look-up tables that a plan is worth."""
        if self.board is not None:
            found = estimate(plan, technology(self.board.device.family)).total
            have = self.board.capacities
            block, product = have.lut / max(have.bram, 1), have.lut / max(have.dsp, 1)
            return found.lut + block * found.bram + product * found.dsp
        return GENERIC_PRICES.of(estimate(plan, generic()).total)

    def _area(self, parts: list[Placed]) -> float:
        """Look-up tables that some nodes are worth, on the generic FPGA."""
        return GENERIC_PRICES.of(sum((part_need(part, generic()) for part in parts), Need()))


def _as_table(layer: SparseLayer) -> Placed:
    graph = with_truth_tables(layer.graph, [layer])
    (kernel,) = family("truth_table").kernels
    (parameters,) = kernel.space(site_of(graph, graph.node(layer.name)))
    return place(graph, graph.node(layer.name), Choice(kernel.name, parameters))


def _nodes(schedule: Mapping[str, Any]) -> Mapping[str, Any]:
    nodes = schedule.get("nodes")
    return nodes if isinstance(nodes, Mapping) else {}


def _kernel(table: object) -> object:
    return table.get("kernel") if isinstance(table, Mapping) else None


def _refusal(layer: SparseLayer, name: str) -> Diagnostic:
    return Diagnostic(
        "HW0402",
        f"kernel '{KERNEL}' does not build node '{name}'",
        layer.problem or "",
        "fewer inputs that a neuron reads, fewer bits of them, or another kernel",
        layer.matrix.origin,
    )
