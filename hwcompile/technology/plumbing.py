"""What stands between the kernels: output FIFOs, controllers of pipes, the link to the host."""

from __future__ import annotations

from collections.abc import Sequence

from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory

FIFO = "stage.fifo"
ISSUE = "stage.issue"
LINK = "board.link"
"""Their names in calibration files."""

PACKET = Memory(256, 8, MemoryKind.APART)
"""What the link keeps of a packet in each direction."""


def fifo_resources(width: int, depth: int, *, block: bool) -> Resources:
    """An output FIFO (`hw_credit_fifo`): registers for one or two places, a memory beyond."""
    count = depth.bit_length()
    credit = Resources(lut=count + 2, adders=count, ff=count)
    if not block and depth <= 2:
        return credit + Resources(lut=width * (depth - 1), ff=depth * (width + 1))
    pointer = (depth - 1).bit_length()
    control = Resources(lut=2 * pointer, adders=2 * pointer, ff=2 * pointer + 1)
    kind = MemoryKind.APART if block else MemoryKind.QUEUE
    return credit + control + memory(depth, width, kind) + Resources(ff=float(block))


def issue_resources(inputs: int) -> Resources:
    """The controller in front of pipes (`hw_issue`)."""
    return Resources(lut=2.0 * inputs)


def port_resources(bits: int) -> Resources:
    """The link's converter between bytes and words of so many bits."""
    whole = 8.0 * -(-bits // 8)
    return Resources(lut=whole + 8, ff=whole + 8)


def link_resources(inputs: Sequence[int], outputs: Sequence[int]) -> Resources:
    """The link to the host with a converter for every port.

    Args:
        inputs: Bits of a word of each input.
        outputs: The same of each output.
    """
    ports = sum((port_resources(bits) for bits in (*inputs, *outputs)), Resources())
    return ports + Resources(memories=(PACKET, PACKET))
