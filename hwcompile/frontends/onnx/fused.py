"""ONNX Runtime's FusedConv and FusedGemm: layers with activations, as its optimizer saves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx import linear
from hwcompile.frontends.onnx.dialect.operator import MICROSOFT_DOMAIN, Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.elementwise import meeting
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.values import Value

Inputs = Sequence[Value | None]

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "Relu": (),
    "Sigmoid": (),
    "Tanh": (),
    "LeakyRelu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"),
    "Clip": ("min", "max"),
}
"""Of each activation, as ONNX Runtime's fused_activation.cc reads them."""

_KINDS = {"LeakyRelu": "leaky_relu", "HardSigmoid": "hard_sigmoid"}


def _activated(node: SourceNode, value: Value, numbers: Sequence[float]) -> Value:
    """The value behind the node's activation.

    Raises:
        CompileError: HW0201 for an activation that no kernel fuses, HW0107 without its numbers.
    """
    name = str(node.attributes.get("activation", ""))
    if not name:
        return value
    if name not in _PARAMETERS:
        raise fail(
            "HW0201",
            f"this {node.op_type} ends in the activation '{name}'",
            f"ONNX Runtime fuses {', '.join(_PARAMETERS)}",
            "save the model without its optimizations",
            node.origin,
        )
    names = _PARAMETERS[name]
    if len(numbers) != len(names):
        raise fail(
            "HW0107",
            f"this {node.op_type} is not legal ONNX",
            f"its activation {name} takes {len(names)} numbers, not {len(numbers)}",
            "repair the exporter's output",
            node.origin,
        )
    given: dict[str, Any] = dict(zip(names, (float(n) for n in numbers), strict=True))
    if name == "Clip":
        limits = tuple(np.array(given[n], dtype=np.float32) for n in names)
        return append(lazy_of(value, node), "clip", node, limits)
    return append(lazy_of(value, node), _KINDS.get(name, name.lower()), node, **given)


def _layer(node: SourceNode, kind: str, hidden: Sequence[str]) -> SourceNode:
    """The node without its activation."""
    kept = {k: v for k, v in node.attributes.items() if k not in hidden}
    return replace(node, op_type=kind, domain="", attributes=kept)


def _conv(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """Conv, a tensor that is added, and the activation."""
    layer = _layer(node, "Conv", ("activation", "activation_params"))
    (value,) = linear.HANDLERS["Conv"].handler(ctx, layer, inputs[:3])
    if len(inputs) > 3 and inputs[3] is not None:
        value = meeting(ctx, node, value, inputs[3], "add")
    return [_activated(node, value, list(node.attributes.get("activation_params", [])))]


def _gemm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """Gemm and the activation, whose numbers are attributes of their own."""
    names = ("activation_alpha", "activation_beta", "activation_gamma")
    layer = _layer(node, "Gemm", ("activation", *names))
    (value,) = linear.HANDLERS["Gemm"].handler(ctx, layer, inputs)
    wanted = len(_PARAMETERS.get(str(node.attributes.get("activation", "")), ()))
    numbers = [float(node.attributes[n]) for n in names[:wanted] if n in node.attributes]
    return [_activated(node, value, numbers)]


def _of_runtime(handler: Callable[[Context, SourceNode, Inputs], list[Value]]) -> Operator:
    found: Handler = handler
    return Operator(found, domains=frozenset({MICROSOFT_DOMAIN}))


HANDLERS = {"FusedConv": _of_runtime(_conv), "FusedGemm": _of_runtime(_gemm)}
