"""Keras files, and configurations of hls4ml, that can not be read: HW0297, HW0298, HW0708."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

from hwcompile.frontends.load import load_model
from tests.diagnostics.place import Place

os.environ.setdefault("KERAS_BACKEND", "jax")


def saved(at: Place, layer: str = "Dense", *arguments: Any, shape: tuple[int, ...] = (4,)) -> Path:
    """A model of one layer, `last`, in a file."""
    import keras

    x = keras.layers.Input(shape, name="x")
    model = keras.Model(x, getattr(keras.layers, layer)(*arguments, name="last")(x))
    path = at.folder / "m.keras"
    model.save(path)
    return path


def hw0101_a_keras_file_that_is_not_there(at: Place) -> None:
    load_model(at.folder / "m.keras")


def hw0102_a_truncated_keras_file(at: Place) -> None:
    path = saved(at, "Dense", 3)
    path.write_bytes(path.read_bytes()[:500])
    load_model(path)


def hw0102_a_keras_file_without_weights(at: Place) -> None:
    path = saved(at, "Dense", 3)
    with zipfile.ZipFile(path) as whole:
        part = whole.read("config.json")
    with zipfile.ZipFile(path, "w") as broken:
        broken.writestr("config.json", part)
        broken.writestr("metadata.json", "{}")
    load_model(path)


def hw0111_input_types_of_a_keras_file(at: Place) -> None:
    load_model(saved(at, "Dense", 3), {"x": "uint8:1/255"})


def hw0297_a_layer_that_hls4ml_does_not_know(at: Place) -> None:
    load_model(saved(at, "Conv3D", 2, 2, shape=(4, 5, 3, 2)))


def hw0298_a_configuration_without_a_model(at: Place) -> None:
    load_model(saved(at, "Dense", 3), formats={"LayerName": {}})


def hw0298_a_layer_that_is_not_there(at: Place) -> None:
    config = {"Model": {"Precision": "fixed<16,6>", "ReuseFactor": 1}}
    load_model(saved(at, "Dense", 3), formats=config | {"LayerName": {"first": {}}})


def hw0298_an_io_type_that_is_none(at: Place) -> None:
    load_model(saved(at, "Dense", 3), formats={"Model": {}, "IOType": "io_serial"})


def hw0298_a_configuration_that_is_not_there(at: Place) -> None:
    load_model(saved(at, "Dense", 3), formats=at.folder / "config.yml")


def hw0298_a_configuration_that_is_no_yaml(at: Place) -> None:
    (at.folder / "config.yml").write_text("Model: [1, 2")
    load_model(saved(at, "Dense", 3), formats=at.folder / "config.yml")


def hw0298_a_configuration_that_is_no_json(at: Place) -> None:
    (at.folder / "config.json").write_text('{"Model": 3')
    load_model(saved(at, "Dense", 3), formats=at.folder / "config.json")


def hw0708_a_keras_file_without_hls4ml(at: Place) -> None:
    path = saved(at, "Dense", 3)
    there = "hwcompile.frontends.hls4ml.keras_file._installed"
    at.patch.setattr(there, lambda package: package != "hls4ml")
    load_model(path)


def hw0708_a_keras_file_without_an_engine(at: Place) -> None:
    path = saved(at, "Dense", 3)
    there = "hwcompile.frontends.hls4ml.keras_file._installed"
    at.patch.setattr(there, lambda package: package in ("hls4ml", "keras"))
    load_model(path)
