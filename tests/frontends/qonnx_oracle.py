"""Small QONNX models and QONNX's own executor beside the imported network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from hwcompile.frontends.load import ImportedModel, load_model
from tests.frontends.oracle import Model, grid

onnx_exec = pytest.importorskip("qonnx.core.onnx_exec")
from qonnx.core.modelwrapper import ModelWrapper  # noqa: E402
from qonnx.util.cleanup import cleanup_model  # noqa: E402

QONNX = "qonnx.custom_op.general"
CHANNELS_LAST = "qonnx.custom_op.channels_last"


def quant(
    m: Model, x: str, scale: object, zero: object = 0.0, bits: object = 4.0, domain: str = QONNX,
    **attributes: object,
) -> str:  # fmt: skip
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"} | attributes
    constants = (m.constant(scale), m.constant(zero), m.constant(bits))
    return m.op("Quant", x, *constants, domain=domain, **attributes)


def run_both(m: Model, folder: Path, output: str) -> tuple[ImportedModel, np.ndarray, np.ndarray]:
    path = m.save(folder, output)
    imported = load_model(path)
    shape = [d.dim_value for d in m.inputs[0].type.tensor_type.shape.dim]
    x = grid(m.rng, 6, *shape[1:])
    (y,) = imported.run(x).values()
    proto = m.proto([output])
    proto.graph.output[0].CopyFrom(
        helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, *y.shape[1:]])
    )
    # QONNX infers no shapes in front of its channels-last operators.
    shapes = {c.name: list(c.dims) for c in proto.graph.initializer} | {m.inputs[0].name: shape}
    for node in proto.graph.node:
        if node.op_type == "Quant" and node.input[0] in shapes:
            known = helper.make_tensor_value_info(
                node.output[0], TensorProto.FLOAT, shapes[node.input[0]]
            )
            proto.graph.value_info.append(known)
    versions = {QONNX: 1, CHANNELS_LAST: 14}
    domains = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    proto.opset_import.extend(domains)
    oracle = cleanup_model(ModelWrapper(proto))
    result = oracle.graph.output[0].name
    source = oracle.graph.input[0].name
    expected = [onnx_exec.execute_onnx(oracle, {source: f[None]})[result] for f in x]
    return imported, y, np.concatenate(expected)
