"""What `report.json` holds of the power that a design takes."""

from __future__ import annotations

from typing import Literal

import msgspec

from hwcompile.build_directory.fields import Count, Positive


class LayerPower(msgspec.Struct, frozen=True):
    """What a layer takes for a frame, as estimated.

    Attributes:
        name: Of the stage.
        net_bits: Bits of all its nets.
        changes_per_frame: Bits that change in a frame, on average over the run.
        nj_per_frame: Of these changes, on the FPGA, and of reads of memories. Nanojoule.
    """

    name: str
    net_bits: Count
    changes_per_frame: float
    nj_per_frame: float


class PowerReport(msgspec.Struct, frozen=True):
    """What a design takes that computes frame after frame, as estimated from a simulation.

    Attributes:
        board: The board's id.
        clock_mhz: The clock. MHz.
        frames: Frames whose changes were counted.
        layers: In stream order; the last one is what belongs to no layer.
        changes_per_frame: Bits that change in a frame, in the whole design.
        clock_nj_per_frame: Of the clock network. Nanojoule.
        nj_per_frame: Of the layers and the clock network. Nanojoule.
        dynamic_mw: The same at the clock, in frames as fast as the design takes them. Milliwatts.
        static_mw: Of the FPGA's core while nothing changes; null where it is not known.
            Milliwatts.
        factor: By so much the dynamic figures may be larger or smaller.
        source: Where energies are from.
        cells: Whether layers have the cells that synthesis counted, or those that are predicted.
    """

    board: str
    clock_mhz: float
    frames: Positive
    layers: list[LayerPower]
    changes_per_frame: float
    clock_nj_per_frame: float
    nj_per_frame: float
    dynamic_mw: float
    static_mw: float | None
    factor: float
    source: str
    cells: Literal["synthesized", "predicted"]
