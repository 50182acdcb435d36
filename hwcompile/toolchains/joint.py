"""How the boards of a system are joined: serial lines from board to board, in numbers.

A board asks the next one as a host would, with the packets of the host's link (`hw_link_ask`,
`hw_link`), over a line that is as fast as the receiver allows. No adapter is between them, so a
short pause ends a packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hwcompile.families.flow import TOP
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site, StreamFormat
from hwcompile.ops.width.op import Width
from hwcompile.technology.model import Need

CLOCKS_PER_BIT = 8
"""Of the line between two boards; fewer do not leave room for their clocks' difference."""

BYTE = 10 * CLOCKS_PER_BIT
"""Clocks of a byte, start and stop bit included."""

GAP_CLOCKS = 4 * BYTE
"""A pause so long ends a packet."""

IDLE_CLOCKS = 16
"""Clocks for which an output may be silent before an answer leaves."""

LONGEST = 255
"""Bytes of the longest payload."""

FRAMING = 11
"""Bytes of a packet beside its payload."""

WAIT_CLOCKS = LONGEST * (IDLE_CLOCKS + 4) + GAP_CLOCKS + 4 * BYTE
"""Clocks without a byte after which a request is repeated: no board collects longer."""

QUEUE = 512
"""Bytes that wait for a design, or for the board that asks: one block RAM of an iCE40."""

TURN = 58
"""Clocks of an exchange in which neither line is busy: the last bytes' stop bits end early, and
checks, the wait for a silent output and the first bytes take their time."""

NEXT = Need(lut=480, ff=295, bram=2, loose=40)
"""What asking the next board takes (`hw_next_board`, synthesized for iCE40)."""

PREVIOUS = Need(lut=100, ff=62, bram=2)
"""What the bytes that wait on both sides of a design take (two `hw_fifo`, likewise)."""


@dataclass(frozen=True)
class NextBoard:
    """The line to the next board.

    Attributes:
        ident: What that board must say about itself, sixteen hexadecimal digits.
    """

    ident: str
    clocks_per_bit: int = CLOCKS_PER_BIT
    gap_clocks: int = GAP_CLOCKS
    wait_clocks: int = WAIT_CLOCKS


@dataclass(frozen=True)
class Joint:
    """A board's place in a system.

    Attributes:
        module: Name of the board's top level.
        next: The line to the next board; None for the last one.
        arrives: The words in which the board before sends what this design takes; None where a
            host is before it.
        takes: The words in which this design takes them.
    """

    module: str = TOP
    next: NextBoard | None = None
    arrives: StreamFormat | None = None
    takes: StreamFormat | None = None

    @property
    def previous(self) -> bool:
        """The board is asked by another one, not by a host."""
        return self.arrives is not None

    @property
    def arrives_bytes(self) -> int:
        """Bytes of a word that arrives."""
        return -(-self.arrives.bits // 8) if self.arrives else 0

    @property
    def gearbox(self) -> dict[str, int]:
        """Parameters of the `hw_gearbox` that cuts these into those; empty where they are alike."""
        have, want = self.arrives, self.takes
        if have is None or want is None or have.same_words(want):
            return {}
        op = Width(have.size, have.parallel, want.size, want.parallel)
        site = Site.of(op, TensorType((1, 1, have.vectors * have.size), have.element))
        kernel = family("width").kernels[0]
        values = kernel.at(site, next(iter(kernel.space(site)))).instance.parameters
        return {name: int(str(value)) for name, value in values.items()}

    @property
    def queue(self) -> int:
        """Bytes that wait on each side of the design behind the link, 0 for none."""
        return QUEUE if self.previous else 0


ALONE = Joint()
"""A board with a host and no other board."""


def exchange_clocks(sent: int, returned: int) -> Fraction:
    """Clocks of the line for a frame, when it never waits and all its packets are full.

    A request and its answer follow each other, so bytes of both count.

    Args:
        sent: Bytes of a frame that go to the next board.
        returned: Bytes of its result that come back.
    """
    exchanges = Fraction(max(sent, returned), LONGEST)
    return exchanges * (2 * FRAMING * BYTE + TURN) + (sent + returned) * BYTE
