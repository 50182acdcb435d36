"""Recipes on model files: what is compressed computes what others' executors say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from hwcompile import compress
from tests.e2e.oracles import Array, onnxruntime_tensors, qonnx_outputs

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples" / "digits"
NETWORK = DIGITS / "digits_cnn_w3a3.onnx"

RECIPES: dict[str, dict[str, dict[str, object]]] = {
    "powers": {"*": {"method": "powers_of_two", "bits": 4}},
    "code book": {"*": {"method": "kmeans", "count": 8, "fraction": 6}},
    "binary": {"*": {"method": "binary", "axis": None}},
    "ternary and fixed": {
        "*_0": {"method": "fixed_point", "bits": 5},
        "*": {"method": "fixed_point", "bits": 3, "prune": "magnitude", "density": 0.3},
    },
    "filters": {"*": {"prune": "magnitude", "density": 0.5}},
}


def layers(model: Path) -> list[str]:
    """Names of the layers with weights."""
    graph = onnx.load(model).graph
    return [n.name or n.output[0] for n in graph.node if n.op_type in ("Conv", "MatMul", "Gemm")]


def test_dequantized_weights_are_read_with_their_scales(tmp_path: Path) -> None:
    """A QDQ file: pruned weights are the same multiples of the same steps, or 0."""
    model, target = DIGITS / "digits_cnn_int8.onnx", tmp_path / "small.onnx"
    done = compress.apply(model, {"*": {"prune": "magnitude", "density": 0.5}}, target)
    assert len(done) == len(layers(model))
    images = np.load(DIGITS / "test_split.npz")["images"][:3].astype(np.float32)
    images = images.reshape(3, *[dim.dim_value for dim in _input(target)][1:])
    design = hwcompile.compile(target, tmp_path / "b", target_cycles=40_000)
    real = next(iter(design.simulate(images, level="reference").real.values())).reshape(3, -1)
    name = onnx.load(target).graph.output[0].name
    source = onnx.load(target).graph.input[0].name
    rows = [
        onnxruntime_tensors(target, {source: image[None]}, [name], optimized=False)[0]
        for image in images
    ]
    np.testing.assert_array_equal(real, np.concatenate(rows).reshape(3, -1))


@pytest.mark.parametrize("name", ["powers", "code book", "filters"])
def test_a_compressed_network_is_equal_to_the_executor(name: str, tmp_path: Path) -> None:
    target = tmp_path / "small.onnx"
    done = compress.apply(NETWORK, RECIPES[name], target)
    assert [one.name for one in done] == layers(NETWORK)
    images = np.load(DIGITS / "test_split.npz")["images"][:3].astype(np.float32)
    design = hwcompile.compile(target, tmp_path / "b", target_cycles=40_000)
    images = images.reshape(3, *[dim.dim_value for dim in _input(target)][1:])
    got = design.simulate(images, level="reference")
    real, raw = (next(iter(part.values())).reshape(3, -1) for part in (got.real, got.raw))
    # The executor scales in front of its sums, whose floats are off in their last places; steps
    # are those of the output channels.
    step = np.abs(np.divide(real, raw, out=np.zeros_like(real), where=raw != 0)).max(axis=0)
    assert step.min() > 0
    expected = qonnx_outputs(target, images).reshape(3, -1) / step
    np.testing.assert_array_equal(np.rint(expected), raw)
    assert np.abs(expected - raw).max() < 0.01


def _input(model: Path) -> list[onnx.TensorShapeProto.Dimension]:
    return list(onnx.load(model).graph.input[0].type.tensor_type.shape.dim)


def float_model(
    path: Path, kinds: tuple[str, ...] = ("Conv", "ConvTranspose", "Gemm", "MatMul")
) -> Path:
    """A layer of every kind on shapes whose axes all differ; one weight serves two layers."""
    rng = np.random.default_rng(1)
    shapes = {"Conv": (4, 3, 2, 5), "ConvTranspose": (3, 6, 2, 2), "Gemm": (7, 5), "MatMul": (5, 9)}
    nodes, tensors = [], []
    for kind in kinds:
        tensors.append(
            numpy_helper.from_array(rng.normal(size=shapes[kind]).astype(np.float32), f"{kind}_w")
        )
        node = helper.make_node(kind, [f"{kind}_x", f"{kind}_w"], [f"{kind}_y"], f"{kind}_n")
        if kind == "Gemm":
            node.attribute.append(helper.make_attribute("transB", 1))
        nodes.append(node)
    nodes.append(helper.make_node("MatMul", ["again", "MatMul_w"], ["again_y"]))
    inputs = [helper.make_tensor_value_info(f"{kind}_x", TensorProto.FLOAT, None) for kind in kinds]
    outputs = [
        helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None) for node in nodes
    ]
    graph = helper.make_graph(nodes, "layers", inputs, outputs, tensors)
    onnx.save(helper.make_model(graph), path)
    return path


def weights_of_node(model: Path, name: str) -> Array:
    graph = onnx.load(model).graph
    node = next(n for n in graph.node if name in (n.name, n.output[0]))
    return numpy_helper.to_array(next(t for t in graph.initializer if t.name == node.input[1]))


def test_output_channels_are_found_in_every_layer(tmp_path: Path) -> None:
    """One factor per output: the axis is 0, but 1 of `MatMul`, `Gemm` and `ConvTranspose`."""
    model, target = float_model(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    compress.apply(model, {"*": {"method": "binary"}}, target)
    for name, axis in (("Conv_n", 0), ("Gemm_n", 0), ("ConvTranspose_n", 1), ("MatMul_n", 1)):
        before, after = weights_of_node(model, name), weights_of_node(target, name)
        assert before.shape == after.shape
        others = tuple(i for i in range(before.ndim) if i != axis)
        factor = np.abs(before.astype(np.float64)).mean(axis=others, keepdims=True)
        np.testing.assert_array_equal(after, (np.sign(before) * factor).astype(np.float32))


def test_a_layer_that_shares_its_weights_is_left_alone(tmp_path: Path) -> None:
    model, target = float_model(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    (done,) = compress.apply(model, {"MatMul_n": {"method": "fixed_point", "bits": 3}}, target)
    assert (done.name, done.weights) == ("MatMul_n", 45)
    assert done.levels <= 8
    np.testing.assert_array_equal(
        weights_of_node(target, "again_y"), weights_of_node(model, "MatMul_w".replace("_w", "_n"))
    )


def test_quantizers_stay_with_what_is_only_pruned(tmp_path: Path) -> None:
    target = tmp_path / "small.onnx"
    (done, *_) = compress.apply(NETWORK, {"*": {"prune": "magnitude", "density": 0.25}}, target)
    assert done.zeros == done.weights - round(done.weights * 0.25)
    before, after = (onnx.load(path).graph for path in (NETWORK, target))
    assert sorted(n.op_type for n in after.node) == sorted(n.op_type for n in before.node)
    assert len(after.initializer) == len(before.initializer)


def test_nothing_is_left_of_what_was_replaced(tmp_path: Path) -> None:
    target = tmp_path / "small.onnx"
    compress.apply(NETWORK, {"*": {"method": "binary", "axis": None}}, target)
    graph = onnx.load(target).graph
    read = {name for node in graph.node for name in node.input}
    assert {tensor.name for tensor in graph.initializer} <= read
    weights = [n for n in graph.node if n.op_type == "Quant" and "weight" in n.input[0]]
    assert not weights


def test_what_was_done_is_told(tmp_path: Path) -> None:
    recipe = {"Conv_n": {"prune": "filters", "keep": 3, "method": "powers_of_two", "bits": 4}}
    (done,) = compress.apply(float_model(tmp_path / "a.onnx"), recipe, tmp_path / "b.onnx")
    assert (done.scheme, done.weights) == ("filters, powers_of_two", 120)
    assert done.zeros >= 30
    assert 0 < done.error < 1


def test_what_a_branch_reads_stays(tmp_path: Path) -> None:
    """A constant of the graph around a branch, which nothing outside reads any more."""
    proto = onnx.load(float_model(tmp_path / "a.onnx", ("MatMul",)))
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, None)
    inner = helper.make_graph(
        [helper.make_node("Identity", ["MatMul_w"], ["r"])], "b", [], [result]
    )
    node = helper.make_node("If", ["c"], ["chosen"], then_branch=inner, else_branch=inner)
    proto.graph.node.append(node)
    proto.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    onnx.save(proto, tmp_path / "c.onnx")
    compress.apply(tmp_path / "c.onnx", {"*": {"method": "binary"}}, tmp_path / "b.onnx")
    assert "MatMul_w" in {t.name for t in onnx.load(tmp_path / "b.onnx").graph.initializer}


def test_files_are_whole_or_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model itself, a file that is none, and an interruption while writing."""
    model, target = float_model(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    before = model.read_bytes()
    with pytest.raises(ValueError, match="is the model itself: name another file"):
        compress.apply(model, {"*": {"method": "binary"}}, model)
    (tmp_path / "no.onnx").write_bytes(b"\xff" * 9)
    with pytest.raises(hwcompile.CompileError, match="HW0102"):
        compress.apply(tmp_path / "no.onnx", {"*": {"method": "binary"}}, target)

    def interrupted(proto: onnx.ModelProto, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    target.write_bytes(b"mine")
    monkeypatch.setattr(onnx, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compress.apply(model, {"*": {"method": "binary"}}, target)
    assert (model.read_bytes(), target.read_bytes()) == (before, b"mine")
    assert {p.name for p in tmp_path.iterdir()} == {"a.onnx", "b.onnx", "no.onnx"}


@pytest.mark.parametrize(
    ("recipe", "part"),
    [
        ({"nothing": {"method": "binary"}}, "fits no layer; there are Conv_n"),
        ({"*": {}}, "names none of transform, prune, factor, method"),
        ({"*": {"method": "magic"}}, "'magic' is none of balanced"),
        ({"*": {"prune": "magic"}}, "prune 'magic' is none of bank_balanced"),
        ({"*": {"method": "fixed_point"}}, "fixed_point needs bits"),
        ({"Conv_n": {"method": "fixed_point", "bits": "8"}}, "layer 'Conv_n': "),
        ({"*": {"method": "binary", "bits": 1}}, "nothing takes bits"),
        ({"Gemm_n": {"method": "separable_binary"}}, "layer 'Gemm_n': kernels are"),
    ],
)
def test_recipes_that_would_do_nothing_are_refused(
    recipe: dict[str, dict[str, object]], part: str, tmp_path: Path
) -> None:
    target = tmp_path / "b.onnx"
    with pytest.raises(ValueError, match=part):
        compress.apply(float_model(tmp_path / "a.onnx"), recipe, target)
    assert not target.exists()
