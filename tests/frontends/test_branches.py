"""`If` with a constant condition takes its branch; with another one, frames take one of both.

The oracle is ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.held import named_held, with_held
from hwcompile.frontends.load import load_model
from hwcompile.ops.choice.op import Choose, Enter
from hwcompile.schedule.branches import branches_of, truths_of
from tests.frontends.oracle import Model, check, grid, runtime

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


class Nest(Model):
    """A model some of whose nodes stand in graphs of their own."""

    def branch(self, name: str, build: Callable[[], str]) -> onnx.GraphProto:
        start = len(self.nodes)
        result = build()
        nodes = self.nodes[start:]
        del self.nodes[start:]
        return helper.make_graph(nodes, name, [], [onnx.ValueInfoProto(name=result)])

    def choice(self, condition: str, then: Callable[[], str], other: Callable[[], str]) -> str:
        branches = {
            "then_branch": self.branch("yes", then),
            "else_branch": self.branch("no", other),
        }
        return self.op("If", condition, **branches)

    def layer(self, x: str, rows: int, columns: int, zero: int = 3) -> str:
        return self.quantize(self.op("MatMul", x, self.weights(rows, columns)), 4.0, zero)

    def exceeds(self, x: str, limit: float) -> str:
        """Whether the greatest element of a frame does."""
        most = self.op("ReduceMax", x, axes=[1], keepdims=0)
        return self.op("Greater", most, self.constant([limit]))


def test_each_frame_takes_the_branch_that_the_network_says(tmp_path: Path) -> None:
    """An input of the model as a result, and one tensor inside, outside and in both branches."""
    m = Nest()
    x = m.quantize(m.input(1, 6), 0.5, 0)
    kept = m.input(1, 4, name="kept")
    shared = m.quantize(m.op("Relu", x), 0.5, 0)
    result = m.choice(
        m.exceeds(x, 11.0),
        lambda: m.layer(m.layer(shared, 6, 5), 5, 4),
        lambda: m.quantize(kept, 4.0),
    )
    after = m.layer(result, 4, 3)
    imported = check(m, tmp_path, after, m.layer(shared, 6, 2), frames=24)
    ops = [type(node.op) for node in imported.graph.nodes]
    assert ops.count(Choose) == 1
    assert ops.count(Enter) == 2
    (truth,) = truths_of(imported.graph)
    random = {"x": grid(m.rng, 24, 6), "kept": grid(m.rng, 24, 4)}
    found = imported.graph.evaluate(imported.run_host_inputs(random), keep=True)[truth]
    assert 0 < found.sum() < 24
    branches_of(imported.graph)


def test_several_results_and_a_choice_inside(tmp_path: Path) -> None:
    """The inner condition is computed inside; both branches quantize the same tensor."""
    m = Nest()
    x = m.quantize(m.input(1, 6), 0.5, 0)

    def inner() -> str:
        y = m.layer(x, 6, 4)
        return m.choice(m.exceeds(y, 8.0), lambda: m.layer(y, 4, 5), lambda: m.layer(x, 6, 5))

    result = m.choice(m.exceeds(x, 10.0), inner, lambda: m.layer(m.layer(x, 6, 4), 4, 5))
    imported = check(m, tmp_path, result, frames=24)
    assert len(truths_of(imported.graph)) >= 2
    assert branches_of(imported.graph)[imported.graph.outputs[0]] == ()


def test_a_condition_that_comes_in(tmp_path: Path) -> None:
    m = Nest()
    x = m.quantize(m.input(1, 6), 0.5, 0)
    flag = m.input(1, name="flag", kind=onnx.TensorProto.INT8)
    condition = m.op("Greater", flag, m.constant([0], np.int8))
    result = m.choice(condition, lambda: m.layer(x, 6, 4), lambda: m.layer(x, 6, 4))
    check(m, tmp_path, result, frames=16)


REFUSED = {
    "numbers": "its branches give integers that mean different numbers",
    "constant": "a result of its else branch is a constant",
    "real": "a result of its then branch is no integer of the network yet",
    "shape": r"its condition has the shape \[6\]",
    "batch": "the file has a batch",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_network_can_not_choose(what: str, tmp_path: Path) -> None:
    m = Nest()
    x = m.quantize(m.input(1, 6), 0.5, 0)
    other = m.input(1, 4, name="other")
    condition = m.exceeds(x, 10.0)
    then, ways = lambda: m.layer(x, 6, 4), lambda: m.layer(x, 6, 4)
    if what == "numbers":
        ways = lambda: m.layer(x, 6, 4, zero=1)  # noqa: E731
    elif what == "constant":
        ways = lambda: m.op("Identity", m.constant(np.zeros((1, 4))))  # noqa: E731
    elif what == "real":
        then = lambda: m.op("Identity", other)  # noqa: E731
    elif what == "shape":
        condition = m.op("Greater", m.op("Reshape", x, m.constant([6], np.int64)), m.constant(1.0))
    elif what == "batch":
        m = Nest()
        x = m.quantize(m.input(4, 6), 0.5, 0)
        condition = m.exceeds(x, 10.0)
    with pytest.raises(CompileError, match=REFUSED[what]) as error:
        load_model(m.save(tmp_path, m.choice(condition, then, ways)))
    assert [d.code for d in error.value.diagnostics] == ["HW0280"]


def held_model(zero: int = 3, scale: float = 4.0) -> tuple[Nest, str]:
    """The result of a layer, or where nothing is large that of the frame before."""
    m = Nest()
    x = m.quantize(m.input(1, 6), 0.5, 0)
    kept = m.input(1, 4, name="kept")
    result = m.choice(
        m.exceeds(x, 11.0), lambda: m.layer(x, 6, 4, zero), lambda: m.quantize(kept, scale, zero)
    )
    return m, result


def test_a_held_result_is_the_one_fed_back(tmp_path: Path) -> None:
    m, name = held_model()
    path = m.save(tmp_path, name)
    model = with_held(load_model(path), {"kept": name})
    assert model.graph.inputs == ("x",)
    x, before, expected = grid(m.rng, 32, 6), np.zeros((1, 4), np.float32), []
    for frame in x:
        (before,) = runtime(path, {"x": frame[None], "kept": before})
        expected.append(before)
    np.testing.assert_array_equal(model.run({"x": x})[name], np.concatenate(expected))
    assert named_held([f"kept={name}"]) == {"kept": name}


def test_what_is_held_begins_with_one_integer(tmp_path: Path) -> None:
    """Before the first frame all elements have one code, which zero points of channels forbid."""
    m = Nest()
    x, kept = m.quantize(m.input(1, 6), 0.5, 0), m.input(1, 4, name="kept")
    scales, zeros = m.constant([4.0] * 4), m.constant([3, 3, 1, 3], np.int8)

    def quantized(y: str) -> str:
        codes = m.op("QuantizeLinear", y, scales, zeros, axis=1)
        return m.op("DequantizeLinear", codes, scales, zeros, axis=1)

    layer = lambda: quantized(m.op("MatMul", x, m.weights(6, 4)))  # noqa: E731
    name = m.choice(m.exceeds(x, 11.0), layer, lambda: quantized(kept))
    imported = check(m, tmp_path, name, frames=8)
    with pytest.raises(CompileError, match=r"HW0299.*not the same integer in all of its channels"):
        with_held(imported, {"kept": name})


def test_what_is_no_held_result(tmp_path: Path) -> None:
    m, name = held_model()
    more = m.layer(name, 4, 4)
    model = load_model(m.save(tmp_path, name, more))
    for held, words in (
        ({"x": name}, "it is not the result of an If"),
        ({"kept": more}, f"'{more}' is not what the If gives"),
        ({"kept": "z"}, "the model has no output 'z'"),
        ({"z": name}, "the model has no such input"),
    ):
        with pytest.raises(CompileError, match=words) as error:
            with_held(model, held)
        assert [d.code for d in error.value.diagnostics] == ["HW0299"]
    for text in ("kept", "kept=", "=y"):
        with pytest.raises(CompileError, match="HW0299"):
            named_held([text])
    with pytest.raises(CompileError, match="HW0299"):
        named_held(["kept=y", "kept=z"])
