"""The memory images of a recurrent engine: its programs, the units' constants, its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.recurrent.arithmetic import engine_dot
from hwcompile.ops.recurrent.cell import CONSTANTS, GATES, Cell
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.simulation import StepSchedule

Fields = Sequence[tuple[IntArray, LanePart]]
"""Numbers int64 [depth, columns] and what each is; negative ones in two's complement."""


@dataclass(frozen=True)
class Widths:
    """Bits of the fields of the programs.

    Attributes:
        weight: A weight, as programs store it.
        skip: An entry's column; a segment's first entry, that of the others has one bit more.
        pe: A PE of a lane.
        thing: A cell unit or a projection row of a lane.
        bias: A bias, signed.
        constant: Another constant of a unit, signed.
    """

    weight: int
    skip: int
    pe: int
    thing: int
    bias: int
    constant: int

    @property
    def entry(self) -> int:
        """Bits of an entry."""
        return self.weight + self.skip + 2


def signed_bits(*arrays: IntArray) -> int:
    """Bits of the narrowest two's complement type that holds all elements."""
    low = min((int(a.min(initial=0)) for a in arrays), default=0)
    high = max((int(a.max(initial=0)) for a in arrays), default=0)
    return max((-low - 1).bit_length() if low < 0 else 0, high.bit_length()) + 1


def widths(layout: EngineLayout) -> Widths:
    """The widths that `layout` needs."""
    cell = layout.cell
    return Widths(
        weight=engine_dot(layout).weight_bits,
        skip=layout.skip_bits,
        pe=max((layout.pes_per_lane - 1).bit_length(), 1),
        thing=max((max(layout.units.depth, layout.rows.depth) - 1).bit_length(), 1),
        bias=signed_bits(*(gate.bias for gate in cell.gates)),
        constant=signed_bits(*cell.constants),
    )


def images(layout: EngineLayout, schedule: StepSchedule) -> dict[str, MemoryImage]:
    """All images, by the name of the parameter that takes the file."""
    tables = layout.cell.program.tables
    return {
        "EntryFile": entry_image(layout, schedule),
        **engine_dot(layout).book_image,
        "ControlFile": _control_image(layout, schedule),
        "UnitFile": _unit_image(layout),
        "OrderFile": _order_image(layout),
        **{f"{name}File": table_image(table.values) for name, table in tables.items()},
    }


def table_image(table: IntArray) -> MemoryImage:
    """A table [N], one element per row; or tables [n, N] side by side."""
    return pack_fields([(np.atleast_2d(table).T, LanePart(signed_bits(table), signed=True))], 1)


def pack_fields(fields: Fields, lane: int) -> MemoryImage:
    """Rows of the fields side by side, the first in the least significant bits.

    Args:
        fields: Those of all lanes.
        lane: Numbers of a lane.
    """
    planes = [
        ((codes[:, :, None] >> np.arange(part.bits)) & 1)
        .astype(np.uint8)
        .reshape(codes.shape[0], -1)
        for codes, part in fields
    ]
    flat = np.concatenate(planes, axis=1)
    parts = [part for codes, part in fields for _ in range(codes.shape[1])]
    rows = np.packbits(flat, axis=1, bitorder="little")
    return MemoryImage(flat.shape[1], rows, tuple(parts[:lane]))


def entry_image(layout: EngineLayout, schedule: StepSchedule) -> MemoryImage:
    """The PEs' programs: row t holds the entry of each PE in cycle t, {flag, last, skip, w}.

    The flag of a segment's first entry says that it is over m, and is one more bit of the skips of
    the others. A cycle without an entry has one of weight 0 that stays at its place; in front of
    a segment it is its first entry.
    """
    width = widths(layout)
    codes = np.zeros((schedule.cycles, layout.pes), dtype=np.int64)
    dot, far, flag = engine_dot(layout), 1 << width.skip, 1 << (width.entry - 1)
    signed = False
    for number, lane in enumerate(schedule.lanes):
        # In the order of the PEs, for the waiting entries in front of a segment are looked for.
        for done in sorted(lane.done, key=lambda done: int(done.issue[0])):
            part = done.segment
            column = number * layout.pes_per_lane + part.pe
            begin = int(done.issue[0])
            while begin > 0 and codes[begin - 1, column] == 0:
                begin -= 1
            stored, signed = dot.codes(part.weights)
            code = stored | (part.skips % far) << width.weight
            code += np.where(part.skips >= far, flag, 0)
            code[-1] |= 1 << (width.weight + width.skip)
            codes[done.issue, column] = code
            codes[begin, column] |= flag if part.over_m else 0
    weight, skip = LanePart(width.weight, signed), LanePart(width.skip)
    parts = (weight, skip, LanePart(1), LanePart(1))
    return MemoryImage.pack(codes, width.entry, parts=parts)


