"""QONNX operators on tensors whose channels are the last axis: as usual between two transposes.

The convention is that of QONNX's own executor (`ChannelsLastWrappedOp`): the first operand and the
result have their channels last, and so have the weights of a Conv, which are
(M, kernel..., C / groups). All other operands and all attributes are those of ONNX.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import Value

DOMAIN = "qonnx.custom_op.channels_last"


def with_channels_last(operator: Operator) -> Operator:
    """The operator in its own domains, and between transposes in the channels-last domain."""

    def handler(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> Sequence[Value]:
        if node.domain != DOMAIN or inputs[0] is None:
            return operator.handler(ctx, node, inputs)
        first = moved(inputs[0], lambda a, fill: np.moveaxis(a, -1, 1), 0.0, node.origin)
        others = list(inputs[1:])
        if node.op_type == "Conv" and others and others[0] is not None:
            others[0] = moved(others[0], lambda a, fill: np.moveaxis(a, -1, 1), 0.0, node.origin)
        results = operator.handler(ctx, node, [first, *others])
        return [moved(r, lambda a, fill: np.moveaxis(a, 1, -1), 0.0, node.origin) for r in results]

    made: Handler = handler
    return Operator(made, operator.folds, operator.keeps, operator.domains | {DOMAIN})
