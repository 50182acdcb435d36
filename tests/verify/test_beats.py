from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import AxisPort
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify.beats import from_beats, to_beats


@st.composite
def elements(draw: st.DrawFn) -> IntType:
    if draw(st.booleans()):
        return draw(st.sampled_from([BIPOLAR, IntType(0, 255), IntType(-128, 127)]))
    low = draw(st.integers(-(2**33), 2**33))
    return IntType(low, low + draw(st.integers(0, 2**33)))


@given(elements(), st.integers(1, 7), st.integers(1, 9), st.data())
@settings(deadline=None)
def test_every_element_has_its_place(
    element: IntType, vectors: int, size: int, data: st.DataObject
) -> None:
    """The word is compared with arithmetic on Python integers, bit by bit."""
    parallel = data.draw(st.integers(1, size))
    form = StreamFormat(vectors, size, parallel, element)
    port = AxisPort("x", "s", form, (1, vectors, size))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    choices = np.array([element.low, element.high])
    values = rng.choice(choices, size=(2, 1, vectors, size))
    beats = to_beats(values, port)
    assert beats.shape == (2 * form.words, port.tdata_bytes)

    expected = []
    for vector in values.reshape(-1, size):
        for first in range(0, size, parallel):
            lanes = vector[first : first + parallel]
            codes = element.encode(lanes)
            expected.append(sum(int(c) << (i * element.bits) for i, c in enumerate(codes)))
    assert [int.from_bytes(beat.tobytes(), "little") for beat in beats] == expected
    assert np.array_equal(from_beats(beats, port), values)


@pytest.mark.parametrize(
    ("parallel", "beat", "bit"), [(2, 1, 4), (2, 3, 7), (3, 0, 12), (3, 1, 15)]
)
def test_a_one_in_an_unused_bit_is_reported(parallel: int, beat: int, bit: int) -> None:
    """Two vectors of 3 elements of 4 bits: the second of two beats has one element, a beat of
    three lanes has 12 bits in two bytes.
    """
    form = StreamFormat(2, 3, parallel, IntType(-8, 7))
    port = AxisPort("x", "s", form, (1, 2, 3))
    beats = to_beats(np.zeros((1, 1, 2, 3), dtype=np.int64), port)
    from_beats(beats, port)
    beats[beat, bit // 8] |= 1 << (bit % 8)
    with pytest.raises(CompileError, match="HW0603"):
        from_beats(beats, port)


def test_values_that_do_not_fit_are_refused() -> None:
    port = AxisPort("x", "s", StreamFormat(1, 2, 2, IntType(0, 3)), (1, 1, 2))
    with pytest.raises(ValueError, match="shape"):
        to_beats(np.zeros((1, 1, 1, 3), dtype=np.int64), port)
    with pytest.raises(ValueError, match="takes"):
        to_beats(np.full((1, 1, 1, 2), 4), port)
