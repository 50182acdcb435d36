"""The engine with one static schedule per time step, for LSTMs."""

from __future__ import annotations

from functools import lru_cache

from hwcompile.ops.contract.instance import Name
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.cell import Cell, CellProgram, CellTable, Gate, Latencies
from hwcompile.ops.recurrent.engine import Engine
from hwcompile.ops.recurrent.images import signed_bits
from hwcompile.ops.recurrent.numbers import signed_width
from hwcompile.ops.recurrent.static import Static


class LstmEngine(Engine[Lstm]):
    """An engine with the cells of an LSTM."""

    @property
    def cell(self) -> Cell:
        """Four gates over x and y, and perhaps a projection of m."""
        return cell_of(self.op)


class LstmStatic(Static[Lstm]):
    """See `Static`."""

    op = Lstm
    built = LstmEngine

    def cell(self, op: Lstm) -> Cell:
        """Four gates over x and y, and perhaps a projection of m."""
        return cell_of(op)


@lru_cache(maxsize=64)
def cell_of(op: Lstm) -> Cell:
    """An LSTM as an engine sees it. The constants of a unit are its peepholes."""
    return Cell(
        inputs=op.inputs,
        gates=tuple(Gate(op.bias[g], x=op.wx[g], y=op.wr[g]) for g in range(4)),
        program=_program(op),
        result=op.result,
        m_type=op.m_type,
        x_shift=op.x_shift,
        y_shift=op.r_shift,
        keep=op.keep,
        channels=op.channels,
        constants=tuple(op.peepholes),
        projection=op.projection if op.projected else None,
        c_type=op.c_type,
        takes_state=op.takes_state,
        gives_state=op.gives_state,
    )


def _program(op: Lstm) -> CellProgram:
    """`hw_lstm_cell`."""
    tables = {
        "Sigma": CellTable(op.sigma, 3),
        "Candidate": CellTable(op.candidate, 1),
        "Squash": CellTable(op.squash, 1),
    }
    latencies = Latencies(m=15, y=4)
    return CellProgram(_fields(op), tables, latencies, narrow=6, lookup=op.lookup)


def _fields(op: Lstm) -> dict[str, bool | int | Name]:
    peephole_shifts = op.peephole_shifts if op.peeped else (0, 0, 0)
    tables = {"sigma": op.sigma, "candidate": op.candidate, "squash": op.squash}
    return {
        "kind": Name("hw_rnn_cell", "Lstm"),
        "y_bits": signed_width(op.y_type),
        "y_shift": op.y_shift,
        "y_low": op.y_type.low,
        "y_high": op.y_type.high,
        "c_bits": signed_width(op.c_type),
        "m_bits": signed_width(op.m_type),
        **{f"{name}_bits": signed_bits(table) for name, table in tables.items()},
        **{f"{name}_index": table.shape[-1].bit_length() - 1 for name, table in tables.items()},
        **{f"{n}_shift": s for n, s in zip(tables, op.table_shifts, strict=True)},
        **{f"peep_shift_{n}": s for n, s in zip("ifo", peephole_shifts, strict=True)},
        "forget_shift": op.cell_shifts[0],
        "input_shift": op.cell_shifts[1],
        "c_shift": op.cell_shifts[2],
        "m_shift": op.m_shift,
        "half_up": op.rounding == "half_up",
        "half_even": op.rounding == "half_even",
        "sigma_slices": op.sigma.size // op.sigma.shape[-1],
        "parts": bool(op.part_shifts),
        "forget_part": op.part_shifts[0] if op.part_shifts else 0,
        "input_part": op.part_shifts[1] if op.part_shifts else 0,
        "c_low": op.c_type.low,
        "c_high": op.c_type.high,
        "m_low": op.m_type.low,
        "m_high": op.m_type.high,
    }
