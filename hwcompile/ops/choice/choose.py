"""The way back from two branches: words of the one that a frame went to."""

from __future__ import annotations

from functools import cached_property

from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.choice.op import Choose
from hwcompile.ops.choice.words import BuiltChoice, ChoiceKernel, Ways
from hwcompile.ops.contract.instance import Each, Instance
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.timing import Timing


class Choosing(BuiltChoice[Choose]):
    """A multiplexer in front of a register."""

    @cached_property
    def timing(self) -> Timing:
        """Of a frame that waits for both branches, which none does: no frame takes longer."""
        return self.way((True, True))

    @cached_property
    def by_truth(self) -> Ways:
        """Words of one branch."""
        return {True: self.way((True, False)), False: self.way((False, True))}

    @property
    def needs(self) -> Resources:
        """The multiplexer, the output register, a counter of words, two flags."""
        out = self.ports.output.bits
        return Resources(lut=out + self.counter + 8, adders=self.counter, ff=out + self.counter + 3)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control, which chooses among the inputs."""
        return (CONTROL,)

    @property
    def instance(self) -> Instance:
        """Of `hw_choose`."""
        *branches, truth = (kind.element for kind in self.site.inputs)
        new = self.site.outputs[0].element
        return Instance(
            "hw_choose",
            {
                "Words": self.words,
                "Lanes": self.number("parallel"),
                "Widths": Each(tuple(element.bits for element in branches)),
                "Recodings": Each(tuple(recoding(element, new) for element in branches)),
                "InBits": sum(element.bits for element in branches),
                "OutWidth": new.bits,
                "TruthBits": truth.bits,
            },
            packed=True,
        )

    @property
    def comment(self) -> str:
        """How many words."""
        return f"{self.words} words of the branch that the frame took"


class Chosen(ChoiceKernel[Choose]):
    """Gives the words of one of two streams, as the frame's truth says.

    Parameters:
        parallel: Channels per word, a divisor of all.
    """

    name = "choose"
    op = Choose
    built = Choosing
