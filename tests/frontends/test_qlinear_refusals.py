"""Operators of ONNX Runtime whose integers cannot be reproduced: refused by name, with a way out.

The expected paragraphs are this project's own. That the reasons are true is asked of ONNX Runtime:
it refuses a factor, ignores dilations, wraps what is beyond 32 bits, has no kernel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, runtime

ORACLE = "this project"
ORACLE_REASON = "the words of messages; their claims are checked with ONNX Runtime"

MS = "com.microsoft"


def pool(
    m: Model, kind: str, *scales: float, size: tuple[int, ...] = (3, 5, 6), **attributes: Any
) -> str:
    x = m.input(1, *size, kind=TensorProto.UINT8)
    zero = m.constant(119, np.uint8)
    first, second = (m.constant(s) for s in scales)
    return m.op(kind, x, first, zero, second, zero, domain=MS, **attributes)


def paragraph(m: Model, folder: Path, output: str) -> str:
    with pytest.raises(CompileError) as error:
        load_model(m.save(folder, output))
    (found,) = error.value.diagnostics
    return str(found)


def average(m: Model, *scales: float, **attributes: Any) -> str:
    return pool(m, "QLinearAveragePool", *scales, kernel_shape=[2, 2], **attributes)


def test_average_between_quantizers_is_a_way_out(tmp_path: Path) -> None:
    m = Model()
    x = m.op("AveragePool", m.quantize(m.input(1, 3, 5, 6), 0.1), kernel_shape=[2, 2])
    assert load_model(m.save(tmp_path, m.quantize(x, 0.1))).graph.nodes


def test_factor_that_onnx_runtime_refuses(tmp_path: Path) -> None:
    m = Model()
    output = pool(m, "QLinearGlobalAveragePool", 100.0, 0.01)
    assert paragraph(m, tmp_path, output) == (
        "error[HW0270] 'QLinearGlobalAveragePool_4' (QLinearGlobalAveragePool in small.onnx): the "
        "factor 333.333 of this QLinearGlobalAveragePool (input scale by output scale and number "
        "of elements) is outside 2^-32 to 256, because ONNX Runtime refuses to compute it, and "
        "it defines "
        "the operator. Try: quantize the output with a scale near that of the input."
    )
    with pytest.raises(Exception, match="out of computation range"):
        runtime(m.save(tmp_path, output), {"x": np.zeros((1, 3, 5, 6), np.uint8)})


def test_dilations_that_the_kernel_does_not_read(tmp_path: Path) -> None:
    m = Model()
    assert paragraph(m, tmp_path, average(m, 0.1, 0.07, dilations=[2, 1])) == (
        "error[HW0271] 'QLinearAveragePool_4' (QLinearAveragePool in small.onnx): this "
        "QLinearAveragePool has dilations [2, 1], because ONNX Runtime's kernel, which defines the "
        "operator, does not read them. Try: use dilations of 1, or an AveragePool between "
        "DequantizeLinear and QuantizeLinear."
    )


@pytest.mark.parametrize(
    ("scales", "reach", "sums"), [((1.0, 1e-8), "1.36e+10", "finite"), ((1e36, 1e36), "inf", "inf")]
)
def test_averages_beyond_the_integers_of_the_kernel(
    scales: tuple[float, float], reach: str, sums: str, tmp_path: Path
) -> None:
    m = Model()
    output = average(m, *scales)
    assert paragraph(m, tmp_path, output) == (
        "error[HW0276] 'QLinearAveragePool_4' (QLinearAveragePool in small.onnx): the averages of "
        f"this QLinearAveragePool reach {reach} steps of its output, because ONNX Runtime, which "
        "defines the operator, makes 32-bit integers of them before it limits them to 8 bits. "
        "Try: quantize the output with a scale near that of the input, both of a usual size."
    )
    (y,) = runtime(m.save(tmp_path, output), {"x": np.full((1, 3, 5, 6), 255, np.uint8)})
    assert (y != 255).all(), f"the largest elements, {sums} sums, do not give the largest result"


def test_a_scale_near_that_of_the_input_is_a_way_out_of_large_averages(tmp_path: Path) -> None:
    m = Model()
    check(m, tmp_path, average(m, 1.0, 0.37), frames=20)


def test_choice_made_while_the_network_runs(tmp_path: Path) -> None:
    m = Model()
    numbers = [m.constant(0.1), m.constant(3, np.uint8)]
    x, y = (m.input(1, 3, 5, name=n, kind=TensorProto.UINT8) for n in "xy")
    choice = m.input(1, 3, 5, name="choice", kind=TensorProto.BOOL)
    output = m.op("QLinearWhere", choice, x, *numbers, y, *numbers, *numbers, domain=MS)
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, output))
    assert [d.code for d in error.value.diagnostics] == ["HW0274"]


def test_operator_without_a_kernel(tmp_path: Path) -> None:
    m = Model()
    output = pool(m, "QLinearReduceMean", 0.1, 0.07, axes=[2], keepdims=1)
    assert paragraph(m, tmp_path, output) == (
        "error[HW0275] 'QLinearReduceMean_4' (QLinearReduceMean in small.onnx): QLinearReduceMean "
        "has no defined integers, because ONNX Runtime, whose operator it is, has a schema of it "
        "but no "
        "kernel for processors. Try: put a ReduceMean between DequantizeLinear and QuantizeLinear, "
        "or a QLinearGlobalAveragePool."
    )
    with pytest.raises(Exception, match="Could not find an implementation"):
        runtime(m.save(tmp_path, output), {"x": np.zeros((1, 3, 5, 6), np.uint8)})
