"""`If` with a constant condition takes its branch, others are refused in words.

The oracle is ONNX Runtime.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"


def _graph(name: str, nodes: list[onnx.NodeProto], result: str) -> onnx.GraphProto:
    weights = numpy_helper.from_array(np.array([2, -3, 1, 4, -1, 2], np.float32), f"{name}_weights")
    output = onnx.ValueInfoProto(name=result)
    return helper.make_graph(nodes, name, [], [output], [weights])


def _branches(x: str, depth: int) -> tuple[onnx.GraphProto, onnx.GraphProto]:
    """Two different functions of a tensor outside; with another If inside while `depth` lasts."""
    then = helper.make_node("Mul", [x, f"then{depth}_weights"], [f"then{depth}_out"])
    other = helper.make_node("Add", [x, f"else{depth}_weights"], [f"else{depth}_out"])
    if depth:
        inner, outer = _branches(x, depth - 1)
        then = helper.make_node(
            "If", ["no"], [f"then{depth}_out"], then_branch=inner, else_branch=outer
        )
    return (
        _graph(f"then{depth}", [then], f"then{depth}_out"),
        _graph(f"else{depth}", [other], f"else{depth}_out"),
    )


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("wanted", [1, 5])
def test_a_constant_condition_takes_its_branch(wanted: int, depth: int, tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 6))
    no = m.constant(False, np.bool_)
    m.nodes.append(helper.make_node("Identity", [no], ["no"]))
    size = m.op("Gather", m.op("Shape", x), m.constant(0, np.int64))
    condition = m.op("Equal", size, m.constant(wanted, np.int64))
    then, other = _branches(x, depth)
    y = m.op("If", condition, then_branch=then, else_branch=other)
    check(m, tmp_path, m.quantize(y, 0.5))


def test_a_condition_of_the_batch_is_the_files(tmp_path: Path) -> None:
    """With a batch of 4 in the file the condition `batch == 1` is false, frame by frame too."""
    m = Model()
    x = m.quantize(m.input(4, 6))
    size = m.op("Gather", m.op("Shape", x), m.constant(0, np.int64))
    then, other = _branches(x, 0)
    condition = m.op("Equal", size, m.constant(1, np.int64))
    y = m.quantize(m.op("If", condition, then_branch=then, else_branch=other), 0.5)
    imported = load_model(m.save(tmp_path, y))
    frames = np.array([[1, 2, 3, 4, 5, 6]] * 3, np.float32)
    # x + the weights of the else branch, on the quantizers' grids.
    np.testing.assert_array_equal(imported.run(frames)[y][0], [3, -1, 4, 8, 4, 8])


def test_a_condition_of_the_network_is_refused(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 6))
    then, other = _branches(x, 0)
    condition = m.input(1, name="c", kind=onnx.TensorProto.BOOL)
    y = m.op("If", condition, then_branch=then, else_branch=other)
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert str(error.value) == (
        f"error[HW0280] '{m.nodes[-3].name}' (If in small.onnx): this If chooses its branch while "
        "the network runs, because hardware is one circuit, and only a constant condition says "
        "which. Try: export the model with fixed shapes, or simplify it with onnxsim."
    )
