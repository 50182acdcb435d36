"""Weights in external memory: an image that a core reads row by row, over and over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ops.memory_image import MemoryImage
from hwcompile.ops.needs import MemoryKind, Resources, memory
from hwcompile.ops.site import Parameters

LEAST_BITS, MOST_BITS = 32, 1024
"""Data widths of an AXI4 port that interconnects take."""

BOUNDARY = 4096
"""No burst crosses a multiple of so many bytes (AXI4 specification, A3.4.1)."""

BURST = 32
"""Beats of a burst, where the other limits allow it."""

PREFETCH = 128
"""Rows that have a place in the prefetch FIFO, unless a schedule says otherwise."""


@dataclass(frozen=True)
class ExternalMemory:
    """A row per beat of the narrowest data bus that holds it.

    Attributes:
        image: The rows; the core takes them on its port `weights`.
        prefetch: Rows that can be asked for ahead of their use.
    """

    image: MemoryImage
    prefetch: int = PREFETCH

    @property
    def data_bits(self) -> int:
        """Width of the data bus: a power of two."""
        return bus_bits(self.image.width)

    @property
    def burst_beats(self) -> int:
        """Beats of a burst: a power of two, a quarter of the places at most."""
        most = min(BURST, BOUNDARY * 8 // self.data_bits, max(self.prefetch // 4, 1))
        return 1 << (most.bit_length() - 1)

    @property
    def size(self) -> int:
        """Bytes of the image."""
        return self.image.depth * self.data_bits // 8

    def contents(self) -> bytes:
        """The image as it stands in memory: little-endian, rows padded to whole beats."""
        beats = np.zeros((self.image.depth, self.data_bits // 8), dtype=np.uint8)
        beats[:, : self.image.rows.shape[1]] = self.image.rows
        return beats.tobytes()


def bus_bits(row_bits: int) -> int:
    """The narrowest data bus that holds a row; may be wider than `MOST_BITS`."""
    return max(LEAST_BITS, 1 << (row_bits - 1).bit_length())


ON_CHIP, EXTERNAL = "on_chip", "external"
"""Values of the parameter `weights`; the first is meant where it is missing."""

PARAMETERS = ("weights", "prefetch")
"""What a schedule may say about weights; planners say nothing."""

MOST_ROWS = 1 << 16


def is_external(parameters: Parameters) -> bool:
    """Whether weights are read from external memory."""
    return parameters.get("weights", ON_CHIP) == EXTERNAL


@dataclass(frozen=True)
class WeightsPort:
    """How a core gets its weights: parts of its `Rendered`.

    Attributes:
        memories: The image, when it is on the chip.
        constants: Ports that are tied off then.
        unused: Likewise.
        external: The image, when it is not.
        comment: The rest of a line about the core.
    """

    memories: Mapping[str, MemoryImage]
    constants: Mapping[str, str]
    unused: tuple[str, ...]
    external: ExternalMemory | None
    comment: str


def weights_port(image: MemoryImage, parameter: str, parameters: Parameters) -> WeightsPort:
    """The port `weights` of a core, and the memory `parameter` it has without.

    Args:
        image: A row for each cycle.
        parameter: Of the core's module: the file with the image.
        parameters: Of the kernel.
    """
    if not is_external(parameters):
        # Constants have a width: for others, Yosys reads the stage anew and forgets its attributes.
        tied = {"weights_valid_i": "1'b0", "weights_data_i": f"{image.width}'b0"}
        return WeightsPort({parameter: image}, tied, ("weights_ready_o",), None, "")
    external = ExternalMemory(image, int(parameters.get("prefetch", PREFETCH)))
    beat = external.data_bits // 8
    comment = f"; {external.size:,} bytes of weights by AXI4, {beat} per cycle"
    return WeightsPort({}, {}, (), external, comment)


def weights_memory(parameters: Parameters, rows: int, bits: int) -> Resources:
    """A memory of weights on the chip, or what reads them from external memory instead."""
    if not is_external(parameters):
        return memory(rows, bits)
    prefetch = memory(int(parameters.get("prefetch", PREFETCH)), bits, MemoryKind.RAM)
    # Of the reader: addresses, lengths, places and waiting cycles are counted.
    return prefetch + Resources(lut=150, adders=120, ff=bits + 150)


def why_not(parameters: Parameters, row_bits: Callable[[], int]) -> str | None:
    """Why weights can not be where the parameters say; None when they can.

    Args:
        parameters: Of a kernel.
        row_bits: Bits of all weights that are needed in one cycle.
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
            "use fewer PEs"
        )
    return None
