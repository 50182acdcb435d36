"""ONNX's Concat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.joining import joined
from hwcompile.frontends.symbolic.values import (
    Constant,
    QuantizedConstant,
    Value,
)

Inputs = Sequence[Value | None]


def _concat(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    values = [v for v in inputs if v is not None]
    if all(isinstance(v, QuantizedConstant | Constant) for v in values):
        return [_constants(node, values)]
    axis = int(node.attributes["axis"])
    return [joined(ctx, values, axis, node)]


def _constants(node: SourceNode, values: list[Value]) -> Value:
    axis = int(node.attributes["axis"])
    quantized = [v for v in values if isinstance(v, QuantizedConstant)]
    if len(quantized) < len(values):
        arrays = [v.array for v in values if isinstance(v, QuantizedConstant | Constant)]
        return Constant(np.concatenate(arrays, axis=axis))
    return QuantizedConstant(
        np.concatenate([v.integers for v in quantized], axis=axis),
        np.concatenate([v.scale for v in quantized], axis=axis),
        np.concatenate([v.zero_point for v in quantized], axis=axis),
    )


HANDLERS = {"Concat": Operator(_concat, keeps=True)}
