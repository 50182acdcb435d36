"""Integer types: widths follow from intervals, codes round-trip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, Encoding, IntType, TensorType

intervals = st.tuples(st.integers(-(2**20), 2**20), st.integers(0, 2**12)).map(
    lambda pair: IntType(pair[0], pair[0] + pair[1])
)


@pytest.mark.parametrize(
    ("low", "high", "bits", "signed"),
    [
        (0, 0, 1, False),
        (0, 1, 1, False),
        (0, 255, 8, False),
        (0, 256, 9, False),
        (-1, 0, 1, True),
        (-1, 1, 2, True),
        (-128, 127, 8, True),
        (-128, 128, 9, True),
        (-129, 0, 9, True),
        (-8, -3, 4, True),
        (5, 7, 3, False),
    ],
)
def test_width(low: int, high: int, bits: int, signed: bool) -> None:
    kind = IntType(low, high)
    assert (kind.bits, kind.signed) == (bits, signed)


@given(intervals)
def test_codes_round_trip(kind: IntType) -> None:
    values = kind.values()
    codes = kind.encode(values)
    assert codes.min() >= 0
    assert codes.max() < 2**kind.bits
    assert (kind.decode(codes) == values).all()
    assert kind.contains(values)
    assert not kind.contains(values + kind.levels)


@given(intervals)
def test_a_bit_less_would_not_do(kind: IntType) -> None:
    bits = kind.bits - 1
    holds = (
        -(2 ** (bits - 1)) <= kind.low and kind.high < 2 ** (bits - 1)
        if kind.signed and bits
        else kind.low >= 0 and kind.high < 2**bits
    )
    assert not holds or kind.bits == 1


def test_bipolar() -> None:
    assert BIPOLAR.bits == 1
    assert BIPOLAR.encode(BIPOLAR.values()).tolist() == [0, 1]
    assert not BIPOLAR.contains(BIPOLAR.values() * 0)
    with pytest.raises(ValueError, match="bipolar"):
        IntType(0, 1, Encoding.BIPOLAR)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        IntType(1, 0)
    with pytest.raises(ValueError, match="shape"):
        TensorType((1, 0, 3), IntType(0, 1))
    with pytest.raises(ValueError, match="scale"):
        TensorType((1, 1, 3), IntType(0, 1), scale=(1.0, 2.0))
