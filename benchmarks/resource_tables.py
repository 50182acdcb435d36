"""Sites on which layers of truth tables are calibrated: neurons with weights of real numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.truth_table import TruthTable


def neuron_sites() -> Iterator[tuple[str, Op, TensorType, Sequence[Parameters]]]:
    """The kernel, a layer of neurons, the type of its input, and parameters."""
    for seed, (neurons, channels, fan_in, bits, out_bits) in enumerate(
        (
            (16, 16, 3, 2, 2), (32, 64, 3, 2, 3), (8, 32, 4, 2, 2),
            (8, 16, 3, 3, 3), (24, 24, 6, 1, 1), (64, 64, 2, 1, 1),
        )
    ):  # fmt: skip
        rng = np.random.default_rng(seed)
        element, result = IntType(0, 2**bits - 1), IntType(0, 2**out_bits - 1)
        sources = np.stack([np.sort(rng.permutation(channels)[:fan_in]) for _ in range(neurons)])
        values = np.stack([_answers(rng, fan_in, element, result) for _ in range(neurons)])
        op = TruthTable(sources, values, result)
        yield "truth_table", op, TensorType((1, 1, channels), element), [{}]


def _answers(rng: np.random.Generator, fan_in: int, element: IntType, result: IntType) -> IntArray:
    """A quantized sum of inputs with normal weights, for every combination of inputs."""
    sums = np.zeros(1)
    for weight in rng.normal(size=fan_in):
        sums = ((element.values() * weight)[:, None] + sums).ravel()
    steps = (sums - sums.mean()) / sums.std() + 0.5
    answers: IntArray = np.clip(np.round(steps * result.high), 0, result.high).astype(np.int64)
    return answers