def _control_image(layout: EngineLayout, schedule: StepSchedule) -> MemoryImage:
    """The lanes' programs: which sum is taken when, and what is complete with it."""
    cell, width = layout.cell, widths(layout)
    names = ("thing", "pe", "gate", "slot", "use", "first", "final", "second", "valid")
    bits = (width.thing, width.pe, 2, 1, 1, 1, 1, 1, 1)
    table = {name: np.zeros((schedule.cycles, layout.lanes), dtype=np.int64) for name in names}
    for number, lane in enumerate(schedule.lanes):
        for done in lane.done:
            part = done.segment
            values = (
                part.thing, part.pe, part.gate, done.slot, 1, done.first, done.final,
                part.second, 1,
            )  # fmt: skip
            for name, value in zip(names, values, strict=True):
                table[name][done.take - schedule.delay - 1, number] = value
        for bare in lane.bare:
            empty = (bare.thing, 0, cell.first_gate(bare.second), 0, 0, 1, 1, bare.second, 1)
            for name, value in zip(names, empty, strict=True):
                table[name][bare.take - schedule.delay - 1, number] = value
    return pack_fields(
        [
            (table[name][:, [lane]], LanePart(count))
            for lane in range(layout.lanes)
            for name, count in zip(names, bits, strict=True)
        ],
        len(names),
    )


def _unit_image(layout: EngineLayout) -> MemoryImage:
    """Row r holds, for each lane, what its unit r needs: dead gates, biases, constants."""
    cell, units, width = layout.cell, layout.units, widths(layout)
    fields: list[tuple[IntArray, LanePart]] = []
    for lane in range(layout.lanes):
        things = units.things(lane)
        for array, part in (
            (_dead(cell), LanePart(1)),
            (_stacked([g.bias for g in cell.gates], GATES, cell), LanePart(width.bias, True)),
            (_stacked(cell.constants, CONSTANTS, cell), LanePart(width.constant, True)),
        ):
            rows = np.zeros((units.depth, array.shape[0]), dtype=np.int64)
            rows[: things.size] = array[:, things].T
            fields.append((rows, part))
    return pack_fields(fields, 2 * GATES + CONSTANTS)


def _stacked(columns: Sequence[IntArray], count: int, cell: Cell) -> IntArray:
    """Numbers of the units side by side, int64 [count, C]; zeros for those that are not there."""
    array = np.zeros((count, cell.units), dtype=np.int64)
    for row, column in zip(array, columns, strict=False):
        row[:] = column
    return array


def _dead(cell: Cell) -> IntArray:
    """1 for each gate of a unit that has no weights at all, int64 [GATES, C]."""
    dead = np.ones((GATES, cell.units), dtype=np.int64)
    dead[: len(cell.gates)] = [gate.entries == 0 for gate in cell.gates]
    return dead


def _order_image(layout: EngineLayout) -> MemoryImage:
    """Row r says where element r of the output is: {lane, place within the lane}.

    Elements of c follow, if they travel; their lanes count from `lanes` on.
    """
    cell, rows, units = layout.cell, layout.rows, layout.units
    ranks, lanes, sources = rows.rank, rows.lane, layout.lanes
    if cell.ordered > cell.outputs:
        ranks = np.concatenate([ranks, units.rank])
        lanes = np.concatenate([lanes, units.lane + layout.lanes])
        sources = 2 * layout.lanes
    lane_bits = max((sources - 1).bit_length(), 1)
    thing, lane = LanePart(widths(layout).thing), LanePart(lane_bits)
    return pack_fields([(ranks[:, None], thing), (lanes[:, None], lane)], 2)
