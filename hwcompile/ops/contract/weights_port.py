"""Weights that come from external memory: what a kernel says of them, and what reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hwcompile.ops.contract.external_memory import MOST_BITS, PREFETCH, ExternalMemory, bus_bits
from hwcompile.ops.contract.instance import Word
from hwcompile.ops.contract.loaded_memory import (
    KINDS,
    PLAIN,
    SMALLEST,
    LoadedMemory,
    loaded,
    loader,
    unable,
)
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import Parameters

ON_CHIP, EXTERNAL, LOADED = "on_chip", "external", "loaded"
"""Values of the parameter `weights`; the first is meant where it is missing."""

PARAMETERS = ("weights", "prefetch")
"""What a schedule may say about weights. A planner says it where it may use external memory."""

LOADABLE = (*PARAMETERS, "image")
"""The same, of kernels whose weights may be loaded."""

MOST_ROWS = 1 << 16


def is_external(parameters: Parameters) -> bool:
    """Whether rows of weights come in, from external memory or from what was loaded from there."""
    return parameters.get("weights", ON_CHIP) != ON_CHIP


def is_loaded(parameters: Parameters) -> bool:
    """Whether weights are loaded into a memory on the chip, once."""
    return parameters.get("weights", ON_CHIP) == LOADED


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
    prefetch = int(parameters.get("prefetch", PREFETCH))
    if is_loaded(parameters):
        kind = str(parameters.get("image", SMALLEST))
        return WeightsPort({}, {}, (), loaded(image, prefetch, kind))
    return WeightsPort({}, {}, (), ExternalMemory(image, passes, prefetch))


def weights_comment(
    parameters: Parameters, rows: int, bits: int, read: Callable[[], ExternalMemory | None]
) -> str:
    """The rest of a line about a core whose weights are so many rows of so many bits.

    Args:
        parameters: Of the kernel.
        rows: Of weights.
        bits: Of a row.
        read: What is read, asked where it is loaded.
    """
    if not is_external(parameters):
        return ""
    found = read() if is_loaded(parameters) else None
    if isinstance(found, LoadedMemory):
        return f"; loaded once from {found.size:,} bytes ({found.kind})"
    beat = bus_bits(bits) // 8
    return f"; {rows * beat:,} bytes of weights by AXI4, {beat} per cycle"


def weights_held(parameters: Parameters, rows: int, bits: int) -> Memory:
    """What rows of weights are read from: a memory of all of them, or the prefetch FIFO."""
    if is_loaded(parameters):
        return Memory(max(rows, 2), bits, MemoryKind.APART)
    if not is_external(parameters):
        return Memory(rows, bits)
    return Memory(int(parameters.get("prefetch", PREFETCH)), bits, MemoryKind.RAM)


def weights_memory(
    parameters: Parameters, rows: int, bits: int, read: Callable[[], ExternalMemory | None]
) -> Resources:
    """A memory of weights on the chip, or what reads them from external memory instead.

    Args:
        parameters: Of the kernel.
        rows: Of weights.
        bits: Of a row.
        read: What is read, asked where it is loaded.
    """
    if not is_external(parameters):
        return memory(rows, bits)
    if is_loaded(parameters):
        found = read()
        return loader(found) if isinstance(found, LoadedMemory) else Resources()
    prefetch = memory(int(parameters.get("prefetch", PREFETCH)), bits, MemoryKind.RAM)
    # Of the reader: addresses, lengths, places and waiting cycles are counted.
    return prefetch + Resources(lut=150, adders=120, ff=bits + 150, traffic=bus_bits(bits) / 8)


def with_external(parameters: Parameters) -> Parameters:
    """The parameters of a kernel whose weights are read from external memory instead."""
    return {**parameters, "weights": EXTERNAL}


def loading_paths(parameters: Parameters) -> tuple[Path, ...]:
    """The slowest way of what loads weights: from a window of bits to how many are taken."""
    if not is_loaded(parameters):
        return ()
    if parameters.get("image", SMALLEST) == PLAIN:
        return (Path("window", 5),)
    return (Path("decoder", 5, (12,)),)


def why_not(
    parameters: Parameters,
    row_bits: Callable[[], int],
    less: str = "fewer PEs",
    lane: Callable[[], int] | None = None,
) -> str | None:
    """Why weights can not be where the parameters say; None when they can.

    Args:
        parameters: Of a kernel.
        row_bits: Bits of all weights that are needed in one cycle.
        less: What makes these fewer.
        lane: Bits of what a row holds for a lane; None where weights can not be loaded.
    """
    where = parameters.get("weights", ON_CHIP)
    known = (ON_CHIP, EXTERNAL) if lane is None else (ON_CHIP, EXTERNAL, LOADED)
    if where not in known:
        return f"weights is {where!r}, which is neither {' nor '.join(map(repr, known))}"
    if where != LOADED and "image" in parameters:
        return f"image needs weights = '{LOADED}'"
    if where == ON_CHIP:
        needed = f"prefetch needs weights = {' or '.join(map(repr, known[1:]))}"
        return needed if "prefetch" in parameters else None
    rows = parameters.get("prefetch", PREFETCH)
    if not isinstance(rows, int) or not 4 <= rows <= MOST_ROWS:
        return f"prefetch is {rows!r}, which is no number of rows from 4 to {MOST_ROWS}"
    if where == LOADED and lane is not None:
        return _no_image(parameters.get("image", SMALLEST), lane())
    bits = row_bits()
    if bus_bits(bits) > MOST_BITS:
        return (
            f"a cycle needs {bits} bits of weights, and an AXI4 port brings {MOST_BITS} at most; "
            f"use {less}"
        )
    return None


def _no_image(kind: object, bits: int) -> str | None:
    """Why lanes of so many bits have no image of a kind; None when they do."""
    if kind == SMALLEST:
        return None
    if kind not in KINDS:
        known = ", ".join(f"'{name}'" for name in KINDS)
        return f"image is {kind!r}, which is neither '{SMALLEST}' nor one of {known}"
    return unable(str(kind), bits)
