"""A gate: words of a frame pass, or are taken and dropped."""

from __future__ import annotations

from functools import cached_property

from hwcompile.ops.choice.op import Enter
from hwcompile.ops.choice.words import BuiltChoice, ChoiceKernel, Ways
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.timing import Timing


class Dropping(BuiltChoice[Enter]):
    """A register and a flag."""

    @cached_property
    def timing(self) -> Timing:
        """Of a frame that passes."""
        return self.way((True,))

    @cached_property
    def by_truth(self) -> Ways:
        """A frame that does not pass goes as fast."""
        return {self.op.when: self.timing, not self.op.when: self.way((True,), gives=False)}

    @property
    def needs(self) -> Resources:
        """The output register, a counter of words, two flags."""
        return Resources(
            lut=self.counter + 6, adders=self.counter, ff=self.ports.output.bits + self.counter + 3
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control."""
        return (CONTROL,)

    @property
    def instance(self) -> Instance:
        """Of `hw_gate`."""
        return Instance(
            "hw_gate",
            {
                "Words": self.words,
                "Bits": self.ports.output.bits,
                "TruthBits": self.site.inputs[1].element.bits,
                "When": self.op.when,
            },
        )

    @property
    def comment(self) -> str:
        """Which frames pass."""
        return f"frames whose truth is {int(self.op.when)} pass, {self.words} words each"


class Drop(ChoiceKernel[Enter]):
    """Takes a word per cycle, and passes it on where the frame's truth says so.

    Parameters:
        parallel: Channels per word, a divisor of all.
    """

    name = "drop"
    op = Enter
    built = Dropping
