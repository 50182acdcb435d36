"""PEs of recurrent engines whose weights are powers of two or signs: nothing multiplies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.instance import Name, Struct
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.examples import small as small_gru
from hwcompile.ops.lstm.examples import small
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.engine import Engine
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` multiplies; circuits that shift or select are simulated beside it"

(LSTM,) = (kernel for kernel in family("lstm").kernels if kernel.name == "static")
(GRU,) = (kernel for kernel in family("gru").kernels if kernel.name == "static")
BYTES = IntType(-128, 127)


def powers(weights: IntArray) -> IntArray:
    """The greatest power of two in each weight."""
    sizes = np.exp2(np.floor(np.log2(np.maximum(np.abs(weights), 1)))).astype(np.int64)
    return sizes * np.sign(weights)


def sums(weights: IntArray) -> IntArray:
    """Twelve times a power of two: a sum of two, of which few occur, so that a book holds them."""
    return 12 * powers(weights)


def signs(weights: IntArray) -> IntArray:
    """-1, 0 and 1."""
    return np.sign(weights)


def levels(weights: IntArray) -> IntArray:
    """Five numbers in many bits."""
    return np.select([weights > 15, weights > 0, weights < -15, weights < 0], [5003, 77, -4001, -9])


def bipolar(weights: IntArray) -> IntArray:
    """-1 and 1."""
    return np.where(weights > 0, 1, -1).astype(np.int64)


CHANGES: dict[str, tuple[Callable[[IntArray], IntArray], str, int]] = {
    "powers of two": (powers, "ShiftOne", 4),
    "sums": (sums, "Multiply", 4),
    "signs": (signs, "Lut", 2),
    "bipolar": (bipolar, "Lut", 2),
    "levels": (levels, "Multiply", 3),
    "numbers": (lambda weights: weights, "Multiply", 6),
}


def changed(op: Lstm, change: Callable[[IntArray], IntArray]) -> Lstm:
    """With other weights in all matrices."""
    return replace(op, wx=change(op.wx), wr=change(op.wr), projection=change(op.projection))


@pytest.mark.parametrize("name", CHANGES)
def test_the_arithmetic_follows_from_the_weights(name: str) -> None:
    change, label, bits = CHANGES[name]
    here = Site.of(changed(small(4, 5, 3, True, True, False), change), TensorType((1, 3, 4), BYTES))
    built = LSTM.at(here, {"pes": 1, "lanes": 1})
    assert isinstance(built, Engine)
    encoding, form = (built.instance.parameters[n] for n in ("Encoding", "Format"))
    assert isinstance(encoding, Name)
    assert isinstance(form, Struct)
    assert encoding.name == label
    plain = Site.of(small(4, 5, 3, True, True, False), TensorType((1, 3, 4), BYTES))
    usual = LSTM.at(plain, {"pes": 1, "lanes": 1})
    # Those of a PE, beside those of the element-wise pipeline.
    products = [sum(p.count for p in each.needs.products) for each in (built, usual)]
    assert products[1] - products[0] == (0 if label == "Multiply" else 1)
    skip = form.fields["skip_bits"]
    assert isinstance(skip, int)
    assert built.describe().entry_bits == bits + skip + 2


def test_a_code_book_stands_behind_programs() -> None:
    """On one PE, whose program is long enough; with start tokens and several channels as well."""
    kind = TensorType((1, 3, 4), BYTES)
    here = Site.of(changed(small(4, 5, 3, True, True, False), levels), kind)
    assert "CodeFile" in LSTM.at(here, {"pes": 1, "lanes": 1}).instance.memories
    check_kernel(here, LSTM, {"pes": 1, "lanes": 1})
    op = replace(changed(small(4, 6, 0, False, False, True), levels), channels=2)
    flags = TensorType((1, 2, 2), IntType(0, 1))
    here = Site.of(op, TensorType((1, 2, 8), BYTES), flags)
    check_kernel(here, LSTM, {"pes": 1, "lanes": 1})


@settings(deadline=None, max_examples=6, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(CHANGES)), st.integers(0, 99), st.integers(1, 3))
def test_it_computes_and_takes_the_cycles_it_says(name: str, seed: int, lanes: int) -> None:
    change, _, _ = CHANGES[name]
    rng = np.random.default_rng(seed)
    inputs, cells, rows = (int(n) for n in rng.integers((2, 4, 0), (6, 8, 4)))
    op = changed(small(inputs, cells, rows, bool(seed % 2), True, False, seed), change)
    here = Site.of(op, TensorType((1, int(rng.integers(1, 4)), inputs), BYTES))
    lanes = 1 << (lanes - 1)
    parameters = {"pes": lanes * int(rng.integers(1, 3)), "lanes": lanes}
    if LSTM.complaint(here, parameters) is None:
        check_kernel(here, LSTM, parameters, seed=seed)


def test_cells_of_a_gru_shift_as_well() -> None:
    op = small_gru(4, 6, True, False)
    op = replace(op, wx=powers(op.wx), wr=powers(op.wr))
    check_kernel(Site.of(op, TensorType((1, 3, 4), BYTES)), GRU, {"pes": 3, "lanes": 1})
