"""What options and the streams between them take of an FPGA, and one figure for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.choice import FREE, stream_sources
from hwcompile.schedule.choose.options import Option
from hwcompile.schedule.choose.widths import width_choice, width_site
from hwcompile.technology.design import DeviceBudget
from hwcompile.technology.model import Need, Technology, generic
from hwcompile.technology.plumbing import FIFO, LINK, fifo_resources, port_resources

FIFO_DEPTH = 6
"""Depth that is expected of FIFOs while foldings are compared."""

LANE_COST = 1.0
"""Of a lane, beside what it takes, in look-up tables: of two designs that take the same, the one
with fewer lanes is kept busier, and routes more easily."""

FF_COST = 0.1
"""Of a flip-flop, in look-up tables: most come behind one, and they are rarely short."""


@dataclass(frozen=True)
class Prices:
    """Look-up tables that one of each is worth.

    Attributes:
        ff: A flip-flop.
        bram: A block RAM.
        dsp: A DSP block that a way to make products takes beyond those of the usual way.
        scarce: Any DSP block.
        paired: Whether a flip-flop that no look-up table feeds takes a logic cell of its own.
        traffic: A byte per cycle from external memory.
    """

    ff: float
    bram: float
    dsp: float
    scarce: float
    paired: bool = False
    traffic: float = 0.0

    def of(self, need: Need, usual: float | None = None) -> float:
        """The cost of what takes so much.

        Args:
            need: Of an option, or of anything else.
            usual: DSP blocks of the option's usual way to make products; None for as many.
        """
        cells = need.lut + (need.loose if self.paired else 0.0)
        more = 0.0 if usual is None else max(need.dsp - usual, 0.0)
        blocks = self.bram * need.bram + self.dsp * more + self.scarce * need.dsp
        return cells + self.ff * need.ff + blocks + self.traffic * need.traffic


GENERIC_PRICES = Prices(ff=FF_COST, bram=288.0, dsp=0.0, scarce=128.0)
"""Where no board is named, in look-up tables of six inputs.

A block RAM of 36 kbit is worth a look-up table per 128 bits: three fifths of the look-up tables
that an Artix-7 has for each. A DSP block is worth what it displaces: a product of 8 x 8 bits takes
about so much in logic (`Need.soft`), and half of the look-up tables that there are for each.
"""


def prices_of(budget: DeviceBudget, blocks: float) -> Prices:
    """Prices on a device while nothing of it is short.

    Args:
        budget: The device.
        blocks: Price of all its block RAMs, as a share of that of all its look-up tables; that of
            external memory is the same.
    """
    have = budget.capacities
    block, more = blocks * have.lut / max(have.bram, 1), have.lut / max(have.dsp, 1)
    byte = blocks * have.lut / budget.traffic if budget.traffic else 0.0
    return Prices(FF_COST, block, more, 0.0, budget.rules.paired, byte)


class Needs:
    """What the options of a graph take by a model; every answer is computed once.

    Behind a node that several others read, one FIFO counts, where a plan has one for each of them.
    """

    def __init__(self, graph: Graph, model: Technology) -> None:
        self.model = model
        self._origin = stream_sources(graph)
        self._inputs = frozenset(graph.inputs)
        self._joined = _followed_by_pipes(graph)
        # Options are kept so that their identities stay their own.
        self._options: dict[int, tuple[Option, Need]] = {}
        self._joints: dict[tuple[int, ...], Need] = {}
        self._fifos: dict[int, Need] = {}

    def of(self, node: Node, option: Option) -> Need:
        """Of an option, with the FIFO behind it unless a pipe follows in the same stage."""
        known = self._options.get(id(option))
        if known is None:
            known = self._options[id(option)] = (option, self._of(node, option))
        return known[1]

    def _of(self, node: Node, option: Option) -> Need:
        built = option.built
        need = self.model.need(built.circuit, built.needs)
        if node.name not in self._joined:
            need += self.fifo(built.ports.output)
        for value, form in zip(node.inputs, built.ports.inputs, strict=True):
            if self._origin[value] in self._inputs:
                need += self.fifo(form) + self.model.need(LINK, port_resources(form.bits))
        return need

    def joint(self, have: StreamFormat, want: StreamFormat) -> Need:
        """Of a gearbox with its FIFO, or of nothing."""
        if have.same_words(want):
            return Need()
        key = (have.size, have.parallel, want.size, want.parallel, have.element.bits)
        if key not in self._joints:
            kind = TensorType((1, have.vectors, have.size), have.element)
            site = width_site(kind, have, want)
            choice = width_choice(site)
            gearbox = family("width").kernel(choice.kernel).at(site, choice.parameters)
            need = self.model.need(gearbox.circuit, gearbox.needs)
            self._joints[key] = need + self.fifo(want)
        return self._joints[key]

    def fifo(self, form: StreamFormat) -> Need:
        """Of the FIFO that words go through."""
        if form.bits not in self._fifos:
            made_of = fifo_resources(form.bits, FIFO_DEPTH, block=False)
            self._fifos[form.bits] = self.model.need(FIFO, made_of)
        return self._fifos[form.bits]


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


@dataclass(frozen=True)
class Costs:
    """Costs of a choice, in look-up tables.

    Attributes:
        option: Of an option of a node.
        joint: Of joining a producer's stream to a consumer's; nothing where the words are the same,
            and never below zero.
    """

    option: Callable[[Node, Option], float]
    joint: Callable[[StreamFormat, StreamFormat], float]


def generic_costs(graph: Graph) -> Costs:
    """Where no board is named: what the generic FPGA's model says, at `GENERIC_PRICES`."""
    needs = Needs(graph, generic())
    known: dict[int, float] = {}

    def option_cost(node: Node, option: Option) -> float:
        if id(option) not in known:
            lanes = LANE_COST * option.built.lanes
            known[id(option)] = GENERIC_PRICES.of(needs.of(node, option)) + lanes
        return known[id(option)]

    return Costs(option_cost, lambda have, want: GENERIC_PRICES.of(needs.joint(have, want)))
