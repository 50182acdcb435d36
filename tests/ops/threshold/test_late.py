"""Lines whose steps may come one value late: right on every value, for every row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.multiplier import solve_late

ORACLE = "this project"
ORACLE_REASON = "a line and its late steps are held to the thresholds on every value"


def late_levels(factor: int, bias: int, shift: int, late: IntArray, x: IntArray) -> list[int]:
    """`level - late[level - 1]` where x is the first value with that level, by trying all."""
    plain = [min(max((int(v) * factor + bias) >> shift, 0), late.size) for v in x]
    before = [min(max((int(x[0] - 1) * factor + bias) >> shift, 0), late.size), *plain]
    return [
        level - int(late[level - 1] if level > last else 0)
        for last, level in zip(before, plain, strict=False)
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(2, 9), st.integers(-90, 30), st.data())
def test_rows_that_repeat_keep_their_own_late_steps(
    seed: int, steps: int, low: int, data: st.DataObject
) -> None:
    """Alike rows are solved once, so the first of a kind, and where it comes again, count."""
    rng = np.random.default_rng(seed)
    kinds = data.draw(st.integers(2, 4))
    order = rng.permutation(np.resize(np.arange(kinds), 2 * kinds + 1))
    spacing = rng.uniform(3.5, 9.5, kinds)
    exact = np.ceil(low + 5 + spacing[:, None] * np.arange(steps)).astype(np.int64)
    thresholds = (exact + rng.integers(0, 2, exact.shape))[order]
    x = np.arange(low, low + 12 + 10 * steps)
    found = solve_late(thresholds, low, int(x[-1]))
    assert found is not None
    line, late = found
    assert late.shape == thresholds.shape
    for factor, bias, row, wanted in zip(line.factor, line.bias, late, thresholds, strict=True):
        levels = late_levels(int(factor), int(bias), line.shift, row, x)
        assert levels == np.searchsorted(wanted, x, side="right").tolist()
