"""`hwcompile.quantize`: a float model and typical inputs to a model on integers.

ONNX Runtime's `quantize_static` does it: layers of typical inputs say the ranges, and every tensor
between them gets a quantizer. The result is a model like any other, which is compiled, saved, and
run by ONNX Runtime.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from hwcompile.diagnostics import fail
from hwcompile.frontends.load import reads_roundings
from hwcompile.frontends.memory.kinds import model_file
from hwcompile.frontends.memory.packages import must_have, quiet, said
from hwcompile.frontends.onnx.einsum_nodes import with_products
from hwcompile.frontends.onnx.floats import is_float_model
from hwcompile.frontends.onnx.reading.read import read_model
from hwcompile.limits import out_of_range
from hwcompile.verify.frames import Frames, given_frames

_TYPES = {"int8": "QInt8", "uint8": "QUInt8", "int16": "QInt16", "uint16": "QUInt16"}
_FORMS = {"qdq": "QDQ", "qoperator": "QOperator"}


def quantize(
    model: object,
    calibration: Frames,
    *,
    form: str = "qdq",
    activations: str = "uint8",
    weights: str = "int8",
    per_channel: bool = True,
    example: object = None,
) -> onnx.ModelProto:
    """Quantize a float model by ONNX Runtime's `quantize_static`.

    Args:
        model: ONNX file, `onnx.ModelProto`, `torch.export.ExportedProgram` or PyTorch module.
        calibration: Typical inputs, from which the ranges of all tensors come: an array
            [frames, ...], one per input name, or an .npy or .npz file with them.
        form: "qdq" (pairs of QuantizeLinear and DequantizeLinear around every tensor), or
            "qoperator" (QLinearConv and its like).
        activations: Integers between layers: "uint8", "int8", "int16" or "uint16".
        weights: Those of layers: "int8" or "uint8".
        per_channel: Weights have a scale for each output channel, instead of one.
        example: Inputs of one frame, for a module of PyTorch; by default the first of the
            calibration, where that is an array.

    Returns:
        The model on integers, for `hwcompile.compile` or `onnx.save`.

    Raises:
        CompileError: HW0001 for a form or type that there is not, HW0287 for a model that is
            quantized already or no ONNX, HW0288 when ONNX Runtime can not quantize it, HW0605 and
            others of `given_frames` for inputs that do not fit, HW0710 without ONNX Runtime, and
            those of `model_file`.
    """
    _choice("form", form, _FORMS)
    _choice("activations", activations, _TYPES)
    _choice("weights", weights, ("int8", "uint8"))
    must_have("onnxruntime", "ONNX Runtime quantizes", '"hwcompile[oracle]"')
    if example is None and isinstance(calibration, np.ndarray):
        example = calibration[:1]
    with model_file(model, example) as path, tempfile.TemporaryDirectory() as folder:
        if path.suffix.lower() == ".keras" or not reads_roundings(path):
            raise _not_float(path.name, "it is no ONNX model, and only those are quantized here")
        source = read_model(path)
        if not is_float_model(source):
            raise _not_float(path.name, "it has quantizers, or no layer that computes real numbers")
        batch = source.inputs[0].shape[0] if source.inputs[0].shape else 1
        shapes = {each.name: (1, *each.shape[1:]) for each in source.inputs}
        types = {each.name: each.dtype for each in source.inputs}
        reader = _Reader(_feeds(calibration, shapes, types, batch))
        tools = importlib.import_module("onnxruntime.quantization")
        prepared, result = Path(folder) / "prepared.onnx", Path(folder) / "quantized.onnx"
        try:
            with quiet():
                _prepare(path, prepared)
                tools.quantize_static(
                    prepared,
                    result,
                    reader,
                    quant_format=getattr(tools.QuantFormat, _FORMS[form]),
                    activation_type=getattr(tools.QuantType, _TYPES[activations]),
                    weight_type=getattr(tools.QuantType, _TYPES[weights]),
                    per_channel=per_channel,
                )
        except Exception as error:  # ONNX Runtime raises what its parts throw
            raise fail(
                "HW0288",
                f"ONNX Runtime can not quantize '{path.name}'",
                f"it says '{said(error)}'",
                "another form or type, or quantize it yourself",
            ) from error
        return onnx.load(result)


def _prepare(path: Path, target: Path) -> None:
    """Fold constants and normalizations, so that there is nothing to quantize in them.

    Products that are written as Einsum become MatMul, which gets quantizers.
    """
    shapes = importlib.import_module("onnxruntime.quantization.shape_inference")
    shapes.quant_pre_process(path, target, skip_symbolic_shape=True)
    onnx.save(with_products(onnx.load(target)), target)


def _choice(name: str, given: str, there: Iterable[str]) -> None:
    if given not in there:
        raise out_of_range(name, given, f"one of {', '.join(there)}")


def _not_float(name: str, why: str) -> Exception:
    return fail(
        "HW0287",
        f"'{name}' is no float model that can be quantized",
        why,
        "compile it as it is; Keras models get their formats from hls4ml's configuration",
    )


class _Reader:
    """Feeds of ONNX Runtime, one after the other, as its `CalibrationDataReader` has them."""

    def __init__(self, feeds: Iterator[dict[str, np.ndarray[Any, Any]]]) -> None:
        self._feeds = feeds

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The next feed; None behind the last."""
        return next(self._feeds, None)


def _feeds(
    calibration: Frames,
    shapes: dict[str, tuple[int, ...]],
    types: dict[str, np.dtype[Any]],
    batch: int,
) -> Iterator[dict[str, np.ndarray[Any, Any]]]:
    """So many frames at a time as the model fixes; the rest is left out unless it is all there is.

    Raises:
        CompileError: Those of `given_frames`, now.
    """
    given = given_frames(calibration, shapes)
    return _batches(given.blocks(), types, batch)


def _batches(
    blocks: Iterator[dict[str, np.ndarray[Any, Any]]], types: dict[str, np.dtype[Any]], batch: int
) -> Iterator[dict[str, np.ndarray[Any, Any]]]:
    waiting: list[dict[str, np.ndarray[Any, Any]]] = []
    for block in blocks:
        for row in range(len(next(iter(block.values())))):
            waiting.append({name: x[row : row + 1] for name, x in block.items()})
            if len(waiting) == batch:
                yield _joined(waiting, types)
                waiting = []
    if waiting:  # the last frame again, so that none is left out
        yield _joined([*waiting, *[waiting[-1]] * (batch - len(waiting))], types)


def _joined(
    frames: list[dict[str, np.ndarray[Any, Any]]], types: dict[str, np.dtype[Any]]
) -> dict[str, np.ndarray[Any, Any]]:
    return {
        name: np.concatenate([frame[name] for frame in frames]).astype(kind)
        for name, kind in types.items()
    }
