"""What a sparse matrix costs on a number of PEs: cycles against the bound, bytes by encoding."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.sparse.encodings import cheapest, size_report
from hwcompile.sparse.packing import pack_rows
from hwcompile.sparse.rows import SparseRows


@dataclass(frozen=True)
class MatrixFigures:
    """Figures of a matrix on some PEs.

    Attributes:
        entries: Weights that are not zero.
        density: Their share of all weights.
        dead_rows: Rows without any.
        dead_columns: Columns without any.
        bound: ceil(entries / pes): cycles that no schedule beats.
        cycles: Entries of the fullest PE after packing, with rows split where needed.
        whole_rows: The same without splitting rows.
        interleaved: The same when row r belongs to PE r mod pes.
        utilisation: Share of the PEs' cycles that do an entry, after packing.
        split_rows: Segments beyond one per row.
        sizes: Bytes of the packed weights with indices, by encoding.
        chosen: The encoding with the least memory that has no fillers.
    """

    entries: int
    density: float
    dead_rows: int
    dead_columns: int
    bound: int
    cycles: int
    whole_rows: int
    interleaved: int
    utilisation: float
    split_rows: int
    sizes: dict[str, int]
    chosen: str


def matrix_figures(matrix: SparseRows, pes: int, weight_bits: int) -> MatrixFigures:
    """Pack a matrix that has an entry, and count."""
    packing = pack_rows(matrix.counts, pes)
    live = matrix.segments(packing)
    dead_columns = matrix.columns - len(set(matrix.column.tolist()))
    return MatrixFigures(
        entries=matrix.entries,
        density=matrix.entries / (matrix.rows * matrix.columns),
        dead_rows=packing.dead_rows.size,
        dead_columns=dead_columns,
        bound=packing.bound,
        cycles=packing.max_load,
        whole_rows=pack_rows(matrix.counts, pes, split=False).max_load,
        interleaved=max(int(matrix.counts[pe::pes].sum()) for pe in range(pes)),
        utilisation=packing.utilisation,
        split_rows=packing.row.size - (matrix.rows - packing.dead_rows.size),
        sizes=size_report(live, weight_bits),
        chosen=cheapest(live, weight_bits, fillers=False).kind,
    )
