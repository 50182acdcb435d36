"""Constants that broadcast against a tensor, as rows of a chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode


def spread(
    shape: tuple[int, ...], arrays: Sequence[Array], node: SourceNode
) -> tuple[list[Array], Array | None]:
    """Constants that broadcast against a tensor, as rows.

    Returns:
        The constants [1 or R] and, for each element of the tensor (flat), its row; None when
        there is one row.

    Raises:
        CompileError: HW0204 when they do not broadcast.
    """
    arrays = [np.asarray(a) for a in arrays]
    flat = [a.reshape(-1) for a in arrays]
    if all(f.size and np.all((f == f[0]) | (f != f)) for f in flat):
        return [f[:1] for f in flat], None
    try:
        common = limited(np.broadcast_shapes(*(a.shape for a in arrays)), node.origin)
        numbers = np.arange(int(np.prod(common))).reshape(common)
        row_of = np.broadcast_to(numbers, shape).reshape(-1)
    except ValueError as error:
        raise fail(
            "HW0204",
            f"the parameters of this quantizer do not fit a tensor of shape {list(shape)}",
            str(error),
            "give them one number, or one per channel with the other axes 1",
            node.origin,
        ) from error
    return [np.broadcast_to(a, common).reshape(-1) for a in arrays], row_of
