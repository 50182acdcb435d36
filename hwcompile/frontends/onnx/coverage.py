"""Which operators of the source formats the front end knows, for people."""

from __future__ import annotations

from hwcompile.frontends.onnx import (
    deeploy,
    deeploy_rows,
    fused,
    minifloat,
    qoperator,
    quant,
    quant_lstm,
    recurrent,
    weight_blocks,
)
from hwcompile.frontends.onnx.absent import ABSENT
from hwcompile.frontends.onnx.operators import OPERATORS, REFUSED
from hwcompile.frontends.onnx.qlinear_maps import MAPS

_MICROSOFT = frozenset(MAPS) | {
    "QGemm",
    "MatMulIntegerToFloat",
    "QuickGelu",
    "FastGelu",
    "BiasGelu",
    *fused.HANDLERS,
    *weight_blocks.HANDLERS,
}


def refused_operators() -> dict[str, str]:
    """Why operators are refused by name, in an order that keeps reasons together."""
    known = {name: absence.why for name, absence in ABSENT.items()}
    scales = "it chooses its scales from the data while it runs"
    known |= dict.fromkeys(qoperator.DYNAMIC, scales)
    known |= {name: why for name, (why, _) in recurrent.REFUSALS.items()}
    known["QLinearReduceMean"] = "ONNX Runtime, whose operator it is, has no kernel for processors"
    return known


def covered_operators() -> dict[str, tuple[str, ...]]:
    """Operator types by domain ("" is the standard one), sorted."""
    qonnx = frozenset({*quant.HANDLERS, *quant_lstm.HANDLERS, *minifloat.HANDLERS})
    pact = frozenset(deeploy.HANDLERS) | frozenset(deeploy_rows.HANDLERS)
    domains = {
        # An If is the interpreter's.
        "": frozenset(OPERATORS) - qonnx - pact - _MICROSOFT - REFUSED | {"If"},
        "com.microsoft": _MICROSOFT | frozenset(qoperator.HANDLERS) - REFUSED,
        "qonnx.custom_op.general": qonnx,
        "PACTOps": pact,
    }
    domains["com.microsoft"] -= {"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"}
    return {domain: tuple(sorted(names)) for domain, names in domains.items()}
