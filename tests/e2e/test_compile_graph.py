"""Graphs that no front end made: what the host does around them follows from their types."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import hwcompile
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.matmul.op import Matmul

ORACLE = "numpy"
ORACLE_REASON = "products of integer matrices"

WEIGHTS = np.array([[[1, -2, 3], [4, 0, -6]]], dtype=np.int64)
ORIGIN = Origin("test", "product", "Matmul")


def graph(kind: TensorType, result: TensorType | None = None) -> Graph:
    builder = Builder("product")
    x = builder.input("x", kind)
    types = None if result is None else (result,)
    return builder.build(builder.add("y", Matmul(WEIGHTS), (x,), ORIGIN, types=types))


def test_without_scales_the_outside_numbers_are_the_integers(tmp_path: Path) -> None:
    design = hwcompile.compile_graph(
        graph(TensorType((1, 2, 3), IntType(-8, 7))), tmp_path / "b", fastest=True
    )
    x = np.random.default_rng(1).integers(-8, 8, (5, 1, 2, 3))
    result = design.simulate(x)
    np.testing.assert_array_equal(design.quantize(x)["x"], x)
    np.testing.assert_array_equal(result.real["y"], x @ WEIGHTS[0].T)
    assert result.real["y"].dtype == np.int64
    np.testing.assert_array_equal(result.raw["y"], result.real["y"])


def test_scales_and_zero_points_count_on_the_host_alone(tmp_path: Path) -> None:
    kind = TensorType((1, 2, 3), IntType(0, 15), (0.5, 0.25, 2.0), (8, 0, 1))
    plain = graph(kind)
    found = plain.types[plain.outputs[0]].element
    result = TensorType((1, 2, 2), found, (0.5, 0.125), (3, -4))
    design = hwcompile.compile_graph(graph(kind, result), tmp_path / "b", fastest=True)
    q = np.random.default_rng(2).integers(0, 16, (5, 1, 2, 3))
    real = (q - np.array(kind.zero_point)) * np.array(kind.scale)
    np.testing.assert_array_equal(design.quantize(real)["x"], q)
    out = design.simulate(real, level="reference")
    np.testing.assert_array_equal(out.raw["y"], q @ WEIGHTS[0].T)
    expected = (out.raw["y"] - np.array([3, -4])) * np.array([0.5, 0.125])
    np.testing.assert_array_equal(out.real["y"], expected)
    far = np.full((1, 1, 2, 3), 1e9)
    np.testing.assert_array_equal(design.quantize(far)["x"], np.full((1, 1, 2, 3), 15))


def test_bipolar_inputs_have_no_zero(tmp_path: Path) -> None:
    design = hwcompile.compile_graph(
        graph(TensorType((1, 1, 3), BIPOLAR)), tmp_path / "b", fastest=True
    )
    x = np.array([-0.1, 0.0, 5.0]).reshape(1, 1, 1, 3)
    np.testing.assert_array_equal(design.quantize(x)["x"].reshape(-1), [-1, 1, 1])


def test_a_graph_can_be_scheduled_and_names_itself_in_the_manifest(tmp_path: Path) -> None:
    built = graph(TensorType((1, 1, 3), IntType(-8, 7)))
    design = hwcompile.compile_graph(built, tmp_path / "b", target_cycles=6, dump_ir=True)
    assert design.report["design"]["interval_cycles"]["predicted"] <= 6
    assert (design.directory / "ir").is_dir()
    manifest = json.loads((design.directory / "manifest.json").read_text())
    assert manifest["model"]["graph"] == "product"
    assert hwcompile.load(design.directory).verify(levels=("reference",)).passed
