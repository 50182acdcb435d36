from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.examples import small
from hwcompile.ops.lstm.op import Lstm
from tests.kernelbench import random_frames
from tests.ops.lstm.samples import lstms, naive

ORACLE = "numpy"
ORACLE_REASON = "the equations of the papers a second time, with Python integers and fractions"


@settings(deadline=None, max_examples=150)
@given(lstms(), st.integers(0, 99))
def test_op_against_plain_loops(site: Site[Lstm], seed: int) -> None:
    op = site.op
    assert isinstance(op, Lstm)
    assert op.problems(site.inputs) == []
    rng = np.random.default_rng(seed)
    values = tuple(random_frames(kind, 3, rng) for kind in site.inputs)
    (found,) = op.evaluate(site.inputs, values)
    for channel in range(op.channels):
        x, y = (part[:, 0, :, channel :: op.channels].tolist() for part in (values[0], found))
        starts = values[1][:, 0, :, channel].tolist() if len(values) == 2 else None
        states = None
        if op.takes_state:
            vectors = (part[:, 0, 0, channel :: op.channels].tolist() for part in values[1:])
            states = list(zip(*vectors, strict=True))
        assert y == naive(op, x, starts, states)
    assert site.outputs[0].element.contains(found)


def test_frames_are_sequences_unless_the_state_is_kept() -> None:
    kind = TensorType((1, 4, 4), IntType(-128, 127))
    x = random_frames(kind, 2, np.random.default_rng(0))
    x[1] = x[0]
    lost, kept = (small(4, 5, 3, True, True, keep) for keep in (False, True))
    (apart,) = lost.evaluate((kind,), (x,))
    (joined,) = kept.evaluate((kind,), (x,))
    assert np.array_equal(apart[0], apart[1])
    assert np.array_equal(apart[0], joined[0])
    assert not np.array_equal(joined[0], joined[1])
    steps = TensorType((1, 1, 4), kind.element)
    (single,) = kept.evaluate((steps,), (x.reshape(8, 1, 1, 4),))
    assert np.array_equal(single.reshape(joined.shape), joined)


def test_a_start_token_forgets_everything() -> None:
    kinds = (TensorType((1, 1, 4), IntType(-128, 127)), TensorType((1, 1, 1), IntType(0, 1)))
    op = small(4, 5, 3, True, True, True)
    x = random_frames(kinds[0], 9, np.random.default_rng(3))
    starts = np.zeros((9, 1, 1, 1), dtype=np.int64)
    starts[5] = 1
    (found,) = op.evaluate(kinds, (x, starts))
    (first,) = op.evaluate(kinds[:1], (x[:5],))
    (second,) = op.evaluate(kinds[:1], (x[5:],))
    assert np.array_equal(found, np.concatenate([first, second]))


@settings(deadline=None, max_examples=60)
@given(lstms(), st.integers(1, 5), st.integers(0, 99))
def test_channels_are_independent_runs(site: Site[Lstm], channels: int, seed: int) -> None:
    one, many = (replace(site.op, channels=n) for n in (1, channels))
    vectors = [size for size, _ in one.states] if one.takes_state else [1]
    sizes = zip(site.inputs, (one.inputs, *vectors), strict=False)
    single = tuple(replace(kind, shape=(1, kind.shape[1], n)) for kind, n in sizes)
    wide = tuple(replace(k, shape=(1, k.shape[1], k.shape[2] * channels)) for k in single)
    rng = np.random.default_rng(seed)
    runs = [tuple(random_frames(kind, 2, rng) for kind in single) for _ in range(channels)]
    joined = tuple(
        np.stack(parts, axis=-1).reshape(2, *kind.shape)
        for parts, kind in zip(zip(*runs, strict=True), wide, strict=True)
    )
    (found,) = many.evaluate(wide, joined)
    assert many.infer(wide)[0].shape == found.shape[1:]
    for channel, run in enumerate(runs):
        (wanted,) = one.evaluate(single, run)
        assert np.array_equal(found[..., channel::channels], wanted)


