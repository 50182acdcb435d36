"""The kernel contract: everything the compiler may ask about one way to build an op in hardware."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from hwcompile.ops.external import ExternalMemory
from hwcompile.ops.memory_image import MemoryImage
from hwcompile.ops.needs import Memory, Product, Resources
from hwcompile.ops.site import Parameters, Ports, Site
from hwcompile.ops.timing import Timing

__all__ = ["ExternalMemory", "Kernel", "Memory", "MemoryImage", "Product", "Rendered", "Resources"]


@dataclass(frozen=True)
class Rendered:
    """A core or pipe as an instance of a module of `templates/library`.

    Attributes:
        module: Name of the library module; its file is `<module>.sv`, in whose text
            the emitter finds what it instantiates.
        parameters: SystemVerilog parameter name to value; strings are printed as they are
            (for example `8'h3f`), integers as decimal numbers.
        memories: Name of the parameter that takes a memory file's name, to its contents.
        comment: One line about folding and arithmetic for the reader of the emitted file.
        constants: Input ports of a core that nothing in this design drives, and their values.
        unused: Output ports of a core, of one bit, that nothing in this design reads.
        external: Rows that a core takes, over and over, on its port `weights_valid_i`,
            `weights_ready_o`, `weights_data_i`, from external memory. `weights_ready_o` is high
            exactly when a row is wanted, whether it is there or not.
    """

    module: str
    parameters: Mapping[str, int | str]
    memories: Mapping[str, MemoryImage] = field(default_factory=dict)
    comment: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    external: ExternalMemory | None = None


class Kernel(ABC):
    """One way to build ops of a family. Kernels are stateless; what they know is in the `Site`.

    A kernel is either a *core* or a *pipe* (`rigid`).

    Core: a controller that takes input words by valid/ready and starts output words when the
    output has room. Ports of its library module::

        input  wire logic clk_i, rst_ni,
        input  wire logic in0_valid_i,  output logic in0_ready_o,  input wire logic [..] in0_data_i,
        (in1_..., for two inputs)
        input  wire logic out_ok_i,     // the output FIFO has room for one more word
        output logic      out_start_o,  // high in the cycle of the phase that starts a word
        output logic      out_valid_o,  // `stages` cycles after out_start_o
        output logic [..] out_data_o

    Between out_start_o and out_valid_o nothing stalls. `in*_ready_o` is high only in a cycle in
    which the phase fires, so it may depend on `in*_valid_i` and `out_ok_i` (never the reverse).

    Pipe: a pipeline without any control, one word out for each word in, `stages` cycles later. Its
    module has `clk_i, rst_ni, valid_i, data_i, valid_o, data_o`; with two operands data_i is
    {operand 1, operand 0}. Pipes are chained behind the core of the node before them, or behind
    the library module `hw_issue`, which takes one word from every input.
    """

    name: ClassVar[str]
    rigid: ClassVar[bool] = False

    data_dependent: ClassVar[bool] = False
    """True when some data pass faster than `timing` says; exact only for the slowest data. The
    planner takes such a kernel only when a schedule asks for it."""

    @abstractmethod
    def refuses(self, site: Site) -> str | None:
        """Why this kernel can not build the op at all; None when it can."""

    @abstractmethod
    def space(self, site: Site) -> Iterable[Parameters]:
        """Parameter sets worth considering, each legal, in a fixed order; never empty."""

    @abstractmethod
    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Why a (hand-written) parameter set is not legal, in words; None when it is."""

    @abstractmethod
    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """The stream formats at the inputs and at the output."""

    @abstractmethod
    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """The exact timing. A pipe's actor takes and gives one word per phase of one cycle."""

    @abstractmethod
    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """What it is made of, whatever the device; without the output FIFO."""

    def circuit(self, site: Site, parameters: Parameters) -> str:
        """Under which name resource models know it; kernels may have several kinds of circuit."""
        return f"{site.op.family}.{self.name}"

    @abstractmethod
    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """The instance that implements the op."""

    def interval(self, site: Site, parameters: Parameters) -> int:
        """Cycles per frame; equals `timing(...).interval`. Override where it is cheaper."""
        return self.timing(site, parameters).interval

    def lanes(self, site: Site, parameters: Parameters) -> int:
        """Multiply (or xnor, add/subtract) lanes working in parallel; 0 for other kernels."""
        return 0
