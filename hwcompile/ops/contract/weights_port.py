"""Weights in external memory: what a kernel says of them, and what reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwcompile.ops.contract.external_memory import MOST_BITS, PREFETCH, ExternalMemory, bus_bits
from hwcompile.ops.contract.instance import Word
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.site import Parameters

ON_CHIP, EXTERNAL = "on_chip", "external"
"""Values of the parameter `weights`; the first is meant where it is missing."""

PARAMETERS = ("weights", "prefetch")
"""What a schedule may say about weights. A planner says it where it may use external memory."""

MOST_ROWS = 1 << 16


def is_external(parameters: Parameters) -> bool:
    """Whether weights are read from external memory."""
    return parameters.get("weights", ON_CHIP) == EXTERNAL


@dataclass(frozen=True)
class WeightsPort:
    """How a core gets its weights: parts of its `Instance`.

    Attributes:
        memories: The image, when it is on the chip.
        constants: Ports that are tied off then.
        unused: Likewise.
        external: The image, when it is not.
    """

    memories: Mapping[str, MemoryImage]
    constants: Mapping[str, Word]
    unused: tuple[str, ...]
    external: ExternalMemory | None


def weights_port(
    image: MemoryImage, parameter: str, parameters: Parameters, passes: int
) -> WeightsPort:
    """The port `weights` of a core, and the memory `parameter` it has without.

    Args:
        image: A row for each cycle.
        parameter: Of the core's module: the file with the image.
        parameters: Of the kernel.
        passes: How often a frame takes all rows.
    """
    if not is_external(parameters):
        # Constants have a width: for others, Yosys reads the stage anew and forgets its attributes.
        tied = {"weights_valid_i": Word(1, 0), "weights_data_i": Word(image.width, 0)}
        return WeightsPort({parameter: image}, tied, ("weights_ready_o",), None)
    external = ExternalMemory(image, passes, int(parameters.get("prefetch", PREFETCH)))
    return WeightsPort({}, {}, (), external)


def weights_comment(parameters: Parameters, rows: int, bits: int) -> str:
    """The rest of a line about a core whose weights are so many rows of so many bits."""
    if not is_external(parameters):
        return ""
    beat = bus_bits(bits) // 8
    return f"; {rows * beat:,} bytes of weights by AXI4, {beat} per cycle"


def weights_held(parameters: Parameters, rows: int, bits: int) -> Memory:
    """What rows of weights are read from: a memory of all of them, or the prefetch FIFO."""
    if not is_external(parameters):
        return Memory(rows, bits)
    return Memory(int(parameters.get("prefetch", PREFETCH)), bits, MemoryKind.RAM)


def weights_memory(parameters: Parameters, rows: int, bits: int) -> Resources:
    """A memory of weights on the chip, or what reads them from external memory instead."""
    if not is_external(parameters):
        return memory(rows, bits)
    prefetch = memory(int(parameters.get("prefetch", PREFETCH)), bits, MemoryKind.RAM)
    # Of the reader: addresses, lengths, places and waiting cycles are counted.
    return prefetch + Resources(lut=150, adders=120, ff=bits + 150, traffic=bus_bits(bits) / 8)


def with_external(parameters: Parameters) -> Parameters:
    """The parameters of a kernel whose weights are read from external memory instead."""
    return {**parameters, "weights": EXTERNAL}


def why_not(
    parameters: Parameters, row_bits: Callable[[], int], less: str = "fewer PEs"
) -> str | None:
    """Why weights can not be where the parameters say; None when they can.

    Args:
        parameters: Of a kernel.
        row_bits: Bits of all weights that are needed in one cycle.
        less: What makes these fewer.
    """
    where = parameters.get("weights", ON_CHIP)
    if where not in (ON_CHIP, EXTERNAL):
        return f"weights is {where!r}, which is neither '{ON_CHIP}' nor '{EXTERNAL}'"
    if where == ON_CHIP:
        return "prefetch needs weights = 'external'" if "prefetch" in parameters else None
    rows = parameters.get("prefetch", PREFETCH)
    if not isinstance(rows, int) or not 4 <= rows <= MOST_ROWS:
        return f"prefetch is {rows!r}, which is no number of rows from 4 to {MOST_ROWS}"
    bits = row_bits()
    if bus_bits(bits) > MOST_BITS:
        return (
            f"a cycle needs {bits} bits of weights, and an AXI4 port brings {MOST_BITS} at most; "
            f"use {less}"
        )
    return None
