"""Which convolutions are built in tiles: those that a schedule says, and those that take less so.

Products in tiles are fewer and wider, and two transforms and three buffers come beside them
(`hwcompile.passes.tiles`). So they pay where products are dear: on a board whose DSP blocks run
short, where each product that finds none takes a hundred look-up tables and more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hwcompile.boards import Board
from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Graph
from hwcompile.ops.conv.winograd import INPUT_ADDITIONS, OUTPUT_ADDITIONS
from hwcompile.passes.tiles import PRODUCTS, TileLayer, tile_layers, with_tiles
from hwcompile.schedule.choose.estimate import estimate, part_need
from hwcompile.schedule.choose.levels import named_nodes
from hwcompile.schedule.choose.prices import GENERIC_PRICES, prices_of
from hwcompile.schedule.choose.tables import Made
from hwcompile.schedule.plan import Placed, Plan
from hwcompile.technology.design import DeviceBudget, usable
from hwcompile.technology.model import Need, Technology, generic, technology
from hwcompile.technology.rules import rules_of

_TRIES = 4
"""So many layers are tried, those with the dearest products first: each takes a plan."""

_BLOCKS = 0.25
"""Price of all block RAMs, as a share of that of all look-up tables."""


def asked_tiles(graph: Graph, schedule: Mapping[str, Any]) -> tuple[TileLayer, ...]:
    """The layers of which a schedule names the products in tiles, as one that was written does.

    Args:
        graph: Lowered.
        schedule: As nested mappings, not validated yet.
    """
    named = {name for name in named_nodes(schedule) if str(name).endswith(f"_{PRODUCTS}")}
    return tuple(one for one in tile_layers(graph) if one.products in named) if named else ()


def free_tiles(graph: Graph, schedule: Mapping[str, Any]) -> tuple[TileLayer, ...]:
    """The layers that may be built in tiles and of which a schedule says nothing."""
    named = named_nodes(schedule)
    return tuple(one for one in tile_layers(graph) if not named.intersection(one.names))


@dataclass(frozen=True)
class Tiler:
    """Compares designs with convolutions in tiles and without.

    Attributes:
        run: Plans a graph.
        cycles: Per frame that are enough; None where the fastest design is wanted.
        board: Whose FPGA says what things take, if any.
        wanted: Whether the user wants them where they take less; None for where a target is asked
            and a board's DSP blocks run short.
        traffic: Bytes per cycle that memory beside the board's FPGA brings.
    """

    run: Callable[[Graph], Made]
    cycles: int | None
    board: Board | None
    wanted: bool | None
    traffic: float = 0.0

    @property
    def weighs(self) -> bool:
        """Whether tiles are looked at, at all."""
        return bool(self.wanted) or (
            self.wanted is None and self.board is not None and self.cycles is not None
        )

    def best(self, graph: Graph, schedule: Mapping[str, Any]) -> Made:
        """The plan with as many layers in tiles as make it faster or smaller.

        Args:
            graph: Lowered.
            schedule: As nested mappings; layers of which it says something stay as they are.

        Raises:
            CompileError: What planning without tiles says, where they do not help.
        """
        layers = free_tiles(graph, schedule) if self.weighs else ()
        if not layers:
            return self.run(graph)
        try:
            best = self.run(graph)
        except CompileError as error:
            return self._instead(graph, layers, error)
        chosen: list[TileLayer] = []
        for layer in self._promising(layers, best)[:_TRIES]:
            try:
                tried = self.run(with_tiles(graph, [*chosen, layer]))
            except CompileError:
                continue
            if self._rank(tried) < self._rank(best):
                best, chosen = tried, [*chosen, layer]
        return best

    def _instead(self, graph: Graph, layers: Sequence[TileLayer], error: CompileError) -> Made:
        try:
            return self.run(with_tiles(graph, layers))
        except CompileError:
            raise error from None

    def _promising(self, layers: Sequence[TileLayer], made: Made) -> list[TileLayer]:
        """Those whose products take more than the additions of the transforms would at least."""
        plan, prediction = made
        parts = {part.node.name: part for stage in plan.stages for part in stage.parts}
        moved = self._budget.moved(self._total(plan)) if self.board else 0.0
        gains = {}
        for layer in layers:
            if layer.name in parts:
                cycles = max(self.cycles or 0, prediction.interval)
                least = _additions(layer) * layer.source.element.bits / cycles
                gains[layer] = self._products(parts[layer.name], moved) - least
        return sorted((one for one in gains if gains[one] > 0), key=lambda one: -gains[one])

    def _products(self, part: Placed, moved: float) -> float:
        """Look-up tables that the products of a matrix are worth, at most.

        Args:
            part: The matrix.
            moved: Share of the products meant for DSP blocks that stay in logic for want of them.
        """
        need = part_need(part, self._model)
        if not part.built.needs.products:
            return need.lut
        return moved * need.soft if self.board else GENERIC_PRICES.scarce * need.dsp

    def _rank(self, made: Made) -> tuple[float, ...]:
        """The less the better: cycles, what is beyond the margin of the board, what it is worth."""
        plan, prediction = made
        total, interval = self._total(plan), float(max(prediction.interval, self.cycles or 0))
        if self.board is None:
            return interval, 0.0, GENERIC_PRICES.of(total)
        budget = self._budget
        excess = max(share / usable(part) for part, share in budget.shares(total).items())
        return interval, max(excess, 1.0), prices_of(budget, _BLOCKS).of(budget.settle(total))

    def _total(self, plan: Plan) -> Need:
        return estimate(plan, self._model).total

    @property
    def _model(self) -> Technology:
        return technology(self.board.device.family) if self.board else generic()

    @property
    def _budget(self) -> DeviceBudget:
        assert self.board is not None
        rules = rules_of(self.board.device.family)
        return DeviceBudget(self.board.capacities, rules, self.traffic)


def _additions(layer: TileLayer) -> int:
    """Of the transforms of a frame."""
    rows, columns = layer.tiles
    each = INPUT_ADDITIONS * layer.source.channels + OUTPUT_ADDITIONS * layer.result.channels
    return rows * columns * each
