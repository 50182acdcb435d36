"""Parameters of an engine that are the same kind of number for every cell."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ir.types import IntType
from hwcompile.ops.contract.instance import Struct
from hwcompile.ops.contract.site import Site
from hwcompile.ops.recurrent.arithmetic import engine_dot
from hwcompile.ops.recurrent.cell import Cell
from hwcompile.ops.recurrent.images import widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.op import Recurrent


@dataclass(frozen=True)
class SignalBits:
    """Widths of an engine's signals.

    Attributes:
        x: Format of an element of x.
        element: Bits of an element of x, y or m, as two's complement.
        total: Bits of the sum of a row of weights.
        widest: Bits of the widest signal of the element-wise part.
        state: Formats of y and c that come in; of one where c is y, of none without.
    """

    x: IntType
    element: int
    total: int
    widest: int
    state: tuple[IntType, ...] = ()

    @staticmethod
    def of(site: Site[Recurrent], cell: Cell) -> SignalBits:
        """Those of a cell at a site."""
        x = site.inputs[0].element
        limit = site.op.bounds(x)
        element = max(signed_width(kind) for kind in (x, cell.result, cell.m_type))
        state = tuple(k.element for k in site.inputs[1:]) if cell.takes_state else ()
        return SignalBits(x, element, limit.largest_sum.bit_length() + 1, limit.widest, state)


def signed_width(kind: IntType) -> int:
    """Bits of a type as two's complement."""
    return kind.bits + (0 if kind.signed else 1)


def place_bits(layout: EngineLayout) -> int:
    """Bits of a place."""
    return max((layout.places - 1).bit_length(), 1)


def shape(layout: EngineLayout) -> Struct:
    """How many of what there are, and where they stand."""
    cell = layout.cell
    fields = {
        "x_size": cell.inputs,
        "out_size": cell.sent,
        "place_bits": place_bits(layout),
        "state_words": layout.places // layout.lanes,
        "m_base": layout.m_base,
        "y_word": layout.state_base // layout.lanes,
        "m_word": layout.m_base // layout.lanes,
        "cell_units": layout.units.depth,
        "rows": layout.rows.depth,
        "thing_bits": widths(layout).thing,
        "projected": cell.two_phases,
        "y_size": cell.outputs,
        "order_rows": cell.ordered,
        "takes_state": cell.takes_state,
        "gives_state": cell.gives_state,
    }
    return Struct("hw_rnn_lane", "shape", fields)


def formats(layout: EngineLayout, bits: SignalBits) -> Struct:
    """Numbers of the PEs."""
    cell, width = layout.cell, widths(layout)
    dot = engine_dot(layout, bits.element)
    encoding = dot.encoding
    fields = {
        "x_bits": bits.x.bits,
        "x_signed": bits.x.signed,
        "out_bits": cell.sent_type.bits,
        "w_bits": dot.operand_bits,
        "code_bits": dot.code_bits,
        "w_signed": encoding.stored_signed,
        "product_bits": encoding.product_bits,
        "skip_bits": width.skip,
        "x_shift": cell.x_shift,
        "r_shift": cell.y_shift,
        "acc_bits": bits.total,
        "act_bits": bits.element,
    }
    for name, kind in zip(("y0", "c0"), bits.state, strict=False):
        fields |= {f"{name}_bits": kind.bits, f"{name}_signed": kind.signed}
    if cell.takes_state and len(bits.state) == 1:
        fields["c0_bits"] = 1  # of an input that is not there
    return Struct("hw_rnn_lane", "format", fields)


def pipeline(layout: EngineLayout, bits: SignalBits) -> Struct:
    """What the element-wise pipeline computes."""
    width = widths(layout)
    fields = {
        "z_bits": bits.widest,
        "bias_bits": width.bias,
        "peep_bits": width.constant,
        **layout.cell.program.fields,
    }
    return Struct("hw_rnn_cell", "cell", fields)
