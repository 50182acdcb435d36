"""The memory image of what the PEs of `hw_sparse_matvec` follow."""

from __future__ import annotations

from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.matmul.sparse_design import SparseDesign


def program_image(plan: SparseDesign, dot: Dot) -> MemoryImage:
    """Rows of {last, index, weight} for every PE."""
    weight, index, end = plan.entries()
    shift = dot.weight_bits
    stored, signed = dot.codes(weight)
    codes = stored | index << shift | end << (shift + plan.index_bits)
    parts = (LanePart(shift, signed), LanePart(plan.index_bits), LanePart(1))
    return MemoryImage.pack(codes, shift + plan.index_bits + 1, parts=parts)
