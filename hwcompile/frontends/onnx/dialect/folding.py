"""Constant results, by onnx's reference implementation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceModel, SourceNode
from hwcompile.frontends.onnx.reading.nodes import proto_of


def fold(
    model: SourceModel,
    node: SourceNode,
    arrays: list[Array | None],
    captured: Mapping[str, Array],
) -> list[Array]:
    """The outputs of a node whose inputs are known.

    Args:
        model: For the version of the operators.
        node: The node.
        arrays: Its inputs; None for absent ones.
        captured: What the graphs in its attributes use from outside.

    Raises:
        CompileError: HW0201 when nobody can evaluate it.
    """
    try:
        with np.errstate(all="ignore"):
            results = _evaluate(model, node, arrays, captured)
            found = [np.asarray(a) for a in results]
        if any(a.dtype.kind in "OUSc" for a in found):
            raise TypeError("the result holds no real numbers")
        return found
    except Exception as error:  # the reference implementation raises whatever numpy raises
        raise fail(
            "HW0201",
            f"the constant operator {node.op_type} cannot be evaluated",
            f"the reference implementation says '{error}'",
            "fold the constants of the model with onnxsim, or remove the operator",
            node.origin,
        ) from error


def _evaluate(
    model: SourceModel,
    node: SourceNode,
    arrays: list[Array | None],
    captured: Mapping[str, Array],
) -> list[Any]:
    if node.op_type == "Constant":
        return [_constant_value(node)]
    feeds = {name: a for name, a in zip(node.inputs, arrays, strict=True) if name}
    feeds.update(captured)
    outputs = [name for name in node.outputs if name]
    graph = helper.make_graph(
        [proto_of(node)],
        "folded",
        [helper.make_value_info(n, helper.make_tensor_type_proto(0, None)) for n in feeds],
        [helper.make_value_info(n, helper.make_tensor_type_proto(0, None)) for n in outputs],
    )
    domains = {"": model.version} | ({node.domain: 1} if node.domain else {})
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid(d, v) for d, v in domains.items()]
    )
    results = dict(zip(outputs, ReferenceEvaluator(proto).run(outputs, feeds), strict=True))
    return [results[name] if name else np.zeros(0) for name in node.outputs]


def _constant_value(node: SourceNode) -> Any:
    for name, dtype in (("value_float", np.float32), ("value_floats", np.float32),
                        ("value_int", np.int64), ("value_ints", np.int64)):  # fmt: skip
        if name in node.attributes:
            return np.array(node.attributes[name], dtype=dtype)
    return node.attributes["sparse_value" if "sparse_value" in node.attributes else "value"]
