"""Memory images and costs that sparse engines share: those of `hw_sparse_collect`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.sparse.collecting import Collection
from hwcompile.sparse.encodings import index_width
from hwcompile.sparse.packing import Packing


def collect_image(
    packings: Sequence[Packing], collections: Sequence[Collection], slots: int
) -> MemoryImage:
    """Rows of {free, emit, lanes x {use, pe, slot}}, group after group."""
    slot_bits, pe_bits = index_width(slots), index_width(packings[0].pes)
    lane_bits = slot_bits + pe_bits + 1
    images = []
    for packing, collection in zip(packings, collections, strict=True):
        segment = collection.segment
        # A lane that takes nothing, -1, finds the zero at the end: a group may have no sums at all.
        slot, pe = (np.append(of, 0)[segment] for of in (packing.slot, packing.pe))
        lane = slot | pe << slot_bits
        lane = np.where(segment >= 0, lane | 1 << (lane_bits - 1), 0)
        free = np.arange(collection.cycles) == collection.cycles - 1
        flags = collection.emit + 2 * free.astype(np.int64)
        images.append(np.concatenate([_bits(lane, lane_bits), _bits(flags[:, None], 2)], axis=1))
    rows = np.concatenate(images)
    lanes = (rows.shape[1] - 2) // lane_bits
    lane_parts = (LanePart(slot_bits), LanePart(pe_bits), LanePart(1))
    return MemoryImage.pack(rows, 1, parts=(*lane_parts * lanes, LanePart(1), LanePart(1)))


def mux_levels(count: int) -> int:
    """Register stages of `hw_mux_tree`."""
    return max(((count - 1).bit_length() + 1) // 2, 1)


def mux_choices(count: int) -> int:
    """Choices of one among four that choose one among `count`."""
    total = 0
    while True:
        count = -(-count // 4)
        total += count
        if count == 1:
            return total


def _bits(values: IntArray, width: int) -> IntArray:
    """Numbers [rows, n] as bits, least significant first, [rows, n * width]."""
    planes = (values[:, :, None] >> np.arange(width)) & 1
    return planes.reshape(values.shape[0], -1)
