"""Gathers for tests: the kinds that models have, combined at random, and arbitrary ones."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather

ELEMENTS = (BIPOLAR, IntType(0, 5), IntType(-9, 8), IntType(-1, 0))


def pixels(*shape: int) -> np.ndarray:
    """Flat positions in a tensor, int64 [height, width, channels]."""
    return np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)


@st.composite
def _step(draw: st.DrawFn, x: np.ndarray) -> np.ndarray:
    axis = draw(st.integers(0, 2))
    size = x.shape[axis]
    kind = draw(
        st.sampled_from(("slice", "pad", "transpose", "repeat", "flip", "shuffle", "zeros"))
    )
    if kind == "slice":
        start = draw(st.integers(0, size - 1))
        stop = draw(st.integers(start + 1, size))
        return x.take(np.arange(start, stop, draw(st.integers(1, 2))), axis)
    if kind == "pad":
        around = [(0, 0)] * 3
        around[axis] = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        return np.pad(x, around, constant_values=-1)
    if kind == "transpose":
        return x.transpose(draw(st.permutations(range(3))))
    if kind == "repeat":
        return x.repeat(2, axis) if draw(st.booleans()) else np.concatenate([x, x], axis)
    if kind == "flip":
        return np.flip(x, axis)
    if kind == "shuffle":
        return x.take(np.array(draw(st.permutations(range(size)))), axis)
    spread = np.full([n * 2 if i == axis else n for i, n in enumerate(x.shape)], -1)
    spread[tuple(slice(None, None, 2) if i == axis else slice(None) for i in range(3))] = x
    return spread


@st.composite
def sites(draw: st.DrawFn, ordered: bool = False) -> Site[Gather]:
    """A site of a gather; with `ordered`, of one whose elements are needed as they come."""
    shape = tuple(draw(st.integers(1, 4)) for _ in range(3))
    index: np.ndarray = pixels(*shape)
    for _ in range(draw(st.integers(0, 3))):
        index = draw(_step(index))
    size = int(np.prod(shape))
    if not ordered and draw(st.integers(0, 4)) == 0:
        chosen = draw(st.lists(st.integers(-1, size - 1), min_size=1, max_size=20))
        index = np.array(chosen).reshape(1, 1, -1)
    if ordered:
        flat = index.reshape(-1).copy()
        flat[flat >= 0] = np.sort(flat[flat >= 0])
        index = flat.reshape(index.shape)
    if index.max() < 0:
        index = np.concatenate([index, np.zeros_like(index[:1])])
    fill = draw(st.integers(-12, 12))
    kind = TensorType((shape[0], shape[1], shape[2]), draw(st.sampled_from(ELEMENTS)))
    return Site.of(Gather(np.ascontiguousarray(index), fill), kind)
