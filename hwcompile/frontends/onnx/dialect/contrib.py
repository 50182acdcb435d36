"""Operators without an ONNX schema: how many inputs they take and what their attributes hold.

Numbers of inputs are those of ONNX Runtime's `contrib_ops` documentation, of QONNX's operator
pages, and of Deeploy's parsers; an attribute's type follows from its name, which means the same in
every operator.
"""

from __future__ import annotations

import numpy as np
from onnx import defs

from hwcompile.frontends.model import SourceNode

_PACT_INPUTS = {
    "ITAMax": 1,
    "ITAPartialMax": 1,
    "IntegerDiv": 2,
    "IntegerMean": 1,
    "RequantShift": 3,
    "TrueIntegerDiv": 1,
    "iGELU": 1,
    "iHardswish": 1,
    "iLayerNorm": 3,
    "iNoNorm": 3,
    "iRMSNorm": 2,
    "iSoftmax": 1,
}
"""Of QuantLib's operators, which write some numbers of their attributes as tensors of one."""

_INPUTS = {
    **{name: (count, count) for name, count in _PACT_INPUTS.items()},
    "FloatQuant": (6, 6),
    "FusedConv": (2, 4),
    "FusedGemm": (2, 3),
    "Quant": (4, 4),
    "IntQuant": (4, 4),
    "BipolarQuant": (2, 2),
    "Trunc": (4, 6),
    "MultiThreshold": (2, 2),
    "QLinearAdd": (7, 8),
    "QLinearMul": (7, 8),
    "QLinearAveragePool": (4, 5),
    "QLinearGlobalAveragePool": (4, 5),
    "QLinearLeakyRelu": (4, 5),
    "QLinearSigmoid": (4, 5),
    "QLinearSoftmax": (4, 5),
    "QLinearConcat": (5, 1 << 16),
    "QLinearWhere": (9, 9),
    "QGemm": (6, 9),
    "MatMulIntegerToFloat": (4, 7),
    "MatMulNBits": (3, 6),
}
"""Fewest and most inputs; absent ones at the end count when they are written as empty names."""

_OPTIONAL = {
    "QLinearAdd": (2, 5, 7), "QLinearMul": (2, 5, 7), "QLinearAveragePool": (2, 4),
    "QLinearGlobalAveragePool": (2, 4), "QLinearLeakyRelu": (2, 4), "QLinearSigmoid": (2, 4),
    "QLinearSoftmax": (4,), "QGemm": (6, 7, 8),
    "MatMulIntegerToFloat": (4, 5, 6), "Trunc": (5,), "FusedConv": (2, 3), "FusedGemm": (2,),
    "MatMulNBits": (3, 4, 5),
}  # fmt: skip
"""Positions of inputs that may be absent."""

STANDARD_NAMES = frozenset({"DequantizeLinear", "Gelu", "Pad", "QLinearConv", "QuantizeLinear"})
"""Operators of ONNX Runtime's own domain that are named like standard ones, and mean the same."""

_INTEGERS = frozenset(
    {"signed", "narrow", "group", "axis", "ceil_mode", "count_include_pad", "channels_last",
     "opset", "transA", "transB", "storage_order", "K", "N", "bits", "block_size",
     "accuracy_level"}
)  # fmt: skip
_NUMBERS = frozenset({"alpha", "beta", "out_scale", "out_bias"})
_TEXTS = frozenset({"rounding_mode", "data_layout", "out_dtype", "auto_pad", "direction"})
_LISTS = frozenset({"kernel_shape", "strides", "dilations", "pads", "output_padding"})


def is_invented(node: SourceNode) -> bool:
    """True for a standard operator's name in ONNX Runtime's domain, which has none of that name."""
    if node.domain != "com.microsoft" or node.op_type in STANDARD_NAMES:
        return False
    return defs.has(node.op_type, "")


def is_pact(node: SourceNode) -> bool:
    """True for an operator of QuantLib, which Deeploy knows by its name."""
    return node.op_type in _PACT_INPUTS


def is_number_tensor(node: SourceNode, value: object) -> bool:
    """True for a number in a tensor of one, where an operator's exporter writes it so."""
    return is_pact(node) and isinstance(value, np.ndarray) and value.size == 1


def contrib_problem(node: SourceNode) -> str:
    """Why the node is not legal; empty when it is, or when nobody knows the operator."""
    known = _INPUTS.get(node.op_type)
    if known is not None:
        fewest, most = known
        count = len(node.inputs)
        if not fewest <= count <= most:
            return f"{count} inputs, where it takes {fewest} to {most}"
        optional = _OPTIONAL.get(node.op_type, ())
        absent = [i for i, n in enumerate(node.inputs) if not n and i not in optional]
        if absent and node.op_type != "QLinearConcat":
            return f"input {absent[0]} is absent"
        if len(node.outputs) != 1:
            return f"{len(node.outputs)} outputs, where it has one"
    for name, value in node.attributes.items():
        if is_number_tensor(node, value):
            continue
        wanted = _wanted(name, value)
        if wanted:
            return f"the attribute {name} is no {wanted}"
    return ""


def _wanted(name: str, value: object) -> str:
    """What an attribute of that name must be, when it is not."""
    if name in _INTEGERS:
        return "" if isinstance(value, int) else "integer"
    if name in _NUMBERS:
        return "" if isinstance(value, int | float) else "number"
    if name in _TEXTS:
        return "" if isinstance(value, str) else "text"
    if name in _LISTS:
        whole = isinstance(value, list) and all(isinstance(v, int) for v in value)
        return "" if whole else "list of integers"
    return ""
