"""Small layers of truth tables with every encoding on both sides."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.truth_table.op import TruthTable


def examples() -> tuple[Site, ...]:
    """Signed, unsigned and bipolar numbers; several pixels; neurons that read less than others."""
    return (
        random_site((1, 1, 5), IntType(0, 3), 4, 3, IntType(0, 3)),
        random_site((2, 3, 4), IntType(-2, 1), 3, 2, IntType(-4, 3)),
        random_site((1, 2, 6), BIPOLAR, 5, 4, BIPOLAR),
        random_site((1, 1, 3), IntType(-1, 1), 7, 2, IntType(0, 5)),
        random_site((1, 1, 2), IntType(0, 1), 1, 1, IntType(0, 1)),
    )


def random_site(
    shape: tuple[int, int, int], element: IntType, neurons: int, fan_in: int, result: IntType
) -> Site[TruthTable]:
    """Random tables of random inputs; every third neuron reads one input less."""
    rng = np.random.default_rng(neurons)
    sources = np.stack([rng.permutation(shape[2])[:fan_in] for _ in range(neurons)])
    if fan_in > 1:
        sources[2::3, -1] = -1
    values = rng.choice(result.values(), size=(neurons, element.levels**fan_in))
    op = TruthTable(sources.astype(np.int64), values.astype(np.int64), result)
    return Site.of(op, TensorType(shape, element))