X = TensorType((1, 3, 4), IntType(-128, 127))
FLAG = TensorType((1, 3, 1), IntType(0, 1))
GOOD = small(4, 5, 3, True, True, True)
STATE = replace(small(4, 5, 3, True, True, False), takes_state=True)
Y0, C0 = TensorType((1, 1, 3), IntType(-100, 90)), TensorType((1, 1, 5), IntType(-128, 127))
WIDE = TensorType((1, 1, 3), IntType(-101, 90))
ZEROS = np.zeros
LONG = np.arange(64, dtype=np.int64) * 40


@pytest.mark.parametrize(
    ("op", "inputs", "message"),
    [
        (GOOD, (TensorType((1, 3, 5), IntType(0, 1)),), "vectors of 4, its input has 5"),
        (GOOD, (TensorType((2, 3, 4), IntType(0, 1)),), "2 rows"),
        (GOOD, (X, X), "start signal is 1x3x4"),
        (GOOD, (), "one or two inputs, not 0"),
        (STATE, (X,), "3 inputs with its state, not 1"),
        (STATE, (X, Y0, Y0), "1x1x3 instead of 1x1x5"),
        (STATE, (X, WIDE, C0), "int[-101,90], beyond its format int[-100,90]"),
        (replace(STATE, keep=True), (X, Y0, C0), "none that is kept between them"),
        (replace(GOOD, channels=0), (X,), "0 channels; one is the least"),
        (replace(GOOD, channels=2), (X,), "vectors of 4 in each of 2 channels, its input has 4"),
        (
            replace(GOOD, channels=2),
            (TensorType((1, 3, 8), IntType(0, 1)), FLAG),
            "start signal is 1x3x1 int[0,1] instead of 1x3x2",
        ),
        (replace(GOOD, keep=False), (X, FLAG), "only if the state is kept"),
        (replace(GOOD, wx=ZEROS((3, 5, 4), int)), (X,), "instead of [4, C, X]"),
        (replace(GOOD, wr=ZEROS((4, 5, 5), int)), (X,), "recurrent weights have the shape"),
        (replace(GOOD, bias=ZEROS((4, 4), int)), (X,), "biases have the shape"),
        (replace(GOOD, peepholes=ZEROS((2, 5), int)), (X,), "peepholes have the shape"),
        (replace(GOOD, projection=ZEROS((3, 6), int)), (X,), "projection have the shape"),
        (replace(GOOD, sigma=ZEROS(48, int)), (X,), "table sigma has 48 elements"),
        (replace(GOOD, rounding="up"), (X,), "one of floor, half_up, half_even"),
        (replace(GOOD, part_shifts=(1,)), (X,), "two numbers or none"),
        (replace(GOOD, m_shift=-1), (X,), "shifts are from 0"),
        (replace(GOOD, table_shifts=(1, 2)), (X,), "three numbers each"),
        (replace(GOOD, c_type=IntType(0, 1 << 30)), (X,), "at most 24 bits"),
        (replace(GOOD, wx=GOOD.wx << 22), (X,), "at most 24 bits"),
        (replace(GOOD, bias=GOOD.bias << 58), (X,), "biases have at most"),
        (replace(GOOD, x_shift=40, wx=GOOD.wx << 15), (X,), "more than the 62"),
        (replace(GOOD, sigma=LONG), (X,), "table sigma covers magnitudes up to 8192"),
        (replace(GOOD, squash=LONG, table_shifts=(8, 7, 1)), (X,), "table squash covers"),
    ],
)
def test_refuses_in_words(op: Lstm, inputs: tuple[TensorType, ...], message: str) -> None:
    assert message in "; ".join(op.problems(inputs))


def test_accepts_a_table_that_its_input_can_not_leave() -> None:
    assert replace(GOOD, squash=LONG).problems((X,)) == []
    assert GOOD.problems((X,)) == []
    assert GOOD.problems((X, FLAG)) == []
