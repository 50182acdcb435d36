"""The kernel contract: what the compiler may ask about one way to build an op in hardware."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeAlias, TypeGuard

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.site import REGISTERS, Blocks, O, Parameters, Site


class Kernel(ABC, Generic[O]):
    """One way to build ops of a kind. Kernels are stateless; what they know is in the `Site`.

    A kernel is either a *core* or a *pipe* (`rigid`).

    Core: a controller that takes input words by valid/ready and starts output words when the
    output has room. Ports of its library module::

        input  wire logic clk_i, rst_ni,
        input  wire logic in0_valid_i,  output logic in0_ready_o,  input wire logic [..] in0_data_i,
        (in1_..., for two inputs; or one vector each for all inputs, see `Instance.packed`)
        input  wire logic out_ok_i,     // the output FIFO has room for one more word
        output logic      out_start_o,  // high in the cycle of the phase that starts a word
        output logic      out_valid_o,  // `stages` cycles after out_start_o
        output logic [..] out_data_o

    Between out_start_o and out_valid_o nothing stalls. `in*_ready_o` is high only in a cycle in
    which the phase fires, so it may depend on `in*_valid_i` and `out_ok_i` (never the reverse).

    Pipe: a pipeline without any control, one word out for each word in, `stages` cycles later. Its
    module has `clk_i, rst_ni, valid_i, data_i, valid_o, data_o`; with two operands data_i is
    {operand 1, operand 0}. Pipes are chained behind the core of the node before them, or behind
    the library module `hw_issue`, which takes one word of every input.

    Attributes:
        name: Of the kernel, in `schedule.toml`.
        op: The kind of op.
        built: What `at` makes.
        rigid: True for pipes.
        data_dependent: True when some data pass faster than the timing says; exact only for the
            slowest data. The planner takes such a kernel only when a schedule asks for it.
        reserve: True for a kernel that the planner looks at only where others are too slow for the
            target, where they leave room on a board, or where a schedule asks for it.
        stand_in: True for a kernel that the planner looks at only in the place of one with the same
            streams and cycles, where it takes less and is `worth_a_try`, or where a schedule asks
            for it. What such a kernel takes may be long to find out.
        external: True for a kernel whose weights may stand in external memory (`weights_port`).
        packages: Distributions that decide what it builds, besides those that every design needs.
        most_registers: Highest value of the parameter `registers`, which is 0 unless it is given.
            Each step up takes more cycles of latency and more flip-flops, for a faster clock; what
            is computed, and how often, stays the same.
    """

    name: ClassVar[str]
    op: type[O]
    built: type[Built[O]]
    rigid: ClassVar[bool] = False
    data_dependent: ClassVar[bool] = False
    reserve: ClassVar[bool] = False
    stand_in: ClassVar[bool] = False
    external: ClassVar[bool] = False
    packages: ClassVar[tuple[str, ...]] = ()
    most_registers: ClassVar[int] = 0

    def refuses(self, site: Site) -> str | None:
        """Why this kernel can not build the op at all; None when it can."""
        if not _is_of(site, self.op):
            return f"it builds {self.op.__name__}, not {type(site.op).__name__}"
        return self.unable(site)

    def unable(self, site: Site[O]) -> str | None:
        """Why it can not build this op of its kind, with any parameters; None when it can."""
        return None

    @abstractmethod
    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """Parameter sets worth considering, each legal, in a fixed order; never empty."""

    def space_in_order(self, site: Site[O], order: Blocks) -> Iterable[Parameters]:
        """Parameter sets worth considering whose input comes in an order; empty when none takes it.

        Sets of `space` that take it need not be among them.
        """
        return ()

    def space_of_pixels(self, site: Site[O]) -> Iterable[Parameters]:
        """Parameter sets worth considering whose words hold several pixels of a row.

        Such words hold all channels (`StreamFormat.of_rows`). Empty when there are none.
        """
        return ()

    def ways(self, site: Site[O], parameters: Parameters) -> Iterable[Parameters]:
        """Sets that differ from one of `space` in how products are made, and in latency, alone.

        Streams and cycles are the same. A planner that knows how many DSP blocks there are looks
        at them.
        """
        return ()

    def worth_a_try(self, site: Site[O]) -> bool:
        """Whether a `stand_in` is looked at unasked."""
        return True

    def encodings(self, site: Site[O]) -> Iterable[Parameters]:
        """Sets that say how weights are stored and multiplied; each goes with any of `space`.

        Some of them may not be legal (`complaint`), or not with every set.
        """
        return ({},)

    @abstractmethod
    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """Why a (hand-written) parameter set is not legal, in words; None when it is."""

    def complaint(self, site: Site[O], parameters: Parameters) -> str | None:
        """Why a parameter set is not legal (`check`), with the parameter `registers` or without."""
        own = {name: value for name, value in parameters.items() if name != REGISTERS}
        wish, most = parameters.get(REGISTERS, 0), self.most_registers
        if not isinstance(wish, int) or not 0 <= wish <= most:
            return f"registers must be a number from 0 to {most}, not {wish!r}"
        return self.check(site, own)

    def at(self, site: Site[O], parameters: Parameters) -> Built[O]:
        """The hardware for `site`; equal arguments give the same object while the op lives.

        Args:
            site: One that the kernel does not refuse.
            parameters: Legal ones (`complaint`).
        """
        # With the op, because planners ask for all foldings of it, and it ends with its graph.
        known: dict[Any, Built[O]] = site.op.__dict__.setdefault("_built", {})
        key = (self, site.inputs, site.outputs, *sorted(parameters.items()))
        if key not in known:
            known[key] = self.built(self, site, parameters)
        return known[key]


AnyKernel: TypeAlias = Kernel[Any]
"""A kernel of ops of some kind."""


def _is_of(site: Site, kind: type[O]) -> TypeGuard[Site[O]]:
    return isinstance(site.op, kind)
