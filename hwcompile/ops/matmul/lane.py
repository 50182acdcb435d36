"""What kernels that multiply one weight and one activation per PE have in common."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.numbers import occurring
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul


@lru_cache(maxsize=256)
def row_counts(op: Matmul) -> tuple[IntArray, ...]:
    """Weights that are not zero in every row, for every group int64 [rows]."""
    return tuple(np.count_nonzero(op.weights, axis=2))


def most_entries(op: Matmul) -> int:
    """Weights that are not zero in the group that has most of them."""
    return int(max(counts.sum() for counts in row_counts(op)))


def stored_type(op: Matmul) -> IntType:
    """The type of weights in a program, where zero fills what is left over."""
    return occurring(op.weights, 0)


def style_names(site: Site[Matmul]) -> tuple[str, ...]:
    """The values of `style` that the types allow, besides auto."""
    return tuple(sorted(encoding.word for encoding in _lane_encodings(site)))


def lane_dot(site: Site[Matmul], wish: str) -> Dot:
    """The arithmetic of a lane; `wish` is `auto` or one of `style_names`."""
    for encoding in _lane_encodings(site):
        if wish in ("auto", encoding.word):
            return Dot(encoding)
    raise InternalError(f"the style '{wish}' was not checked")


def _lane_encodings(site: Site[Matmul]) -> tuple[WeightEncoding, ...]:
    """Those whose sums need no constant: a program's fillers have the weight zero."""
    found = encodings(stored_type(site.op), site.inputs[0].element)
    return tuple(encoding for encoding in found if encoding.plain)
