"""What kernels have in common that build constant matrices as adders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import Encoding, IntArray, TensorType
from hwcompile.ops.arithmetic.adders.graph import AdderGraph
from hwcompile.ops.arithmetic.adders.pipeline import AdderPipeline
from hwcompile.ops.arithmetic.adders.solving import (
    MOST_WEIGHT_BITS,
    SOLVER,
    adder_graph,
    digits_of_matrix,
    side_by_side,
    solver_is_there,
)
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Printed
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import O, O_co, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single

KIND = "adder_graph"

MOST_WEIGHTS = 1 << 14
"""Weights that are not zero of a layer; solving takes minutes then."""

UNASKED_DIGITS = 4_000
"""Signed digits of a layer's weights that are solved where nobody asked for it: some seconds."""

LEAST_WEIGHTS = 128
"""Weights that are not zero of a layer that is looked at unasked; lanes of fewer are small."""

PER_CYCLE = (4, 2, 1)
"""Adders one after the other between registers, by the parameter `registers`."""


class Adders(Built[O_co]):
    """All outputs of a pixel in every cycle, without a multiplier and without stored weights."""

    @property
    @abstractmethod
    def blocks(self) -> IntArray:
        """Matrices that share no inputs and no outputs: int64 [blocks, outputs, inputs]."""

    @property
    @abstractmethod
    def places(self) -> tuple[IntArray, IntArray]:
        """Channels of the outputs, int64 [blocks, outputs], and of the inputs [blocks, inputs]."""

    @cached_property
    def graph(self) -> AdderGraph:
        """The adders, on channels in their order; bipolar inputs count as 0 and 1."""
        # Kept with the op: the parameter `registers` changes nothing of it.
        known = self.op.__dict__.setdefault("_adder_graphs", {})
        key = self.site.inputs[0].element
        if key not in known:
            known[key] = self._solved()
        found: AdderGraph = known[key]
        return found

    @cached_property
    def pipeline(self) -> AdderPipeline:
        """The adders with registers."""
        kind, out = self.site.inputs[0].element, self.site.outputs[0].element
        return AdderPipeline(self.graph, PER_CYCLE[self.registers], kind.bits, out.bits)

    @cached_property
    def ports(self) -> Ports:
        """A pixel is a word."""
        return Ports((_pixel_words(self.site.inputs[0]),), _pixel_words(self.site.outputs[0]))

    @cached_property
    def timing(self) -> Timing:
        """One pixel per cycle."""
        one = np.ones(1, dtype=np.int64)
        return single({"in0": one}, one, self.pipeline.stages, times=self.interval)

    @property
    def interval(self) -> int:
        """One cycle per pixel."""
        return self.site.inputs[0].pixels

    @property
    def lanes(self) -> int:
        """Weights: what the adders do in a cycle is what so many lanes would."""
        return self.blocks.size

    @property
    def added_bits(self) -> int:
        """Those of the adders."""
        return self.graph.cost

    @cached_property
    def needs(self) -> Resources:
        """Bits that are added; registers, and a valid bit for each stage."""
        pipeline = self.pipeline
        return Resources(adders=self.graph.cost, ff=pipeline.register_bits + pipeline.stages)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The adders of every cycle."""
        return tuple(
            Path(f"adders of cycle {cycle}", carries=bits)
            for cycle, bits in enumerate(self.pipeline.longest, 1)
        )

    @property
    def entrance(self) -> tuple[Path, ...]:
        """The first cycle reads the word as it comes."""
        return self.paths[:1]

    @cached_property
    def instance(self) -> Instance:
        """A module of its own."""
        return Instance(KIND, {}, printed=Printed(KIND, self.pipeline))

    @property
    def comment(self) -> str:
        """Adders and cycles."""
        graph, stages = self.graph, self.pipeline.stages
        adders = len(graph.adders) + sum(graph.finished)
        weights = np.count_nonzero(self.blocks)
        cycles = f"{stages} cycle" + ("s" if stages > 1 else "")
        return f"{adders} adders of {graph.cost} bits in {cycles}, for {weights} weights"

    def _solved(self) -> AdderGraph:
        element, blocks = self.site.inputs[0].element, self.blocks
        bipolar = element.encoding is Encoding.BIPOLAR
        least, most = (0, 1) if bipolar else (element.low, element.high)
        ends = [np.full(blocks.shape[2], end, dtype=np.int64) for end in (least, most)]
        known: dict[bytes, AdderGraph] = {}
        for block in blocks:
            if block.tobytes() not in known:
                known[block.tobytes()] = adder_graph(block, ends[0], ends[1])
        graph = side_by_side([known[block.tobytes()] for block in blocks])
        graph = _placed(graph, *self.places)
        if not bipolar:
            return graph
        # x = 2 b - 1 for a bit b.
        doubled = tuple(None if term is None else term.times(1) for term in graph.outputs)
        rows = np.empty(len(doubled), dtype=np.int64)
        rows[self.places[0].ravel()] = blocks.sum(axis=2).ravel()
        return replace(graph, outputs=doubled, constants=tuple((-rows).tolist()))


class AdderKernel(Kernel[O]):
    """Every weight is in the adders: a pixel per cycle, all inputs and outputs at once.

    The parameter `registers` puts them behind every four adders that follow each other, with 1
    behind every two, with 2 behind each.
    """

    name = "adder_graph"
    rigid: ClassVar[bool] = True
    stand_in: ClassVar[bool] = True
    packages: ClassVar[tuple[str, ...]] = (SOLVER,)
    most_registers: ClassVar[int] = len(PER_CYCLE) - 1

    @abstractmethod
    def weights(self, site: Site[O]) -> IntArray:
        """Of the op, in any shape."""

    def unable(self, site: Site[O]) -> str | None:
        """Matrices beyond what is worth solving, and a solver that is not there."""
        weights = self.weights(site)
        count, bits = np.count_nonzero(weights), int(np.abs(weights).max()).bit_length() + 1
        if count > MOST_WEIGHTS:
            return f"it would add {count:,} weights, more than {MOST_WEIGHTS:,}"
        if bits > MOST_WEIGHT_BITS:
            return f"its weights have {bits} bits, more than {MOST_WEIGHT_BITS}"
        if not solver_is_there():
            return f'its solver, {SOLVER}, is not installed: pip install "hwcompile[adders]"'
        return None

    def worth_a_try(self, site: Site[O]) -> bool:
        """See `Kernel.worth_a_try`."""
        weights = self.weights(site)
        enough = np.count_nonzero(weights) >= LEAST_WEIGHTS
        return bool(enough) and digits_of_matrix(weights) <= UNASKED_DIGITS

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """There are no parameters but `registers`."""
        names = sorted(parameters)
        return f"adder graphs have no parameters but registers, not {names}" if names else None


def _placed(graph: AdderGraph, outputs: IntArray, inputs: IntArray) -> AdderGraph:
    """The graph with inputs and outputs in the places of channels."""
    places, count = inputs.ravel(), graph.inputs
    low, high = np.empty_like(graph.low), np.empty_like(graph.high)
    low[places], high[places] = graph.low, graph.high
    names = [*places.tolist(), *range(count, count + len(graph.adders))]
    adders = tuple(
        replace(
            adder,
            left=replace(adder.left, node=names[adder.left.node]),
            right=replace(adder.right, node=names[adder.right.node]),
        )
        for adder in graph.adders
    )
    leaving = dict(zip(outputs.ravel().tolist(), graph.outputs, strict=True))
    terms = [leaving[channel] for channel in range(len(leaving))]
    renamed = tuple(None if t is None else replace(t, node=names[t.node]) for t in terms)
    return AdderGraph(low, high, adders, renamed)


def _pixel_words(kind: TensorType) -> StreamFormat:
    return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)
