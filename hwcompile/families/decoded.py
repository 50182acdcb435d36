"""What a packed bitstream says, read back to cells."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


class DecodeError(Exception):
    """The bits say something that can not be followed."""


@dataclass(frozen=True)
class Decoded:
    """What a bitstream holds.

    Attributes:
        verilog: Its cells as Verilog; the module is called like the board's top level.
        pll: Frequency that a PLL makes of the oscillator's, when one is in use.
    """

    verilog: str
    pll: Fraction | None
