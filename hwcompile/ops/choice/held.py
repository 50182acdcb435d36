"""The result of the frame that was taken last, kept and given again."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.choice.op import Hold
from hwcompile.ops.choice.words import BuiltChoice, ChoiceKernel, Ways
from hwcompile.ops.contract.instance import Instance, Word
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.timing import Timing


class Holding(BuiltChoice[Hold]):
    """A memory of a frame's words."""

    @cached_property
    def timing(self) -> Timing:
        """Of a frame that is taken."""
        return self.way((True,))

    @cached_property
    def by_truth(self) -> Ways:
        """One that is not taken waits for nothing but its truth."""
        return {True: self.timing, False: self.way((False,))}

    @property
    def _kept(self) -> Memory:
        return Memory(self.words, self.ports.inputs[0].bits, MemoryKind.QUEUE)

    @property
    def needs(self) -> Resources:
        """The memory, and what goes by it while it is written; the start; control."""
        kept, control = self._kept, self.counter + 8
        lut = kept.width + self.ports.output.bits + control
        logic = Resources(lut=lut, adders=self.counter, ff=self.counter + 5)
        return logic + memory(kept.depth, kept.width, MemoryKind.QUEUE)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; the start behind the memory."""
        return (CONTROL, Path("start", 1, memory=self._kept))

    @property
    def instance(self) -> Instance:
        """Of `hw_hold`."""
        old, new = self.site.inputs[0].element, self.site.outputs[0].element
        return Instance(
            "hw_hold",
            {
                "Words": self.words,
                "Lanes": self.number("parallel"),
                "InWidth": old.bits,
                "OutWidth": new.bits,
                "Recoding": recoding(old, new),
                "TruthBits": self.site.inputs[1].element.bits,
                "Start": Word(new.bits, int(new.encode(np.array([self.op.start]))[0])),
            },
        )

    @property
    def comment(self) -> str:
        """What is kept."""
        return f"{self.words} words of the frame taken last; before the first one, {self.op.start}"


class Held(ChoiceKernel[Hold]):
    """Gives the words of a frame that is taken and keeps them; gives them again for others.

    Parameters:
        parallel: Channels per word, a divisor of all.
    """

    name = "held"
    op = Hold
    built = Holding
