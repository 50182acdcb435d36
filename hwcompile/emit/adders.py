"""View-models of adder graphs: names of sums, and what every line adds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ops.arithmetic.adders.graph import Adder, Term
from hwcompile.ops.arithmetic.adders.pipeline import AdderPipeline
from hwcompile.ops.contract.instance import Word

_SHOWN = 5
"""Inputs of a sum that a comment names."""


@dataclass(frozen=True)
class Operand:
    """A sum that is read, in bits to the left."""

    name: str
    shift: int


@dataclass(frozen=True)
class SumView:
    """`(first ± second) >> drop` in `width` bits; the lowest `passed` are those of `first`.

    Attributes:
        name: Of the result.
        bits: Of the result.
        signed: Whether the result is in two's complement.
        first: Is added.
        second: Is added, or subtracted if `minus`.
        meaning: In inputs.
    """

    name: str
    bits: int
    signed: bool
    width: int
    first: Operand
    second: Operand
    minus: bool
    passed: int
    drop: int
    meaning: str


@dataclass(frozen=True)
class InputView:
    """A lane of the word that comes."""

    name: str
    lane: int
    bits: int
    signed: bool


@dataclass(frozen=True)
class RegisterView:
    """A sum one cycle later."""

    name: str
    source: str
    bits: int
    signed: bool


@dataclass(frozen=True)
class OutputView:
    """A lane of the word that leaves: `constant ± source`; None for no source.

    Attributes:
        name: Of what an adder behind the node makes; empty without one.
    """

    lane: int
    source: Operand | None
    minus: bool
    constant: Word
    name: str


@dataclass(frozen=True)
class CycleView:
    """What is added in a cycle, and what registers hold behind it."""

    sums: tuple[SumView, ...]
    registers: tuple[RegisterView, ...]


@dataclass(frozen=True)
class AddersView:
    """A pipeline of adders: what templates print.

    Attributes:
        sums: All, by names without cycles, for languages without registers.
        leaving: Outputs of these names.
    """

    in_lanes: int
    in_bits: int
    out_lanes: int
    out_bits: int
    stages: int
    adders: int
    adder_bits: int
    inputs: tuple[InputView, ...]
    cycles: tuple[CycleView, ...]
    outputs: tuple[OutputView, ...]
    sums: tuple[SumView, ...]
    leaving: tuple[OutputView, ...]

    @property
    def finished(self) -> tuple[OutputView, ...]:
        """Outputs with an adder of their own, in the last cycle."""
        return tuple(output for output in self.outputs if output.name)


def adders_view(facts: object) -> AddersView:
    """The view of an `AdderPipeline`.

    Raises:
        InternalError: For anything else.
    """
    if not isinstance(facts, AdderPipeline):
        raise InternalError(f"{type(facts).__name__} is no pipeline of adders")
    graph = facts.graph
    namer, plain = _Namer(facts), _Namer(facts, delayed=False)
    return AddersView(
        in_lanes=graph.inputs,
        in_bits=facts.in_bits,
        out_lanes=len(graph.outputs),
        out_bits=facts.out_bits,
        stages=facts.stages,
        adders=len(graph.adders) + sum(graph.finished),
        adder_bits=graph.cost,
        inputs=namer.inputs(),
        cycles=tuple(map(namer.cycle, range(facts.stages))),
        outputs=namer.outputs(),
        sums=plain.sums(range(facts.stages)),
        leaving=plain.outputs(),
    )


class _Namer:
    """Sums are called after their place; if `delayed`, `_d2` is what one was two cycles ago."""

    def __init__(self, pipeline: AdderPipeline, *, delayed: bool = True) -> None:
        self.pipeline, self.graph, self.delayed = pipeline, pipeline.graph, delayed

    def name(self, node: int, cycle: int) -> str:
        """Of a node that is read in a cycle."""
        inputs = self.graph.inputs
        base = f"x{node}" if node < inputs else f"s{node - inputs}"
        later = cycle - self.pipeline.cycles[node]
        return f"{base}_d{later}" if later and self.delayed else base

    def inputs(self) -> tuple[InputView, ...]:
        """Those that are read."""
        graph = self.graph
        pairs = enumerate(zip(graph.types[: graph.inputs], graph.bits, strict=False))
        return tuple(InputView(f"x{i}", i, bits, t.signed) for i, (t, bits) in pairs if bits)

    def cycle(self, number: int) -> CycleView:
        """Sums and registers of a cycle."""
        pipeline, graph = self.pipeline, self.graph
        registers = tuple(
            RegisterView(
                self.name(at, number + 1), self.name(at, number), graph.bits[at], kind.signed
            )
            for at, kind in enumerate(graph.types)
            if pipeline.cycles[at] <= number < pipeline.last[at] and graph.bits[at]
        )
        return CycleView(self.sums([number]), registers)

    def sums(self, cycles: Collection[int]) -> tuple[SumView, ...]:
        """Those of some cycles, in the order of nodes."""
        graph, places = self.graph, self.pipeline.cycles
        return tuple(
            self._sum(at, adder, places[at])
            for at, adder in enumerate(graph.adders, graph.inputs)
            if places[at] in cycles
        )

    def outputs(self) -> tuple[OutputView, ...]:
        """All, in order."""
        graph, stages = self.graph, self.pipeline.stages
        constants = graph.constants or (0,) * len(graph.outputs)
        found = []
        for lane, (term, constant) in enumerate(zip(graph.outputs, constants, strict=True)):
            word = Word.of(constant, self.pipeline.out_bits)
            if term is None:
                found.append(OutputView(lane, None, False, word, ""))
                continue
            more = graph.finished[lane]
            source = self._operand(term, stages - more)
            name = f"y{lane}" if more else ""
            found.append(OutputView(lane, source, term.minus, word, name))
        return tuple(found)

    def _sum(self, at: int, adder: Adder, cycle: int) -> SumView:
        graph = self.graph
        first, second = adder.terms if not adder.left.minus else adder.terms[::-1]
        if adder.passed and not second.minus and first.shift:
            first, second = second, first
        bits = graph.bits[at]
        return SumView(
            name=self.name(at, cycle),
            bits=bits,
            signed=graph.types[at].signed,
            width=bits + adder.drop,
            first=self._operand(first, cycle),
            second=self._operand(second, cycle),
            minus=second.minus,
            passed=adder.passed,
            drop=adder.drop,
            meaning=in_inputs(graph.vectors[at]),
        )

    def _operand(self, term: Term, cycle: int) -> Operand:
        return Operand(self.name(term.node, cycle), term.shift)


def in_inputs(weights: np.ndarray) -> str:
    """A sum of inputs as people write it: `x0 - 3 x5`; of many inputs, how many there are."""
    (places,) = np.nonzero(weights)
    if places.size > _SHOWN:
        return f"of {places.size} inputs"
    text = ""
    for place in places.tolist():
        weight = int(weights[place])
        sign = ("-" if weight < 0 else "") if not text else (" - " if weight < 0 else " + ")
        text += sign + (f"{abs(weight)} " if abs(weight) != 1 else "") + f"x{place}"
    return text
