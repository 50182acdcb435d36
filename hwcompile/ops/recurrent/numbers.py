"""Parameters of an engine that are the same kind of number for every cell."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ir.types import IntType
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.recurrent.cell import Cell
from hwcompile.ops.recurrent.images import widths
from hwcompile.ops.recurrent.layout import Layout
from hwcompile.ops.recurrent.op import Recurrent
from hwcompile.ops.site import Site


@dataclass(frozen=True)
class SignalBits:
    """Widths of an engine's signals.

    Attributes:
        x: Format of an element of x.
        element: Bits of an element of x, y or m, as two's complement.
        total: Bits of the sum of a row of weights.
        widest: Bits of the widest signal of the element-wise part.
    """

    x: IntType
    element: int
    total: int
    widest: int

    @staticmethod
    def of(site: Site[Recurrent], cell: Cell) -> SignalBits:
        """Those of a cell at a site."""
        x = site.inputs[0].element
        limit = site.op.bounds(x)
        element = max(signed_width(kind) for kind in (x, cell.result, cell.m_type))
        return SignalBits(x, element, limit.largest_sum.bit_length() + 1, limit.widest)


def signed_width(kind: IntType) -> int:
    """Bits of a type as two's complement."""
    return kind.bits + (0 if kind.signed else 1)


def place_bits(layout: Layout) -> int:
    """Bits of a place."""
    return max((layout.places - 1).bit_length(), 1)


def numbers(layout: Layout, bits: SignalBits) -> dict[str, Value]:
    """Parameters about sizes and formats of the engine and its lanes."""
    cell, width = layout.cell, widths(layout)
    return {
        "XSize": cell.inputs,
        "XBits": bits.x.bits,
        "XSigned": bits.x.signed,
        "OutSize": cell.outputs,
        "OutBits": cell.result.bits,
        "WBits": width.weight,
        "SkipBits": width.skip,
        "XShift": cell.x_shift,
        "RShift": cell.y_shift,
        "PlaceBits": place_bits(layout),
        "StateWords": layout.places // layout.lanes,
        "MBase": layout.m_base,
        "YWord": layout.state_base // layout.lanes,
        "MWord": layout.m_base // layout.lanes,
        "Units": layout.units.depth,
        "Rows": layout.rows.depth,
        "ThingBits": width.thing,
        "AccBits": bits.total,
        "ActBits": bits.element,
        "Projected": cell.two_phases,
        "ZBits": bits.widest,
        "BiasBits": width.bias,
        "PeepBits": width.constant,
    }
