"""Keras models in files mean what hls4ml makes of them with the same configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")

import hls4ml
import keras
from keras import layers

from benchmarks.hls4ml_oracle import computed, hasty_compiler, inputs_of, simulated
from hwcompile.frontends.hls4ml.load import import_model_graph
from hwcompile.frontends.load import ImportedModel, load_model
from tests.cli.running import type_command

ORACLE = "hls4ml C simulation"
ORACLE_REASON = "and, where it is too slow, hls4ml's graph of the model itself"


@pytest.fixture(scope="module")
def model() -> Any:
    keras.utils.set_random_seed(3)
    x = layers.Input((7,), name="x")
    hidden = layers.Dense(5, activation="relu", name="hidden")(x)
    return keras.Model(x, layers.Dense(3, activation="tanh", name="last")(hidden))


@pytest.fixture(scope="module")
def path(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keras") / "small net.keras"
    model.save(file)
    return file


def graph_of(model: Any, config: dict[str, Any], io_type: str, folder: Path) -> Any:
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=config, backend="Vitis", io_type=io_type, output_dir=str(folder)
    )


def check_same(found: ImportedModel, expected: ImportedModel) -> None:
    """Both compute the same integers, of numbers of the same format."""
    inputs = inputs_of(expected, 50, seed=4)
    ours, theirs = computed(found, inputs), computed(expected, inputs)
    np.testing.assert_array_equal(ours[0][0], theirs[0][0])
    assert ours[1] == theirs[1]
    assert np.unique(ours[0][0]).size > 10


def proposed(model: Any) -> dict[str, Any]:
    config: dict[str, Any] = hls4ml.utils.config_from_keras_model(
        model, granularity="name", backend="Vitis"
    )
    return config


def test_without_a_configuration_layers_are_as_hls4ml_proposes(
    model: Any, path: Path, tmp_path: Path
) -> None:
    graph = graph_of(model, proposed(model), "io_parallel", tmp_path)
    check_same(load_model(path), import_model_graph(graph))


@pytest.mark.parametrize("suffix", [".yml", ".json"])
def test_a_configuration_is_handed_to_hls4ml(
    suffix: str, model: Any, path: Path, tmp_path: Path
) -> None:
    config = proposed(model)
    config["LayerName"]["x"]["Precision"]["result"] = "fixed<9,3,RND,SAT>"
    config["LayerName"]["hidden"]["Precision"]["weight"] = "fixed<5,2>"
    file = tmp_path / f"precisions{suffix}"
    file.write_text(json.dumps(config | {"IOType": "io_stream"}))  # YAML reads JSON too
    graph = graph_of(model, config, "io_stream", tmp_path)
    check_same(load_model(path, formats=file), import_model_graph(graph))


def test_the_file_of_a_project_is_one(model: Any, path: Path, tmp_path: Path) -> None:
    config = {"Model": {"Precision": "fixed<14,5>", "ReuseFactor": 2}}
    graph = graph_of(model, config, "io_parallel", tmp_path / "project")
    graph.write()
    found = load_model(path, formats=tmp_path / "project" / "hls4ml_config.yml")
    check_same(found, import_model_graph(graph))


@pytest.mark.slow
def test_integers_are_those_of_the_simulation(model: Any, path: Path, tmp_path: Path) -> None:
    graph = graph_of(model, proposed(model), "io_parallel", tmp_path / "project")
    with hasty_compiler(tmp_path):
        graph.compile()
    found = load_model(path)
    inputs = inputs_of(found, 400, seed=5)
    (values,), (digits,) = computed(found, inputs)
    np.testing.assert_array_equal(values, np.ldexp(simulated(graph, inputs)[0], digits))


def test_the_command_line_compiles_one(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def typed(*words: object) -> str:
        outcome = type_command(monkeypatch, capsys, *words)
        assert outcome.code == 0, outcome.err
        return outcome.out

    config = tmp_path / "config.json"
    config.write_text(json.dumps({"Model": {"Precision": "fixed<12,5>", "ReuseFactor": 1}}))
    build = tmp_path / "build"
    typed("compile", path, "-o", build, "--formats", config, "--target-cycles", "40")
    assert "0 mismatches" in typed("verify", build)
    assert json.loads((build / "manifest.json").read_text())["model"]["file"] == "small net.keras"
