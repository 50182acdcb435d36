"""Requantizers of wide sums whose products are cut in parts for a clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import REGISTERS, Site
from hwcompile.ops.threshold import FAMILY, Threshold
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"


def around_steps(site: Site[Threshold], frames: int, rng: np.random.Generator) -> IntArray:
    """The ends of the type, values at and beside thresholds, and any others."""
    kind, table = site.inputs[0], site.op.thresholds
    near = (table[..., None] + np.arange(-1, 2)).ravel()
    anywhere = rng.integers(kind.element.low, kind.element.high + 1, near.size)
    pool = np.concatenate([near, anywhere, [kind.element.low, kind.element.high]])
    pool = np.clip(pool, kind.element.low, kind.element.high)
    found: IntArray = rng.permutation(pool)[: frames * kind.size]
    return np.resize(found, (frames, *kind.shape))


@settings(max_examples=5, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", ["requantize", "late_requantize"])
def test_wide_sums_through_products_in_parts(name: str, data: st.DataObject) -> None:
    draw = data.draw
    channels, parallel = draw(st.sampled_from([(3, 1), (5, 2), (4, 4)]))
    bits, signed = draw(st.integers(15, 25)), draw(st.booleans())
    registers = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    high = (1 << bits) - 1 - int(rng.integers(0, 1 << (bits - 2)))
    element = IntType(-high - 1, high - 7) if signed else IntType(0, high)
    steps = draw(st.sampled_from([1, 3, 15, 255]))
    count = draw(st.sampled_from([1, channels]))
    spacing = rng.uniform(0.3, 0.99, count) * element.levels / (steps + 1)
    first = element.low + rng.uniform(0.05, 0.9, count) * element.levels / (steps + 1)
    table = np.ceil(first[:, None] + spacing[:, None] * np.arange(steps)).astype(np.int64)
    if name == "late_requantize":
        table += rng.integers(0, 2, table.shape)
    base = rng.integers(-9, 4, count)
    result = IntType(int(base.min()), int(base.max()) + steps)
    op = Threshold(table, base, np.ones(count, dtype=np.int64), result)
    site = Site.of(op, TensorType((1, 4, channels), element))
    kernel = FAMILY.kernel(name)
    if kernel.refuses(site) is not None:
        return
    inputs = (around_steps(site, 6, rng),)
    check_kernel(site, kernel, {"parallel": parallel, REGISTERS: registers}, inputs=inputs)
