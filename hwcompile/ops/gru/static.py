"""The engine with one static schedule per time step, for GRUs."""

from __future__ import annotations

from functools import lru_cache

from hwcompile.ops.contract.instance import Name
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.recurrent.cell import Cell, CellProgram, CellTable, Gate, Latencies
from hwcompile.ops.recurrent.engine import Engine
from hwcompile.ops.recurrent.images import signed_bits
from hwcompile.ops.recurrent.numbers import signed_width
from hwcompile.ops.recurrent.static import Static


class GruEngine(Engine[Gru]):
    """An engine with the cells of a GRU."""

    @property
    def cell(self) -> Cell:
        """Two gates, and a candidate in two parts."""
        return cell_of(self.op)


class GruStatic(Static[Gru]):
    """As for LSTMs; see `Static`."""

    op = Gru
    built = GruEngine

    def cell(self, op: Gru) -> Cell:
        """Two gates, and a candidate in two parts."""
        return cell_of(op)


@lru_cache(maxsize=64)
def cell_of(op: Gru) -> Cell:
    """A GRU as an engine sees it: m is the reset state r h, y is the state h.

    The candidate needs the sums over x and over h apart, so it counts as two gates. A reset before
    the matrix makes the second of them a sum over m: then both belong to a second phase.
    """
    before = not op.reset_after
    return Cell(
        inputs=op.inputs,
        gates=(
            Gate(op.bias[0], x=op.wx[0], y=op.wr[0]),
            Gate(op.bias[1], x=op.wx[1], y=op.wr[1]),
            Gate(op.bias[2], x=op.wx[2], second=before),
            Gate(op.bias[3], m=op.wr[2], second=True) if before else Gate(op.bias[3], y=op.wr[2]),
        ),
        program=_program(op),
        result=op.h_type,
        m_type=op.h_type,
        x_shift=op.x_shift,
        y_shift=op.r_shift,
        keep=op.keep,
        channels=op.channels,
        takes_state=op.takes_state,
    )


def _program(op: Gru) -> CellProgram:
    """`hw_gru_cell`, or `hw_gru_reset_cell`."""
    tables = {
        "Sigma": CellTable(op.sigma, 2),
        "Candidate": CellTable(op.candidate, 1),
    }
    latencies = Latencies(m=15, y=4) if op.reset_after else Latencies(m=8, y=11)
    return CellProgram(_fields(op), tables, latencies, narrow=2, wide=1)


def _fields(op: Gru) -> dict[str, bool | int | Name]:
    bits = signed_width(op.h_type)
    return {
        "kind": Name("hw_rnn_cell", "Gru" if op.reset_after else "GruReset"),
        "c_bits": bits,
        "m_bits": bits,
        "sigma_bits": signed_bits(op.sigma),
        "candidate_bits": signed_bits(op.candidate),
        "sigma_index": op.sigma.size.bit_length() - 1,
        "candidate_index": op.candidate.size.bit_length() - 1,
        "sigma_shift": op.table_shifts[0],
        "candidate_shift": op.table_shifts[1],
        "input_shift": op.h_shifts[0],
        "forget_shift": op.h_shifts[1],
        "c_shift": op.h_shifts[2],
        "c_low": op.h_type.low,
        "c_high": op.h_type.high,
        "half_up": op.rounding == "half_up",
        "n_shift": op.n_shift,
        "reset_shift": op.reset_shift,
        "one": op.one,
    }
