"""Models of real numbers: layers, and nobody who says which integers."""

from __future__ import annotations

from hwcompile.frontends.model import SourceModel
from hwcompile.frontends.onnx.recurrent import RECURRENT

_QUANTIZERS = ("quant", "multithreshold", "trunc", "integer", "qlinear", "qgemm")
_LAYERS = frozenset({"Conv", "ConvTranspose", "MatMul", "Gemm", "Einsum"})


def is_float_model(model: SourceModel) -> bool:
    """The model has layers and real inputs, and no quantizer; recurrent cells have formats."""
    kinds = {node.op_type for node in model.nodes}
    quantized = any(word in kind.lower() for kind in kinds for word in _QUANTIZERS)
    quantized |= not kinds.isdisjoint(RECURRENT)
    floats = all(tensor.dtype.kind == "f" for tensor in model.inputs)
    return not quantized and not model.annotations and floats and bool(kinds & _LAYERS)
