"""Keras models in files, through hls4ml's converter."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.hls4ml.configuration import HlsConfiguration, configuration_of
from hwcompile.frontends.hls4ml.graph import ModelGraph
from hwcompile.frontends.hls4ml.load import BACKENDS, import_model_graph
from hwcompile.frontends.imported import ImportedModel
from hwcompile.frontends.model_file import first_bytes

SUFFIXES = (".keras", ".h5", ".hdf5")
STARTS = (b"PK\x03\x04", b"\x89HDF\r\n\x1a\n")
"""What Keras saves: zip archives, and HDF5 files."""

ENGINES = ("tensorflow", "jax", "torch")
"""What Keras computes with, the first of those that are installed."""


def load_keras(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Path | Mapping[str, Any] | None = None,
) -> ImportedModel:
    """Import the Keras or HGQ2 model at `path` as hls4ml converts it.

    Args:
        path: The file, as Keras saves it.
        input_types: None: the configuration says what inputs are.
        formats: hls4ml's configuration, see `configuration_of`. Without one, every layer has the
            entry that hls4ml proposes, and an HGQ2 model the precisions that it was trained with.

    Raises:
        CompileError: HW0101 and HW0102 for a file that can not be read, HW0111 for input types,
            HW0297 for what hls4ml does not convert, HW0298 for a configuration, HW0708 without
            hls4ml or Keras, and those of `import_model_graph`.
    """
    path = Path(path)
    _check_file(path)
    if input_types:
        raise fail(
            "HW0111",
            "input types are given for a Keras model",
            "hls4ml's configuration says what its inputs are",
            "the precision of the input layer in the file that --formats names",
        )
    _check_packages(path)
    chosen = configuration_of(formats)
    with _quiet():
        model = _model(path)
        graph = _converted(path, model, chosen)
    return import_model_graph(graph)


def _check_file(path: Path) -> None:
    first_bytes(path, 1)
    if path.suffix.lower() == SUFFIXES[0] and not zipfile.is_zipfile(path):
        raise fail(
            "HW0102",
            f"'{path.name}' is truncated",
            "it starts as a zip archive, and has no end",
            "save or download the model again",
        )


def _check_packages(path: Path) -> None:
    missing = [f"no {name}" for name in ("hls4ml", "keras") if not _installed(name)]
    if not any(map(_installed, ENGINES)):
        missing.append(f"none of {', '.join(ENGINES)}")
    if not missing:
        return
    raise fail(
        "HW0708",
        f"'{path.name}' is a Keras model, and there is {' and '.join(missing)}",
        "such files are read by Keras and converted by hls4ml",
        'pip install "hwcompile[hls4ml]"',
    )


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what hls4ml prints while it works."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _model(path: Path) -> Any:
    """The model, on an engine that is there; HGQ2 registers its layers when it is imported."""
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", next(filter(_installed, ENGINES)))
    keras = importlib.import_module("keras")
    if _installed("hgq"):
        importlib.import_module("hgq")
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its readers throw
        raise fail(
            "HW0102",
            f"Keras can not read '{path.name}'",
            f"it says '{_sentence(error)}'",
            "save the model again with model.save('NAME.keras'); the file may be truncated, or its "
            "layers may be of a package that is not installed",
        ) from error


def _converted(path: Path, model: Any, chosen: HlsConfiguration) -> ModelGraph:
    hls4ml = importlib.import_module("hls4ml")
    available = hls4ml.backends.get_available_backends()
    backend = next(name for name in reversed(BACKENDS) if name.lower() in map(str.lower, available))
    try:
        default = hls4ml.utils.config_from_keras_model(model, granularity="name", backend=backend)
    except Exception as error:  # hls4ml's converters raise all kinds
        raise _not_converted(path, error) from error
    chosen.check_layers(default.get("LayerName", {}))
    config = dict(chosen.config) if chosen.config is not None else default
    if chosen.config is None and _trained_precisions(model):
        config = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            graph: ModelGraph = hls4ml.converters.convert_from_keras_model(
                model,
                hls_config=config,
                backend=backend,
                io_type=chosen.io_type,
                output_dir=folder,
                project_name=path.stem,
            )
        except Exception as error:
            raise _not_converted(path, error) from error
    return graph


def _trained_precisions(model: Any) -> bool:
    """The model says itself how precise every number is."""
    return any(type(layer).__module__.startswith("hgq.") for layer in model.layers)


def _not_converted(path: Path, error: Exception) -> CompileError:
    return fail(
        "HW0297",
        f"hls4ml does not convert '{path.name}'",
        f"it says '{_sentence(error)}'",
        "layers and settings that hls4ml's Vitis backend has",
    )


def _sentence(error: Exception) -> str:
    """The start of a message, in one line."""
    words = str(error).split() or [type(error).__name__]
    text = " ".join(words).rstrip(".")
    return text if len(text) <= 200 else f"{text[:200]} ..."
