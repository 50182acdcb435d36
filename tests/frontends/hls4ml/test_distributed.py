"""The strategy `distributed_arithmetic`: exact sums of weights as they are trained."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import hls4ml
import keras
import numpy as np
import pytest

from benchmarks.hls4ml_hgq import heterogeneous
from benchmarks.hls4ml_oracle import computed, hasty_compiler, inputs_of, simulated
from hwcompile.frontends.hls4ml.load import import_model_graph

ORACLE = "hls4ml C simulation"
ORACLE_REASON = "with da4ml where it is installed; else the latency strategy, whose sums are exact"

with_da4ml = pytest.mark.skipif(
    find_spec("da4ml") is None, reason="the package da4ml is not installed (pip install da4ml<0.6)"
)


@pytest.fixture(scope="module")
def model() -> Any:
    """Weights with bits of their own; with enough of them all sums are exact."""
    keras.utils.set_random_seed(1)
    return heterogeneous()


def graph_of(model: Any, folder: Path, strategy: str, backend: str, **options: Any) -> Any:
    config = {"Model": {"Precision": "fixed<16,6>", "ReuseFactor": 1, "Strategy": strategy}}
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=config, backend=backend, output_dir=str(folder), **options
    )


@pytest.mark.slow
def test_sums_are_those_of_exact_accumulators(model: Any, tmp_path: Path) -> None:
    names = ("distributed_arithmetic", "latency")
    ours, plain = (
        import_model_graph(graph_of(model, tmp_path / name, name, "hwcompile")) for name in names
    )
    inputs = inputs_of(plain, 50, seed=2)
    np.testing.assert_array_equal(computed(ours, inputs)[0][0], computed(plain, inputs)[0][0])


def small(bias: str, scale: float) -> Any:
    """Weights of 6 binary digits, which the configuration would round."""
    x = keras.layers.Input((5, 3), name="x")
    first = keras.layers.Conv1D(4, 2, name="first", bias_initializer=bias)(x)
    flat = keras.layers.Flatten(name="flat")(first)
    made = keras.Model(x, keras.layers.Dense(6, name="last", bias_initializer=bias)(flat))
    rng = np.random.default_rng(3)
    for layer in made.layers:
        layer.set_weights(
            [np.rint(rng.normal(0, scale, w.shape)) / 64 for w in layer.get_weights()]
        )
    return made


def rounded(model: Any, folder: Path, backend: str, io_type: str) -> Any:
    """Formats that are much coarser than the weights."""
    config = hls4ml.utils.config_from_keras_model(model, granularity="name", backend=backend)
    for name in ("first", "last"):
        entry = config["LayerName"][name]
        entry["Strategy"] = "distributed_arithmetic"
        entry["Precision"].update(result="fixed<9,5,RND,SAT>", weight="fixed<3,2>")
    config["LayerName"]["x"]["Precision"]["result"] = "fixed<8,4>"
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=config, backend=backend, io_type=io_type, output_dir=str(folder)
    )


def test_no_format_but_that_of_the_result_rounds(tmp_path: Path) -> None:
    model = small("zeros", 40.0)
    found = import_model_graph(rounded(model, tmp_path, "hwcompile", "io_parallel"))
    inputs = inputs_of(found, 60, seed=4)
    (codes,), _ = computed(found, inputs)
    grid = (np.floor(inputs[0] * 16) / 16).astype(np.float32)
    reals = fit(np.asarray(model.get_layer("first")(grid), np.float64))
    last = model.get_layer("last").get_weights()
    expected = fit(reals.reshape(60, -1) @ last[0].astype(np.float64) + last[1])
    np.testing.assert_array_equal(codes, np.ldexp(expected, 4))


def fit(reals: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """fixed<9,5,RND,SAT>."""
    return np.clip(np.floor(reals * 16 + 0.5), -256, 255) / 16


def check_simulation(own: Any, vitis: Any, folder: Path) -> None:
    found = import_model_graph(own)
    inputs = inputs_of(found, 400, seed=5)
    with hasty_compiler(folder):
        vitis.compile()
    (values,), (digits,) = computed(found, inputs)
    np.testing.assert_array_equal(values, np.ldexp(simulated(vitis, inputs)[0], digits))


@pytest.mark.slow
@with_da4ml
def test_trained_bits_are_those_of_the_simulation(model: Any, tmp_path: Path) -> None:
    own, vitis = (
        graph_of(model, tmp_path / backend, "distributed_arithmetic", backend)
        for backend in ("hwcompile", "Vitis")
    )
    check_simulation(own, vitis, tmp_path)


@pytest.mark.slow
@with_da4ml
@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_rounded_results_are_those_of_the_simulation(io_type: str, tmp_path: Path) -> None:
    model = small("random_normal", 40.0)
    own, vitis = (
        rounded(model, tmp_path / backend, backend, io_type) for backend in ("hwcompile", "Vitis")
    )
    check_simulation(own, vitis, tmp_path)
