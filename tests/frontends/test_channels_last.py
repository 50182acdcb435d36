"""QONNX's operators whose channels stand last, against QONNX's own executor.

All axes differ in size, so that no two layouts of the weights fit one tensor: weights read as
(M, C / groups, kernel...) instead of (M, kernel..., C / groups) are refused or wrong here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.frontends.oracle import Model, families
from tests.frontends.qonnx_oracle import CHANNELS_LAST, quant, run_both

ORACLE = "QONNX executor"


def conv(m: Model, size: tuple[int, ...], weights: tuple[int, ...], **attributes: object) -> str:
    """A Conv on (1, *size) with weights (M, kernel..., C / groups), quantized behind."""
    rank = len(size) - 1
    given = {"strides": [1] * rank, "dilations": [1] * rank, "pads": [0] * 2 * rank, "group": 1}
    x = quant(m, m.input(1, *size), 0.5, bits=5.0)
    w = quant(m, m.constant(m.rng.normal(size=weights)), 0.25)
    kernel = list(weights[1:-1])
    y = m.op("Conv", x, w, domain=CHANNELS_LAST, kernel_shape=kernel, **(given | attributes))
    return quant(m, y, 0.5, bits=7.0)


def max_pool(m: Model, size: tuple[int, ...], **attributes: object) -> str:
    x = quant(m, m.input(1, *size), 0.5, bits=5.0)
    return quant(m, m.op("MaxPool", x, domain=CHANNELS_LAST, **attributes), 1.0)


def batch_norm(m: Model) -> str:
    x = quant(m, m.input(1, 5, 7, 3), 0.5, bits=5.0)
    scale, bias, mean = (m.constant(m.rng.normal(size=3)) for _ in range(3))
    variance = m.constant(m.rng.uniform(0.5, 2, 3))
    y = m.op("BatchNormalization", x, scale, bias, mean, variance, domain=CHANNELS_LAST,
             epsilon=1e-5, momentum=0.9)  # fmt: skip
    return quant(m, y, 0.5, bits=6.0)


CASES: dict[str, Callable[[Model], str]] = {
    "conv": lambda m: conv(m, (7, 6, 5), (4, 3, 2, 5)),
    "strides_and_pads": lambda m: conv(
        m, (7, 9, 5), (4, 3, 2, 5), strides=[2, 1], pads=[1, 0, 2, 1]
    ),
    "dilations": lambda m: conv(m, (9, 8, 5), (4, 3, 2, 5), dilations=[2, 3]),
    "groups": lambda m: conv(m, (7, 8, 6), (4, 3, 2, 3), group=2),
    "depthwise": lambda m: conv(m, (7, 8, 5), (5, 3, 2, 1), group=5),
    "depthwise_with_multiplier": lambda m: conv(m, (7, 8, 3), (6, 4, 2, 1), group=3),
    "pointwise": lambda m: conv(m, (7, 6, 5), (4, 1, 1, 5)),
    "signal": lambda m: conv(m, (11, 5), (4, 3, 5), strides=[2], pads=[1, 1]),
    "max_pool": lambda m: max_pool(
        m, (7, 9, 5), kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 0]
    ),
    "max_pool_of_a_signal": lambda m: max_pool(
        m, (11, 5), kernel_shape=[3], strides=[2], pads=[1, 1]
    ),
    "batch_norm": batch_norm,
}


@pytest.mark.parametrize("name", CASES)
def test_channels_last_operator_equals_the_qonnx_executor(name: str, tmp_path: Path) -> None:
    m = Model(opset=13, seed=len(name))
    imported, y, expected = run_both(m, tmp_path, CASES[name](m))
    np.testing.assert_array_equal(y, expected)
    assert len(np.unique(y)) > 3
    assert "gather" not in families(imported)
