from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.window.op import Window
from hwcompile.passes.lower_conv import lower_conv
from hwcompile.passes.trim_taps import trim_taps
from tests.kernelbench import random_frames
from tests.ops.conv.test_op import convolutions
from tests.passes.test_lower_conv import chain

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"


@settings(deadline=None, max_examples=150)
@given(convolutions(), st.data())
def test_results_are_those_of_all_taps(case: tuple[Conv, TensorType], data: st.DataObject) -> None:
    op, kind = case
    count = op.kernel[0] * op.kernel[1]
    zero = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    op.weights[:, np.array(zero).reshape(op.kernel)] = 0
    op = Conv(op.weights, op.groups, op.strides, op.dilations, op.pads, op.pad_value)
    before = chain(kind, op)
    small = trim_taps(before)
    after = lower_conv(small)
    verify(after, "lower_conv")
    x = {"x": random_frames(kind, 3, np.random.default_rng(0))}
    np.testing.assert_array_equal(after.evaluate(x)["y0"], before.evaluate(x)["y0"])
    used = max(1, count - int(np.all(op.weights == 0, axis=(0, 3)).sum()))
    product = after.nodes[-1].op
    assert sum(weights.size for weights in vars(product).values() if np.ndim(weights) > 1) == (
        op.weights.shape[0] * op.weights.shape[3] * used
    )


ONE = (1, 1)


@pytest.mark.parametrize(
    ("kernel", "pads", "places", "expected"),
    [
        ((3, 3), (1, 1, 1, 1), (4,), None),
        ((5, 5), (2, 2, 2, 2), (6, 12, 18), ((3, 3), ONE, (1, 1, 1, 1), (0, 4, 8))),
        # Nothing to take away from: outer taps stay in the kernel, and out of the window.
        ((3, 3), (0, 0, 0, 0), (4,), ((3, 3), ONE, (0, 0, 0, 0), (4,))),
        # As much as the padding.
        ((5, 1), (1, 0, 1, 0), (2,), ((3, 1), ONE, (0, 0, 0, 0), (1,))),
        ((5, 1), (0, 0, 0, 0), (0, 2, 4), ((3, 1), (2, 1), (0, 0, 0, 0), ())),
        ((1, 3), (0, 2, 0, 0), (2,), None),
    ],
)
def test_what_is_left_of_a_kernel(
    kernel: tuple[int, int],
    pads: tuple[int, ...],
    places: tuple[int, ...],
    expected: tuple[tuple[int, ...], ...] | None,
) -> None:
    """Kernel, dilations, pads and taps of the window; none for a pointwise convolution."""
    weights = np.zeros((2, kernel[0] * kernel[1], 3), dtype=np.int64)
    weights[:, list(places)] = 1
    op = Conv(weights.reshape(2, *kernel, 3), 1, ONE, ONE, pads, 0)
    kind = TensorType((6, 7, 3), IntType(0, 3))
    after = lower_conv(trim_taps(chain(kind, op)))
    windows = [node.op for node in after.nodes if isinstance(node.op, Window)]
    found = [(w.kernel, w.dilations, w.pads, w.taps) for w in windows]
    assert found == ([expected] if expected else [])
