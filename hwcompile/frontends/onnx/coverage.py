"""Which operators of the source formats the front end knows, for people."""

from __future__ import annotations

from hwcompile.frontends.onnx import qoperator, quant, quant_lstm
from hwcompile.frontends.onnx.operators import OPERATORS, REFUSED
from hwcompile.frontends.onnx.qlinear_maps import MAPS

_MICROSOFT = frozenset(MAPS) | {
    "QGemm",
    "MatMulIntegerToFloat",
    "QuickGelu",
    "FastGelu",
    "BiasGelu",
}


def covered_operators() -> dict[str, tuple[str, ...]]:
    """Operator types by domain ("" is the standard one), sorted."""
    qonnx = frozenset(quant.HANDLERS) | frozenset(quant_lstm.HANDLERS)
    domains = {
        "": frozenset(OPERATORS) - qonnx - _MICROSOFT - REFUSED,
        "com.microsoft": _MICROSOFT | frozenset(qoperator.HANDLERS) - REFUSED,
        "qonnx.custom_op.general": qonnx,
    }
    domains["com.microsoft"] -= {"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"}
    return {domain: tuple(sorted(names)) for domain, names in domains.items()}
