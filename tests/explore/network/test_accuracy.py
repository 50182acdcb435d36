"""Accuracy in the loop: what is judged is what the model computes, and mistakes are an axis."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import onnx
import pytest
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

import hwcompile
from hwcompile.compiler import lowered_ways
from hwcompile.compress import apply
from hwcompile.diagnostics import fail
from hwcompile.engine.work import Here, WorkEngine
from hwcompile.explore.network import accuracy
from hwcompile.explore.network.accuracy import explore_accuracy
from hwcompile.explore.network.explore import Effort
from hwcompile.explore.network.recipes import Examples, judge, layer_names, recipes, written
from hwcompile.ir.graph import Graph
from hwcompile.options import CompileOptions
from tests.cli.running import type_command
from tests.cli.small import save
from tests.cli.test_answers import answered
from tests.explore.network.subjects import CNN
from tests.models import ROOT


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    with np.load(ROOT / "examples/digits/test_split.npz") as split:
        images = (split["images"][:count] / 16).astype(np.float32)
        return images, split["labels"][:count].astype(np.int64)


@pytest.mark.parametrize("name", ["plain", "kept50", "bits3", "layer4_kept35"])
def test_a_judged_model_is_right_where_qonnx_is(name: str, tmp_path: Path) -> None:
    images, labels = digits(16)
    np.save(tmp_path / "x.npy", images)
    (recipe,) = (each for each in recipes(layer_names(CNN)) if each.name == name)
    verdict = judge(Examples.of(CNN, tmp_path / "x.npy", labels, None), recipe)
    written(CNN, recipe, tmp_path / "m.onnx")
    wrapped = ModelWrapper(onnx.load(tmp_path / "m.onnx")).transform(InferShapes())
    (given,) = (each.name for each in wrapped.graph.input)
    (out,) = (each.name for each in wrapped.graph.output)
    right = 0
    for image, label in zip(images, labels, strict=True):
        scores = execute_onnx(wrapped, {given: image[None]})[out]
        right += int(np.argmax(scores) == label)
    assert (verdict.right, verdict.frames, verdict.problem) == (right, 16, "")
    counted = apply(tmp_path / "m.onnx", {"*": {"prune": "magnitude", "density": 1.0}},
                    tmp_path / "c.onnx")  # fmt: skip
    assert verdict.bits == sum(
        (c.weights - c.zeros) * max(int(np.ceil(np.log2(c.levels))), 1) for c in counted
    )


def test_a_front_with_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    model = save(tmp_path)
    random = np.random.default_rng(5)
    x = random.uniform(-1, 1, (40, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    real = hwcompile.compile(model, tmp_path / "own").simulate(x, level="reference").real
    np.save(tmp_path / "y.npy", np.argmax(next(iter(real.values())), axis=1))
    words = [model, "--board", "icebreaker", "--clock-mhz", "12", "--designs", "100"]
    words += ["--points", "8", "--jobs", "1", "-o", tmp_path / "front"]
    words += ["--data", tmp_path / "x.npy", "--labels", tmp_path / "y.npy"]
    outcome = type_command(monkeypatch, capsys, "explore", *words, "--json")
    assert outcome.code == 0, outcome.err
    front = answered("explore", outcome)["front"]
    assert front["notes"] == []
    designs = front["designs"]
    accuracies = {each["recipe"]: each["accuracy"] for each in designs}
    assert accuracies["plain"] == 1.0
    assert min(accuracies.values()) < 1.0
    with (tmp_path / "front/front.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["recipe"] for row in rows] == [each["recipe"] for each in designs]
    for each in designs:
        path = tmp_path / "front/models" / f"{each['recipe']}.onnx"
        schedule = tmp_path / "front/schedules" / each["schedule"]
        design = hwcompile.compile(
            path, tmp_path / "again", schedule=schedule, board="icebreaker", clock_mhz=12.0,
            force=True,
        )  # fmt: skip
        cycles = design.report["design"]["interval_cycles"]["predicted"]
        assert cycles == each["interval"]
        found = design.simulate(x, level="reference").real
        share = np.mean(
            np.argmax(next(iter(found.values())), axis=1) == np.load(tmp_path / "y.npy")
        )
        assert share == each["accuracy"]


def test_a_recipe_that_does_not_compile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    model = save(tmp_path)
    x = np.random.default_rng(5).uniform(-1, 1, (40, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    refused: list[str] = []

    def lowered(path: Path, options: CompileOptions) -> tuple[Graph, ...]:
        if path.stem != "plain" and not refused:
            refused.append(path.stem)
            raise fail("HW0202", f"no {path.stem}", "it is refused", "another")
        return lowered_ways(path, options)

    monkeypatch.setattr(accuracy, "lowered_ways", lowered)
    examples = Examples.of(model, tmp_path / "x.npy", np.zeros(40, dtype=np.int64), None)
    made = explore_accuracy(
        model, examples, [None], lambda board: (100.0,), Effort(designs=40, points=2),
        WorkEngine(Here()),
    )  # fmt: skip
    (note,) = made.refused
    assert note.startswith(f"'{refused[0]}' was left out: error[HW0202]: no {refused[0]}")
    assert refused[0] not in {point.recipe for point in made.front.points}
