"""All operators of ONNX and QONNX that the front end knows, by operator type."""

from __future__ import annotations

from collections.abc import Mapping

from hwcompile.frontends import (
    onnx_concat,
    onnx_elementwise,
    onnx_linear,
    onnx_pooling,
    onnx_qdq,
    onnx_qoperator,
    onnx_quant,
    onnx_ranking,
    onnx_recurrent,
    onnx_resize,
    onnx_structure,
)
from hwcompile.frontends.channels_last import with_channels_last
from hwcompile.frontends.interpreter import Operator

REFUSED = frozenset(onnx_qoperator.REFUSED) | frozenset(onnx_recurrent.REFUSED)
"""Operators that are known only to say why they cannot be built."""

OPERATORS: Mapping[str, Operator] = {
    name: operator
    for table in (
        onnx_structure.HANDLERS,
        onnx_resize.HANDLERS,
        onnx_elementwise.HANDLERS,
        onnx_quant.HANDLERS,
        onnx_qdq.HANDLERS,
        onnx_linear.HANDLERS,
        onnx_qoperator.HANDLERS,
        onnx_pooling.HANDLERS,
        onnx_concat.HANDLERS,
        onnx_ranking.HANDLERS,
        onnx_recurrent.HANDLERS,
    )
    for name, operator in table.items()
} | {
    name: with_channels_last(table[name])
    for name, table in (
        ("Conv", onnx_linear.HANDLERS),
        ("MaxPool", onnx_pooling.HANDLERS),
        ("BatchNormalization", onnx_elementwise.HANDLERS),
    )
}
