"""The cell with factors of its own: its meaning number by number, and its kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.rowwise import RowWise
from hwcompile.ops.lstm.scaled import ONE, SHORT, ScaledLstm
from hwcompile.ops.lstm.scaled_examples import scaled_site, small_scaled
from tests.kernelbench import check_kernel, random_frames

ORACLE = ("numpy", "hardware tools")
ORACLE_REASON = "tests/frontends/tflite compares the whole with TFLite's reference kernels"

KERNEL = RowWise()


@st.composite
def sites(draw: st.DrawFn) -> Site[ScaledLstm]:
    units, steps = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    op = small_scaled(units, draw(st.integers(0, 99)), draw(st.sampled_from((1, 7, 127, 3000))))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    numbers = op.rescalings.copy()
    numbers[:, 1], numbers[:, 2] = rng.integers(20, 32, 5), rng.integers(0, 25, 5)
    squash = rng.integers(0, ONE, ONE) if draw(st.booleans()) else op.squash
    limits = draw(st.sampled_from((SHORT, IntType(-1, 0), IntType(-77, 4000))))
    y = draw(st.sampled_from((IntType(-128, 127), IntType(-1, 3), IntType(-8000, 9000))))
    op = replace(op, c_type=limits, y_type=y, squash=squash)
    # What is scaled has 32 bits.
    numbers[:, 1] = np.maximum(numbers[:, 1], [*[op.largest_sum.bit_length()] * 4, 31])
    op = replace(op, rescalings=numbers)
    own = draw(st.sampled_from((SHORT, IntType(0, 1), IntType(-3, 900))))
    return scaled_site(op, steps, own, y, draw(st.sampled_from((SHORT, IntType(0, 40)))))


def _one_by_one(op: ScaledLstm, own: IntArray, y: list[int], c: list[int]) -> list[int]:
    """Steps of one frame in Python's integers."""

    def away(v: int, digits: int) -> int:
        half = (1 << digits) >> 1
        return (v + half) >> digits if v >= 0 else -((-v + half) >> digits)

    def factor(which: int, v: int) -> int:
        mantissa, first, second = (int(n) for n in op.rescalings[which])
        return away((v * mantissa + (1 << (first - 1))) >> first, second)

    def function(table: IntArray, mirror: int, v: int) -> int:
        size = int(table[min(abs(v), ONE - 1)])
        return mirror - size if v < 0 else size

    def limit(v: int, kind: IntType) -> int:
        return max(kind.low, min(kind.high, v))

    found = []
    for row in own:
        before = list(y)
        for j in range(op.units):
            z = []
            for g in range(4):
                weights = (int(w) for w in op.recurrent[g, j])
                total = sum(w * v for w, v in zip(weights, before, strict=True))
                scaled = factor(g, total + int(op.bias[g, j]))
                z.append(limit(int(row[4 * j + g]) + scaled, SHORT))
            i, f, o = (function(op.sigma, ONE - 1, z[g]) for g in (0, 1, 3))
            new = away(i * function(op.candidate, 0, z[2]), op.new_digits)
            c[j] = limit(away(f * c[j], 15) + new, op.c_type)
            shown = factor(4, o * function(op.squash, 0, c[j])) + op.zero
            y[j] = limit(shown, op.y_type)
            found += [y[j], c[j]]
    return found


@settings(deadline=None, max_examples=25)
@given(sites(), st.integers(0, 99))
def test_the_meaning_number_by_number(site: Site[ScaledLstm], seed: int) -> None:
    assert site.op.problems(site.inputs) == []
    values = tuple(random_frames(kind, 3, np.random.default_rng(seed)) for kind in site.inputs)
    (found,) = site.op.evaluate(site.inputs, values)
    assert site.outputs[0].element.contains(found)
    for frame, result in enumerate(found):
        own, y, c = (v[frame, 0] for v in values)
        wanted = _one_by_one(site.op, own, [int(v) for v in y[0]], [int(v) for v in c[0]])
        np.testing.assert_array_equal(result.reshape(-1), wanted)


def _in_hardware(site: Site[ScaledLstm], data: st.DataObject) -> None:
    parameters = data.draw(st.sampled_from(list(KERNEL.space(site))))
    stall = data.draw(st.sampled_from((0.0, 0.6)))
    check_kernel(site, KERNEL, parameters, frames=4, stall=stall)


HARDWARE = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@HARDWARE
@given(sites(), st.data())
def test_in_hardware(site: Site[ScaledLstm], data: st.DataObject) -> None:
    _in_hardware(site, data)


@pytest.mark.slow
@settings(HARDWARE, max_examples=40)
@given(sites(), st.data())
def test_in_hardware_at_length(site: Site[ScaledLstm], data: st.DataObject) -> None:
    _in_hardware(site, data)


@pytest.mark.parametrize(("lanes", "cycles"), [(1, 7 + 3 * (7 * 28 + 25)), (7, 7 + 3 * (28 + 27))])
def test_a_step_takes_its_rows_and_what_lies_behind_them(lanes: int, cycles: int) -> None:
    """25 cycles behind the last row, and one more for every level of the tree of adders."""
    built = KERNEL.at(scaled_site(small_scaled(7), 3), {"lanes": lanes})
    assert built.interval == built.timing.interval == cycles


def test_what_it_offers_and_refuses() -> None:
    site = scaled_site(small_scaled(7), 2)
    assert list(KERNEL.space(site)) == [{"lanes": n} for n in (1, 2, 3, 4, 7)]
    assert KERNEL.check(site, {"lanes": 8}) == "lanes must be from 1 to 7, not 8"
    assert KERNEL.check(site, {"pe": 1}) == "the parameter is lanes, not ['pe']"


def test_what_is_no_cell_is_told() -> None:
    op = small_scaled(3)
    kinds = scaled_site(op, 2).inputs
    own, y, c = kinds
    assert op.problems(kinds[:2]) == ["it takes three inputs, not 2"]
    wide = TensorType(own.shape, IntType(0, 1 << 16))
    cases = [
        (op, (TensorType((1, 2, 9), SHORT), y, c), "first input"),
        (op, (own, TensorType((1, 2, 3), SHORT), c), "its states are"),
        (op, (TensorType(own.shape, BIPOLAR), y, c), "bipolar"),
        (op, (wide, y, c), "beyond"),
        (replace(op, bias=op.bias[:, :2]), kinds, "bias of another shape"),
        (replace(op, recurrent=op.recurrent[:3]), kinds, "recurrent weights"),
        (replace(op, c_type=IntType(0, 9)), kinds, "and a sign"),
        (replace(op, sigma=-op.sigma), kinds, "2^15 numbers"),
        (replace(op, rescalings=0 * op.rescalings), kinds, "31 bits"),
        (replace(op, new_digits=31), kinds, "15 to 30 digits"),
        (replace(op, bias=op.bias + (1 << 31)), kinds, "sums 32"),
        (replace(op, rescalings=np.where([False, True, False], 1, op.rescalings)), kinds, "scaled"),
    ]
    for other, inputs, words in cases:
        (problem,) = other.problems(inputs)
        assert words in problem
