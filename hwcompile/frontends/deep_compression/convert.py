"""From the two files of a published network to a QONNX model that compiles."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx.reference import ReferenceEvaluator

from hwcompile.diagnostics import CompileError, fail, reason_of
from hwcompile.frontends.deep_compression.grids import (
    IntegerGrid,
    QuantizerPlaces,
    RoundedLayer,
    grids_of_sizes,
    quantizer_places,
    rounded_biases,
    rounded_layer,
)
from hwcompile.frontends.deep_compression.network import CaffeNetwork, read_network
from hwcompile.frontends.deep_compression.qonnx_model import LayerConstants, network_model
from hwcompile.frontends.deep_compression.stored import StoredLayer, read_stored

BITS = (2, 16)
"""Of weights and activations."""

Frames = npt.NDArray[np.floating] | npt.NDArray[np.integer]
Step = Callable[[str], None]


@dataclass(frozen=True)
class UnpackedLayer:
    """What became of the weights of a layer.

    Attributes:
        name: Of the layer.
        shape: Outputs, inputs, rows, columns.
        entries: Stored in the file.
        fillers: Of them, those that only fill a gap.
        weights: That are not zero in the model.
        levels: Different numbers in the model.
        step: Of its integers.
        error: Mean square of the change by rounding, over the mean square of the weights.
    """

    name: str
    shape: tuple[int, int, int, int]
    entries: int
    fillers: int
    weights: int
    levels: int
    step: float
    error: float


@dataclass(frozen=True)
class UnpackedNetwork:
    """What was written.

    Attributes:
        layers: Those with weights.
        steps: Of the integers of every value that has a quantizer.
        note: What the model has lost.
    """

    layers: tuple[UnpackedLayer, ...]
    steps: dict[str, float]
    note: str


def import_deep_compression(
    file: Path,
    network: Path,
    target: Path,
    *,
    weight_bits: int = 8,
    activation_bits: int = 8,
    calibration: Frames | None = None,
    steps: Path | None = None,
    progress: Step = lambda step: None,
) -> UnpackedNetwork:
    """Write the network of a file of Deep Compression's authors as a QONNX model.

    Args:
        file: The weights; see `read_stored`.
        network: The deploy network of Caffe, a .prototxt.
        target: The model to write; it appears when it is complete.
        weight_bits: Of the integers that levels are rounded to, 2 to 16.
        activation_bits: Of the integers of activations, 2 to 16.
        calibration: Inputs [frames, channels, rows, columns] as Caffe's network takes them. The
            steps of activations are the smallest powers of two with which none is cut off.
        steps: Instead of that a TOML file with the step of every value, powers of two.
        progress: Is told what begins.

    Raises:
        CompileError: HW0130 to HW0132 for the files; HW0133 for calibration and steps.
    """
    progress("reading the network")
    described = read_network(network)
    convolutions = described.convolutions
    shapes = [described.weight_shape(layer) for layer in convolutions]
    stored = read_stored(file, [layer.name for layer in convolutions], shapes)
    layers = {layer.name: one for layer, one in zip(convolutions, stored, strict=True)}
    places = quantizer_places(described)
    if (calibration is None) == (steps is None):
        given = "neither frames nor steps are" if steps is None else "both frames and steps are"
        raise _unclear(described, f"{given} given")
    if steps is not None:
        grids = _given(described, places, steps, activation_bits)
    else:
        assert calibration is not None
        sizes = _sizes(described, layers, places, calibration, progress)
        grids = grids_of_sizes(places, sizes, activation_bits)
    progress("rounding weights")
    rounded = {name: rounded_layer(one, weight_bits) for name, one in layers.items()}
    _save(network_model(described, _constants(described, places, grids, rounded), grids), target)
    found = [_unpacked(name, layers[name], rounded[name]) for name in layers]
    error = max(found, key=lambda layer: layer.error)
    note = (
        f"levels were rounded to {weight_bits} bits (at most {error.error:.2%} of a layer's mean "
        f"square lost, in '{error.name}'), activations to {activation_bits}, biases to the steps "
        "of the sums; nothing was trained again"
    )
    return UnpackedNetwork(tuple(found), {name: grid.step for name, grid in grids.items()}, note)


def _unpacked(name: str, stored: StoredLayer, rounded: RoundedLayer) -> UnpackedLayer:
    outputs, inputs, rows, columns = rounded.weights.shape
    return UnpackedLayer(
        name,
        (outputs, inputs, rows, columns),
        stored.entries,
        stored.fillers,
        int(np.count_nonzero(rounded.weights)),
        rounded.levels,
        rounded.grid.step,
        rounded.error,
    )


def _constants(
    network: CaffeNetwork,
    places: QuantizerPlaces,
    grids: Mapping[str, IntegerGrid],
    rounded: Mapping[str, RoundedLayer],
) -> dict[str, LayerConstants]:
    steps = {places.group[name]: grid.step for name, grid in grids.items()}
    found = {}
    for layer in network.convolutions:
        one = rounded[layer.name]
        step = one.grid.step * steps[places.group[layer.inputs[0]]]
        weights = (one.weights * one.grid.step).astype(np.float32)
        found[layer.name] = LayerConstants(weights, rounded_biases(one, step), one.grid)
    return found


def _sizes(
    network: CaffeNetwork,
    layers: Mapping[str, StoredLayer],
    places: QuantizerPlaces,
    frames: Frames,
    progress: Step,
) -> dict[str, float]:
    """The largest absolute number of every value, by ONNX's reference with the file's numbers."""
    shape = network.shapes[network.input]
    if frames.ndim != 4 or frames.shape[1:] != shape or not len(frames):
        said = " x ".join(map(str, frames.shape))
        why = f"the calibration data is {said}, not frames x {' x '.join(map(str, shape))}"
        raise _unclear(network, why)
    if not np.isfinite(frames).all():
        raise _unclear(network, "the calibration data has numbers that are not finite")
    constants = {name: LayerConstants(one.weights, one.biases) for name, one in layers.items()}
    inner = [name for name in places.signed if name != network.input]
    model = network_model(network, constants, {}, inner)
    evaluator = ReferenceEvaluator(model)
    sizes = {network.input: float(np.abs(frames).max())}
    for index, frame in enumerate(frames):
        progress(f"calibrating with frame {index + 1} of {len(frames)}")
        values: Any = evaluator.run(inner, {network.input: frame[None].astype(np.float32)})
        for name, value in zip(inner, values, strict=True):
            sizes[name] = max(sizes.get(name, 0.0), float(np.abs(value).max()))
    return sizes


def _given(
    network: CaffeNetwork, places: QuantizerPlaces, path: Path, bits: int
) -> dict[str, IntegerGrid]:
    """The steps that a file tells."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unclear(network, f"'{path.name}' can not be read: {reason_of(error)}") from error
    except ValueError as error:
        raise _unclear(network, f"'{path.name}' is not TOML: {error}") from error
    for name in said:
        if name not in places.signed:
            near = get_close_matches(name, places.signed, 1)
            hint = f"; the nearest that has one is '{near[0]}'" if near else ""
            raise _unclear(network, f"'{name}' in '{path.name}' is no value with a step{hint}")
    missing = [name for name in places.signed if name not in said]
    if missing:
        raise _unclear(network, f"'{path.name}' has no step for '{missing[0]}'")
    steps: dict[str, tuple[str, float]] = {}
    for name, step in said.items():
        if isinstance(step, bool) or not isinstance(step, int | float) or not _is_power(step):
            raise _unclear(network, f"the step of '{name}' is {step!r}, which is no power of two")
        first, other = steps.setdefault(places.group[name], (name, step))
        if other != step:
            raise _unclear(network, f"'{first}' and '{name}' are joined, and have different steps")
    return {
        name: IntegerGrid(float(said[name]), bits, signed) for name, signed in places.signed.items()
    }


def _is_power(step: float) -> bool:
    return bool(step > 0 and np.isfinite(step) and np.frexp(step)[0] == 0.5)


def _unclear(network: CaffeNetwork, why: str) -> CompileError:
    return fail(
        "HW0133",
        f"it is not clear what integers the activations of '{network.file}' become",
        why,
        "--calibration FRAMES.npy with inputs of the network, or --steps STEPS.toml with a power "
        "of two for every value",
    )


def _save(model: onnx.ModelProto, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".import-", dir=target.parent) as work:
        onnx.save(model, Path(work) / target.name)
        (Path(work) / target.name).replace(target)
