"""What a model of the zoo is, and how hls4ml reads it: a converter for each source of models."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import hls4ml
import keras

Config = dict[str, Any]
Edit = Callable[[Config], None]

BOTH = ("io_parallel", "io_stream")
PARALLEL = ("io_parallel",)
STREAM = ("io_stream",)


@dataclass(frozen=True)
class Sample:
    """A model with the configuration that hls4ml converts it with.

    Attributes:
        name: Of the model.
        source: What trains such models: a key of `CONVERTERS`.
        io_type: io_parallel or io_stream.
        model: Makes the model of the source; for pytorch, the module and the shapes of its inputs.
        edit: Changes hls4ml's configuration, which names every layer.
        granularity: Of the configuration; "model" gives everything one precision.
        settings: More for the function of hls4ml that makes the configuration.
    """

    name: str
    source: str
    io_type: str
    model: Callable[[], Any]
    edit: Edit | None = None
    granularity: str = "name"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def graph(self, folder: Path, backend: str = "Vitis", **more: Any) -> Any:
        """hls4ml's model graph; its project goes to the folder. The backend may know `more`."""
        keras.utils.set_random_seed(1)
        options = {"output_dir": str(folder), "backend": backend, "io_type": self.io_type, **more}
        return CONVERTERS[self.source](self, options)

    def edited(self, config: Config) -> Config:
        """The configuration as the sample wants it."""
        if self.edit is not None:
            self.edit(config)
        return config

    @property
    def config_settings(self) -> dict[str, Any]:
        """What the function that makes the configuration is told."""
        return {"granularity": self.granularity, "backend": "Vitis", **self.settings}


def _from_keras(sample: Sample, options: Config) -> Any:
    model = sample.model()
    config = hls4ml.utils.config_from_keras_model(model, **sample.config_settings)
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=sample.edited(config), **options
    )


def _from_hgq(sample: Sample, options: Config) -> Any:
    """The model says all precisions itself."""
    return hls4ml.converters.convert_from_keras_model(sample.model(), **options)


def _from_pytorch(sample: Sample, options: Config) -> Any:
    import torch

    torch.manual_seed(1)
    module, shapes = sample.model()
    module.eval()
    config = hls4ml.utils.config_from_pytorch_model(module, shapes, **sample.config_settings)
    return hls4ml.converters.convert_from_pytorch_model(
        module, hls_config=sample.edited(config), **options
    )


def _from_onnx(sample: Sample, options: Config) -> Any:
    model = sample.model()
    config = hls4ml.utils.config_from_onnx_model(model, **sample.config_settings)
    return hls4ml.converters.convert_from_onnx_model(
        model, hls_config=sample.edited(config), **options
    )


CONVERTERS: Mapping[str, Callable[[Sample, Config], Any]] = {
    "keras3": _from_keras,
    "hgq2": _from_hgq,
    "qkeras": _from_keras,
    "pytorch": _from_pytorch,
    "qonnx": _from_onnx,
}

PACKAGES = {
    "hgq2": ("hgq",),
    # HGQ2 brings a package `qkeras` of its own, which is not the one that hls4ml converts.
    "qkeras": ("tensorflow", "qkeras"),
    "pytorch": ("torch",),
    "qonnx": ("qonnx",),
    "brevitas": ("brevitas", "torch", "onnxoptimizer", "onnxscript"),
    "exported": ("torch", "onnxscript"),
    "pt2e": ("torch", "onnxscript", "torchao"),
}
"""What a source needs besides hls4ml and Keras, by the names of its imports."""

INSTALL = {"hgq": "hgq2", "qkeras": "qkeras-v3", "tensorflow": "qkeras-v3"}
"""What brings a package, where that has another name."""


def absent(source: str) -> str:
    """Why models of the source can not be built here; empty where they can."""
    missing = [package for package in PACKAGES.get(source, ()) if find_spec(package) is None]
    if not missing:
        return ""
    name = missing[0]
    return f"the package {name} is not installed (pip install {INSTALL.get(name, name)})"


def precise(result: str, data: str = "fixed<10,4>", **of_layer: Mapping[str, str]) -> Edit:
    """Results of all layers in one precision, inputs in another, and more for single layers."""

    def edit(config: Config) -> None:
        for name, entry in config["LayerName"].items():
            if isinstance(entry.get("Precision"), dict):
                entry["Precision"]["result"] = data if name in ("x", "y") else result
                entry["Precision"].update(of_layer.get(name, {}))

    return edit


def with_resource(edit: Edit | None = None) -> Edit:
    """The strategy `Resource`, which lays weights in another order."""

    def edited(config: Config) -> None:
        if edit is not None:
            edit(config)
        config["Model"]["Strategy"] = "Resource"
        for entry in config["LayerName"].values():
            if "ReuseFactor" in entry:
                entry.update(Strategy="Resource", ReuseFactor=3)

    return edited


SATURATED = precise("fixed<12,5,RND,SAT>")
