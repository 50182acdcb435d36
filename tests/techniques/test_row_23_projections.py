"""Learning-compression (1707.01209): every scheme is a projection, so twice is as good as once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hwcompile import compress

ORACLE = ("a paper", "numpy")
ORACLE_REASON = "the paper's C step is a projection: applied twice it changes nothing"

ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "balanced": {"bits": 2},
    "bank_balanced": {"banks": 2, "density": 0.5},
    "dorefa": {"bits": 4},
    "dynamic_fixed_point": {"bits": 5},
    "filters": {"keep": 1},
    "fixed_point": {"bits": 4},
    "kmeans": {"count": 3},
    "load_balanced": {"pes": 2, "density": 0.4},
    "magnitude": {"density": 0.4},
    "minifloat": {"exponent": 3, "mantissa": 1},
    "powers_of_two": {"bits": 4},
    "residual_binary": {"levels": 2},
    "shift_sums": {"terms": 2, "bits": 4},
    "trained_ternary": {"positive": 0.75, "negative": 0.5},
}
"""Of those that need some."""

ALL: Mapping[str, Callable[..., Any]] = {**compress.METHODS, **compress.PRUNERS}

NO_PROJECTIONS = {
    "balanced": "cuts the histogram of what it is given, and equal weights can not be cut",
    "dorefa": "what training applies to its own weights in every step",
    "residual_binary": "the best factors one after the other are not the best together",
}
"""Schemes whose papers define no nearest weights."""

MATRICES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(2, 5), st.sampled_from([2, 4, 6])),
    elements=st.floats(-20, 20, width=32),
)
KERNELS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.just(3), st.just(3)),
    elements=st.floats(-20, 20, width=32),
)


def scheme(name: str) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """A method or pruner of recipes with its arguments."""
    return partial(ALL[name], **ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name", sorted(ALL.keys() - NO_PROJECTIONS.keys()))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_twice_is_once(name: str, data: st.DataObject) -> None:
    weights = data.draw(KERNELS if name == "separable_binary" else MATRICES)
    once = scheme(name)(weights)
    np.testing.assert_allclose(scheme(name)(once), once, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", sorted(NO_PROJECTIONS))
def test_what_is_no_projection_is_known(name: str) -> None:
    """So the list above can not hide one that is."""
    weights = np.random.default_rng(5).normal(size=(6, 7))
    once = scheme(name)(weights)
    assert not np.allclose(scheme(name)(once), once, rtol=1e-9)
