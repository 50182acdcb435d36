"""The engine with one static schedule per time step, for LSTMs."""

from __future__ import annotations

from functools import lru_cache

from hwcompile.ops.contract.instance import Value
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.cell import Cell, Gate, Latencies, Program, Table
from hwcompile.ops.recurrent.engine import Engine
from hwcompile.ops.recurrent.images import signed_bits
from hwcompile.ops.recurrent.numbers import signed_width
from hwcompile.ops.recurrent.rounding import rounding_name
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
    )


def _program(op: Lstm) -> Program:
    """`hw_lstm_cell`."""
    tables = {
        "Sigma": Table(op.sigma, 3),
        "Candidate": Table(op.candidate, 1),
        "Squash": Table(op.squash, 1),
    }
    return Program(_parameters(op), tables, Latencies(m=15, y=4), narrow=6)


def _parameters(op: Lstm) -> dict[str, Value]:
    peephole_shifts = op.peephole_shifts if op.peeped else (0, 0, 0)
    tables = {"Sigma": op.sigma, "Candidate": op.candidate, "Squash": op.squash}
    return {
        "YBits": signed_width(op.y_type),
        "YShift": op.y_shift,
        "YLow": op.y_type.low,
        "YHigh": op.y_type.high,
        "CBits": signed_width(op.c_type),
        "MBits": signed_width(op.m_type),
        **{f"{name}Bits": signed_bits(table) for name, table in tables.items()},
        **{f"{name}Index": table.shape[-1].bit_length() - 1 for name, table in tables.items()},
        **{f"{n}Shift": s for n, s in zip(tables, op.table_shifts, strict=True)},
        **{f"PeepShift{n}": s for n, s in zip("IFO", peephole_shifts, strict=True)},
        "ForgetShift": op.cell_shifts[0],
        "InputShift": op.cell_shifts[1],
        "CShift": op.cell_shifts[2],
        "MShift": op.m_shift,
        "HalfUp": op.rounding == "half_up",
        "HalfEven": op.rounding == "half_even",
        "Lookup": rounding_name(op.lookup),
        "SigmaSlices": op.sigma.size // op.sigma.shape[-1],
        "Parts": bool(op.part_shifts),
        "ForgetPart": op.part_shifts[0] if op.part_shifts else 0,
        "InputPart": op.part_shifts[1] if op.part_shifts else 0,
        "CLow": op.c_type.low,
        "CHigh": op.c_type.high,
        "MLow": op.m_type.low,
        "MHigh": op.m_type.high,
    }
