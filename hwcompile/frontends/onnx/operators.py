"""All operators of ONNX and QONNX that the front end knows, by operator type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hwcompile.frontends.onnx import (
    bits,
    choosing,
    comparing,
    concat,
    conv_transpose,
    cumulative,
    deeploy,
    deeploy_ita,
    deeploy_rows,
    einsum,
    elementwise,
    fused,
    linear,
    minifloat,
    normalizing,
    pooling,
    qdq,
    qoperator,
    quant,
    quant_lstm,
    ranking,
    recurrent,
    resize,
    structure,
    taking,
    weight_blocks,
)
from hwcompile.frontends.onnx.attributes import ATTRIBUTES
from hwcompile.frontends.onnx.channels_last import with_channels_last
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.integer_layers import with_integers

REFUSED = frozenset(qoperator.REFUSED) | frozenset(recurrent.REFUSED)
"""Operators that are known only to say why they cannot be built."""

_INTEGER_LAYERS: Mapping[str, Operator] = {
    name: with_integers(linear.HANDLERS[name], linear.HANDLERS[product], axis)
    for name, product, axis in (
        ("Conv", "Conv", 1),
        ("Gemm", "MatMul", -1),
        ("MatMul", "MatMul", None),
    )
}

_WRAPPED: Mapping[str, Operator] = dict(_INTEGER_LAYERS) | {
    name: with_channels_last(table[name])
    for name, table in (
        ("Conv", _INTEGER_LAYERS),
        ("MaxPool", pooling.HANDLERS),
        ("BatchNormalization", elementwise.HANDLERS),
    )
}
"""Operators that take more than their own handlers do."""

_HANDLED: Mapping[str, Operator] = {
    name: operator
    for table in (
        structure.HANDLERS,
        choosing.HANDLERS,
        taking.HANDLERS,
        resize.HANDLERS,
        elementwise.HANDLERS,
        comparing.HANDLERS,
        bits.HANDLERS,
        cumulative.HANDLERS,
        quant.HANDLERS,
        minifloat.HANDLERS,
        fused.HANDLERS,
        qdq.HANDLERS,
        linear.HANDLERS,
        einsum.HANDLERS,
        weight_blocks.HANDLERS,
        conv_transpose.HANDLERS,
        qoperator.HANDLERS,
        pooling.HANDLERS,
        concat.HANDLERS,
        ranking.HANDLERS,
        normalizing.HANDLERS,
        deeploy.HANDLERS,
        deeploy_rows.HANDLERS,
        deeploy_ita.HANDLERS,
        recurrent.HANDLERS,
        quant_lstm.HANDLERS,
    )
    for name, operator in table.items()
} | dict(_WRAPPED)

OPERATORS: Mapping[str, Operator] = {
    name: operator if name in REFUSED else replace(operator, attributes=ATTRIBUTES.get(name, {}))
    for name, operator in _HANDLED.items()
}
