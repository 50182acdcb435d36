"""TimeDistributed layers, listed: hls4ml's converter of Keras 3 does not know them.

The list is what its converter of Keras 2 makes, with the inner layers as its converter of Keras 3
describes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
from hls4ml.converters.keras_v3_to_hls import parse_keras_v3_model
from hls4ml.model import ModelGraph
from hls4ml.utils.config import create_config
from keras import layers

from benchmarks.hls4ml_sample import Config, Sample


@dataclass(frozen=True)
class Repeated(Sample):
    """A model of one step, for every step of a sequence.

    Attributes:
        steps: Of the sequence.
        precision: Of everything.
    """

    steps: int = 3
    precision: str = "fixed<16,6>"

    def graph(self, folder: Path, backend: str = "Vitis", **more: Any) -> Any:
        """hls4ml's model graph; its project goes to the folder."""
        keras.utils.set_random_seed(1)
        config = create_config(output_dir=str(folder), backend=backend, **more)
        config["IOType"] = self.io_type
        config["HLSConfig"] = {
            "Model": {"Precision": self.precision, "ReuseFactor": 1, "Strategy": "Latency"}
        }
        return ModelGraph.from_layer_list(config, self._layers(), ["x"], ["repeated"])

    def _layers(self) -> list[Config]:
        model = self.model()
        found = parse_keras_v3_model(model)[0]
        # A chain: hls4ml finds out itself what comes from where.
        chain = [{k: v for k, v in e.items() if k not in ("inputs", "outputs")} for e in found]
        shapes = [list(shape)[1:] for shape in (model.input_shape, model.output_shape)]
        group = {
            "class_name": "LayerGroup",
            "name": "group",
            "layer_list": chain,
            "input_layers": [],
            "output_layers": [],
            "output_shape": shapes[1],
            "data_reader": None,
        }
        wrapped = found[1] | {"inputs": ["repeated"]} if len(found) == 2 else group
        source = {
            "class_name": "InputLayer", "name": "x", "input_shape": [self.steps, *shapes[0]],
            "inputs": [], "outputs": ["x"],
        }  # fmt: skip
        marker = {
            "class_name": "TimeDistributed", "name": "repeated", "wrapped_layer": wrapped,
            "output_shape": [self.steps, *shapes[1]], "n_time_steps": self.steps,
            "inputs": ["x"], "outputs": ["repeated"],
        }  # fmt: skip
        return [source, marker]


def repeated_dense() -> Any:
    x = layers.Input((4,), name="step")
    return keras.Model(x, layers.Dense(5, name="inner", bias_initializer="random_normal")(x))


def repeated_convolution() -> Any:
    x = layers.Input((6, 2), name="step")
    return keras.Model(x, layers.Conv1D(4, 3, padding="same", name="inner")(x))


def repeated_softmax() -> Any:
    x = layers.Input((5,), name="step")
    return keras.Model(x, layers.Softmax(name="inner")(x))


def repeated_pictures() -> Any:
    x = layers.Input((5, 4, 2), name="step")
    return keras.Model(x, layers.Conv2D(3, (2, 3), name="inner")(x))


def repeated_chain() -> Any:
    """Several layers, all of them for all steps at once."""
    x = layers.Input((6, 2), name="step")
    inner = layers.Conv1D(4, 3, activation="tanh", name="inner")(x)
    return keras.Model(x, layers.Conv1D(3, 1, activation="relu", name="last")(inner))


REPEATED: tuple[Callable[[], Any], ...] = (
    repeated_dense,
    repeated_convolution,
    repeated_softmax,
    repeated_pictures,
    repeated_chain,
)


def samples() -> tuple[Sample, ...]:
    """All of them."""
    return tuple(Repeated(m.__name__, "keras2", "io_parallel", m) for m in REPEATED)
