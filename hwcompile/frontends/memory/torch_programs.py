"""PyTorch in memory: exported programs with PT2E's quantizers, modules of Brevitas, and others.

`torch.onnx` writes them, except for one operator. PT2E's `quantize_per_tensor` is defined as

    clamp(round(x * (1 / scale)) + zero_point, quant_min, quant_max)

with 1 / scale rounded to float32, where ONNX's `QuantizeLinear` divides by the scale. The two
round differently now and then, so the operator is written as what it is: a product, and a
quantizer of scale 1, which divides exactly.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.memory.packages import must_have, quiet, said, stem

_INSTALL = "torch onnxscript"
_BREVITAS = "torch brevitas onnxoptimizer onnxscript"


def write_program(program: Any, example: object, folder: Path) -> Path:
    """An `ExportedProgram` as ONNX.

    Raises:
        CompileError: HW0129 when PyTorch's exporter refuses, HW0710 without onnxscript.
    """
    must_have("onnxscript", "PyTorch writes ONNX", _INSTALL)
    torch = importlib.import_module("torch")
    path = folder / "program.onnx"
    try:
        with quiet():
            written = torch.onnx.export(
                program,
                (),
                dynamo=True,
                optimize=not _quantized(program),
                verbose=False,
                custom_translation_table=_translations(torch),
            )
    except Exception as error:  # the exporter raises its own classes and PyTorch's
        raise _not_exported("torch.onnx", error) from error
    path.write_bytes(written.model_proto.SerializeToString())
    return path


def _quantized(program: Any) -> bool:
    """PT2E's quantizers are in it; folding constants would dequantize its weights."""
    return "quantized_decomposed" in program.graph_module.code


def write_module(module: Any, example: object, folder: Path) -> Path:
    """A module as QONNX where layers of Brevitas are in it, else as its exported program.

    Args:
        module: In evaluation mode.
        example: Inputs of one frame.
        folder: Where the file goes.

    Raises:
        CompileError: HW0129 without an example, in training mode, and when an exporter refuses;
            HW0710 without a package that exports.
    """
    inputs = _ready(module, example)
    if any(type(part).__module__.startswith("brevitas.") for part in module.modules()):
        return _write_qonnx(module, inputs, folder)
    export = importlib.import_module("torch").export.export
    try:
        with quiet():
            program = export(module, inputs)
    except Exception as error:
        raise _not_exported("torch.export", error) from error
    return write_program(program, None, folder)


def _write_qonnx(module: Any, inputs: tuple[Any, ...], folder: Path) -> Path:
    for package in ("onnxoptimizer", "onnxscript"):
        must_have(package, "Brevitas writes QONNX", _BREVITAS)
    path = folder / f"{stem(type(module).__name__.lower())}.onnx"
    export = importlib.import_module("brevitas.export").export_qonnx
    try:
        with quiet():
            # The exporter with dynamo leaves nothing of a QuantLSTM in the file.
            export(module, args=inputs, export_path=str(path), dynamo=False)
    except Exception as error:
        raise _not_exported("brevitas.export", error) from error
    return path


def _ready(module: Any, example: object) -> tuple[Any, ...]:
    """The example as tensors of a module that can be exported.

    Raises:
        CompileError: HW0129 without an example, or for a module in training mode.
    """
    name = type(module).__name__
    if example is None:
        raise fail(
            "HW0129",
            f"the module {name} is given without an example",
            "PyTorch exports what a module computes of one input, whose shape it does not have",
            "give example=frames[:1], an input of one frame",
        )
    # The modules that PT2E makes of programs have no mode, and say that they are in training.
    if module.training and type(module).__name__ != "GraphModule":
        raise fail(
            "HW0129",
            f"the module {name} is in training mode",
            "its normalizations and quantizers would change with every frame",
            "call .eval() first",
        )
    given = example if isinstance(example, tuple | list) else (example,)
    return tuple(_tensors(given))


def _tensors(given: tuple[object, ...] | list[object]) -> Iterator[Any]:
    """Arrays of numpy's usual float64 are float32 for a module, as frames are everywhere."""
    torch = importlib.import_module("torch")
    for each in given:
        if isinstance(each, torch.Tensor):
            yield each
        else:
            array = np.asarray(each)
            wide = array.dtype == np.float64
            yield torch.as_tensor(array.astype(np.float32) if wide else array)


def _not_exported(who: str, error: Exception) -> CompileError:
    return fail(
        "HW0129",
        f"{who} can not export this model",
        f"it says '{said(error)}'",
        "export it yourself, and compile the file",
    )


def _translations(torch: Any) -> dict[Any, Callable[..., Any]]:
    """PT2E's quantizer with PT2E's rounding, where something has registered it."""
    if not hasattr(torch.ops.quantized_decomposed, "quantize_per_tensor"):
        return {}
    opset = importlib.import_module("onnxscript").opset18
    helper = importlib.import_module("onnx").helper

    # Not postponed annotations: the exporter reads the types of the attributes from them.
    def quantize_per_tensor(x, scale, zero_point, quant_min, quant_max, dtype):  # type: ignore[no-untyped-def]
        def constant(value: float, kind: int) -> Any:
            return opset.Constant(value=helper.make_tensor("", kind, (), [value]))

        real = 1  # onnx.TensorProto.FLOAT
        product = opset.Mul(x, constant(float(np.float32(1.0 / scale)), real))
        whole = opset.QuantizeLinear(product, constant(1.0, real), constant(zero_point, dtype))
        limits = np.iinfo(helper.tensor_dtype_to_np_dtype(dtype))
        if (quant_min, quant_max) == (limits.min, limits.max):
            return whole
        return opset.Clip(whole, constant(quant_min, dtype), constant(quant_max, dtype))

    kinds = {"scale": float, "zero_point": int, "quant_min": int, "quant_max": int, "dtype": int}
    quantize_per_tensor.__annotations__ = kinds
    return {torch.ops.quantized_decomposed.quantize_per_tensor.default: quantize_per_tensor}
