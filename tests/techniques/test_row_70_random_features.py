"""Infinite-layer networks (1606.05316): random features whose signs nobody stores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.compress import register_signs
from hwcompile.explore.encodings import weight_bits
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.arithmetic.feedback import ShiftRegister, shortest
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.folded import Folded, FoldedMatrix
from hwcompile.ops.matmul.op import Matmul
from tests.kernelbench import check_kernel
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "numpy", "this project")
ORACLE_REASON = "the executor says what is computed; a kernel is held to the op's matrix product"

INT4 = IntType(-8, 7)


def layer(weights: np.ndarray, element: IntType) -> Site[Matmul]:
    op = Matmul(weights.astype(np.int64)[None])
    return Site.of(op, TensorType((2, 3, weights.shape[1]), element))


def test_signs_take_no_memory(tmp_path: Path) -> None:
    found = check_network(network_of(70), tmp_path)
    first, second = (one for one in found.parts if isinstance(one.op, Matmul))
    assert "from a register of 16 bits" in first.comment
    assert weight_bits(first) == 0
    assert weight_bits(second) > 0


@pytest.mark.parametrize(
    ("element", "columns", "parameters"),
    [
        (INT4, False, {"pe": 3, "simd": 2}),
        (INT4, True, {"pe": 4, "simd": 10}),
        (BIPOLAR, True, {"pe": 4, "simd": 5}),
        (BIPOLAR, False, {"pe": 1, "simd": 1}),
    ],
)
def test_a_register_stands_for_the_memory(
    element: IntType, columns: bool, parameters: Parameters
) -> None:
    """In the order of rows or of columns; lanes that store parities read parities."""
    signs = register_signs((10, 12), 0b100101, 3).T if columns else register_signs((12, 10))
    one = layer(signs, element)
    built = Folded().at(one, parameters)
    assert isinstance(built, FoldedMatrix)
    assert built.made is not None
    assert "WeightFile" not in built.instance.memories
    check_kernel(one, Folded(), parameters, frames=4)
    check_kernel(one, Folded(), parameters, frames=4, stall=0.5)
    stored = Folded().at(one, {**parameters, "encoding": "plain"})
    assert "WeightFile" in stored.instance.memories


def test_other_signs_are_stored() -> None:
    signs = register_signs((12, 10))
    signs[7, 3] *= -1
    random = np.random.default_rng(1).choice([-1, 1], (12, 10))
    for weights in (signs, random):
        built = Folded().at(layer(weights, INT4), {"pe": 3, "simd": 2})
        assert isinstance(built, FoldedMatrix)
        assert built.made is None


@settings(deadline=None)
@given(st.integers(2, 12), st.data())
def test_the_register_of_a_sequence_is_found(length: int, data: st.DataObject) -> None:
    taps = data.draw(st.integers(0, (1 << length - 1) - 1)) * 2 + 1
    seed = data.draw(st.integers(1, (1 << length) - 1))
    bits = ((register_signs((6 * length,), 1 << length | taps, seed) + 1) / 2).astype(int).tolist()
    found = shortest(bits)
    assert found is not None
    assert found.length <= length
    again = register_signs((6 * length,), 1 << found.length | found.taps, found.seed)
    assert ((again + 1) / 2).astype(int).tolist() == bits
    distance = data.draw(st.integers(-9, 9))
    forth, back = (found.moved(d) for d in (distance, -distance))
    state = found.seed
    assert _applied(back, _applied(forth, state)) == state


def _applied(rows: tuple[int, ...], state: int) -> int:
    return sum(((row & state).bit_count() & 1) << place for place, row in enumerate(rows))


def test_a_primitive_polynomial_has_the_autocorrelation_of_noise() -> None:
    """Golomb: a sequence of the longest period correlates by -1 with itself at other places."""
    signs = register_signs((127,), 0b10000011)
    for shift in range(1, 127):
        assert signs @ np.roll(signs, shift) == -1


def test_what_is_no_register_is_refused() -> None:
    for polynomial, seed in ((0b1, 1), (0b110, 1), (0b111, 0), (0b111, 4)):
        with pytest.raises(ValueError, match=r"a (polynomial|seed)"):
            register_signs((4,), polynomial, seed)
    assert shortest([0] * 40) is None
    assert shortest([1, 0, 0, 0, 0, 0, 0, 0]) is None
    assert shortest([1] * 9) == ShiftRegister(1, 1, 1)
