"""Builds small ONNX models and compares the imported network with ONNX Runtime.

All scales are powers of two, so that float32 arithmetic is exact and equality is required.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from hwcompile.frontends.load import ImportedModel, load_model


class Model:
    """Collects nodes; every method returns the name of its result."""

    def __init__(self, opset: int = 17, seed: int = 0) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.rng = np.random.default_rng(seed)
        self.count = 0

    def input(self, *shape: int | str, name: str = "x", kind: int = TensorProto.FLOAT) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self.ops(kind, *inputs, outputs=1, domain=domain, **attributes)[0]

    def ops(
        self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        self.count += 1
        names = [f"t{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(
            helper.make_node(
                kind, inputs, names, name=f"{kind}_{self.count}", domain=domain, **attributes
            )
        )
        return names

    def quantize(self, x: str, scale: Any = 0.125, zero: Any = 3, dtype: Any = np.int8) -> str:
        """QuantizeLinear and DequantizeLinear."""
        s, z = self.constant(scale), self.constant(zero, dtype)
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, s, z), s, z)

    def weights(self, *shape: int, scale: Any = 0.25, axis: int = 0, zero: int = 0) -> str:
        """int8 weights behind a DequantizeLinear; `scale` may be one number per entry of `axis`."""
        w = self.constant(self.rng.integers(-20, 20, shape), np.int8)
        scales = np.asarray(scale, dtype=np.float32)
        zeros = np.full(scales.shape, zero)
        s, z = self.constant(scales), self.constant(zeros, np.int8)
        extra: dict[str, Any] = {"axis": axis} if scales.ndim else {}
        return self.op("DequantizeLinear", w, s, z, **extra)

    def proto(self, outputs: Sequence[str]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "small",
            self.inputs,
            [onnx.ValueInfoProto(name=o) for o in outputs],
            self.constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[
                helper.make_opsetid("", self.opset),
                helper.make_opsetid("com.microsoft", 1),
            ],
        )
        model.ir_version = 8
        return model

    def save(self, folder: Path, *outputs: str) -> Path:
        path = folder / "small.onnx"
        onnx.save(self.proto(outputs), str(path))
        return path


def grid(rng: np.random.Generator, frames: int, *shape: int, step: float = 0.0625) -> np.ndarray:
    """Random real numbers on a grid, so that sums are exact."""
    return (rng.integers(-200, 200, (frames, *shape)) * step).astype(np.float32)


def runtime(path: Path, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    """ONNX Runtime without graph optimizations, frame by frame."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    frames = len(next(iter(feeds.values())))
    runs = [
        session.run(None, {name: x[i : i + 1] for name, x in feeds.items()}) for i in range(frames)
    ]
    return [np.concatenate(parts) for parts in zip(*runs, strict=True)]


def check(
    model: Model, folder: Path, *outputs: str, frames: int = 3, step: float = 0.0625
) -> ImportedModel:
    """Import the model and require equality with ONNX Runtime on random inputs."""
    path = model.save(folder, *outputs)
    imported = load_model(path)
    feeds = {}
    for value in model.inputs:
        kind = value.type.tensor_type
        shape = [d.dim_value or 1 for d in kind.shape.dim]
        if kind.elem_type == TensorProto.FLOAT:
            feeds[value.name] = grid(model.rng, frames, *shape[1:], step=step)
        else:
            dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
            limits = np.iinfo(dtype)
            feeds[value.name] = model.rng.integers(
                limits.min, limits.max + 1, (frames, *shape[1:])
            ).astype(dtype)
    expected = runtime(path, feeds)
    results = imported.run(feeds)
    for name, y in zip(outputs, expected, strict=True):
        assert results[name].shape == y.shape
        np.testing.assert_array_equal(results[name], y, err_msg=name)
    return imported


def families(imported: ImportedModel) -> list[str]:
    """The op families of the network, in order."""
    return [node.op.family for node in imported.graph.nodes]
