"""hwcompile as a backend of hls4ml: the same model graph, the same integers, no C++."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.hls4ml_oracle import computed, inputs_of
from benchmarks.hls4ml_sample import Sample
from benchmarks.hls4ml_zoo import samples
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.hls4ml.load import import_model_graph
from hwcompile.ir.graph import Graph
from hwcompile.plugins.hls4ml_backend import register
from hwcompile.plugins.simulation import MEANING
from hwcompile.verify.levels import LEVELS

SAMPLES = {(sample.name, sample.io_type): sample for sample in samples()}


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    """As hls4ml does through the entry point, where the package is not installed with it."""
    from hls4ml.backends import get_available_backends, register_backend
    from hls4ml.writer.writers import register_writer

    if "hwcompile" not in get_available_backends():
        register(register_backend, register_writer)


@pytest.mark.parametrize("first", ["hls4ml", "hwcompile.plugins.hls4ml_backend"])
def test_the_backend_is_there_whatever_is_imported_first(first: str) -> None:
    program = (
        f"import {first}, hls4ml\n"
        "print('found', 'hwcompile' in hls4ml.backends.get_available_backends())"
    )
    plugins = {"HLS4ML_BACKEND_PLUGINS": "hwcompile.plugins.hls4ml_backend"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **plugins},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "found True" in done.stdout.splitlines()
    assert "partially initialized" not in done.stdout


def graphs(sample: Sample, folder: Path) -> tuple[Any, Any]:
    return sample.graph(folder / "vitis"), sample.graph(folder / "own", backend="hwcompile")


@pytest.mark.parametrize("key", [("dense", "io_stream"), ("heterogeneous", "io_parallel")])
def test_both_backends_have_the_same_integers(key: tuple[str, str], tmp_path: Path) -> None:
    vitis, own = graphs(SAMPLES[key], tmp_path)
    imported = import_model_graph(vitis)
    inputs = inputs_of(imported, 50, seed=2)
    (expected,), (digits,) = computed(imported, inputs)
    own.compile()
    np.testing.assert_array_equal(np.ldexp(own.predict(inputs[0]), digits), expected)
    assert not list((tmp_path / "own").rglob("*.cpp"))


def test_a_model_traces_writes_and_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = SAMPLES["dense", "io_parallel"].graph(tmp_path, backend="hwcompile", level="rtl")
    for layer in graph.get_layers():
        layer.set_attr("trace", True)
    (x,) = inputs_of(import_model_graph(graph), 6, seed=3)
    single = x.astype(np.float32)
    outputs, layers = graph.trace(single)
    assert {name: found.shape for name, found in layers.items()} == {
        "hidden": (6, 8),
        "hidden_relu": (6, 8),
        "last": (6, 5),
        "last_softmax": (6, 5),
    }
    assert np.any(layers["hidden"] < 0)
    np.testing.assert_array_equal(layers["hidden_relu"][layers["hidden"] < 0], 0)
    np.testing.assert_array_equal(outputs, layers["last_softmax"])
    assert graph.predict(single[:1], level="reference").shape == (5,)
    assert graph.predict(single, level="reference").dtype == np.float32
    assert not (tmp_path / "hwcompile").exists()
    graph.compile()
    assert (tmp_path / "hwcompile" / "rtl").is_dir()
    with monkeypatch.context() as patch:
        patch.setattr(Graph, "evaluate", None)
        found = graph.predict(x)
    np.testing.assert_array_equal(found, graph.predict(x, level="reference"))
    graph.write()
    report = graph.build(csim=False, synth=True, cosim=True, frames=4)
    assert report["CosimReport"] == {"RTL": "SystemVerilog", "Status": "Pass", "Frames": "4"}
    assert int(report["CSynthesisReport"]["BestLatency"]) > 0


def test_compile_says_which_level_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SAMPLES["dense", "io_parallel"].graph(tmp_path, backend="hwcompile").compile()
    assert "predict answers from level reference: " in capsys.readouterr().err
    assert set(MEANING) == set(LEVELS)


def test_a_level_that_there_is_not_is_refused_at_conversion(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match=r"HW0607.*'cpp'"):
        SAMPLES["dense", "io_parallel"].graph(tmp_path, backend="hwcompile", level="cpp")


def test_inputs_that_hls4ml_refuses_are_refused(tmp_path: Path) -> None:
    graph = SAMPLES["dense", "io_parallel"].graph(tmp_path, backend="hwcompile")
    with pytest.raises(TypeError, match="float32 or float64"):
        graph.predict(np.zeros((3, 16), dtype=np.int64))
