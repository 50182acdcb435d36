"""A kernel at a site with its parameters: all answers about one piece of hardware."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic

from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import Multiplications, Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import REGISTERS, O_co, Parameters, Ports, Site
from hwcompile.ops.contract.timing import Timing

if TYPE_CHECKING:
    from hwcompile.ops.contract.kernel import AnyKernel


@dataclass(frozen=True, eq=False)
class Built(ABC, Generic[O_co]):
    """What a kernel makes of an op with legal parameters. `Kernel.at` makes it, once.

    Planners ask for `interval`, `lanes`, `needs` and `ports` of thousands of them, so each answer
    is computed when it is asked for, and kept; `timing` and `instance` can be large.

    Attributes:
        kernel: What builds it.
        site: The op with the types around it.
        parameters: Checked by the kernel.
    """

    kernel: AnyKernel
    site: Site[O_co]
    parameters: Parameters

    @property
    def op(self) -> O_co:
        """The op."""
        return self.site.op

    def number(self, name: str, default: int = 0) -> int:
        """A parameter that is a number."""
        return int(self.parameters.get(name, default))

    @property
    def registers(self) -> int:
        """How much is put into registers of its own for a fast clock (`Kernel.most_registers`)."""
        return self.number(REGISTERS)

    @property
    @abstractmethod
    def ports(self) -> Ports:
        """The stream formats at the inputs and at the output."""

    @property
    @abstractmethod
    def timing(self) -> Timing:
        """The exact timing. A pipe's actor takes and gives one word per phase of one cycle."""

    @property
    def by_truth(self) -> Mapping[bool, Timing]:
        """The timing of a frame by its truth, where frames take one of two ways; else nothing.

        The truth is the word of the last input. No frame takes longer than `timing` says.
        """
        return {}

    @property
    @abstractmethod
    def needs(self) -> Resources:
        """What it is made of, whatever the device; without the output FIFO."""

    @property
    @abstractmethod
    def instance(self) -> Instance:
        """The instance that implements the op."""

    @property
    @abstractmethod
    def comment(self) -> str:
        """One line about folding and arithmetic, for readers of emitted files and reports."""

    @property
    def circuit(self) -> str:
        """Under which name resource models know it; kernels may have several kinds of circuit."""
        return f"{self.op.family}.{self.kernel.name}"

    @property
    def paths(self) -> tuple[Path, ...]:
        """What may limit the clock, each in a cycle of its own."""
        return (CONTROL,)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """Paths that begin at an input's words: what lies between a FIFO and the first register.

        A choice among words, as for a register's enable, need not be said.
        """
        return ()

    @cached_property
    def interval(self) -> int:
        """Cycles per frame; equals `timing.interval`. Override where it is cheaper."""
        return self.timing.interval

    @property
    def lane_product(self) -> Multiplications | None:
        """What a lane multiplies, in a DSP block or in logic; None where it adds or shifts."""
        return None

    @property
    def added_bits(self) -> int:
        """Bits that are added in a cycle: as many as the output has for every lane."""
        return self.lanes * self.site.outputs[0].element.bits

    @property
    def lanes(self) -> int:
        """Multiply (or xnor, add/subtract) lanes working in parallel; 0 for other kernels."""
        return 0
