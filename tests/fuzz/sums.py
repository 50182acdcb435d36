"""ONNX Runtime and QONNX node by node, with sums that do not depend on their order.

A float32 sum of products is whatever the order of its additions and the rounding of every product
make of it; the networks that hwcompile builds accumulate integers. `docs/semantics.md` says what a
sum is then: the exact integer sum of products, rounded to float32 once, times the float32 product
of the two scales; a bias is added to that. Here every operator is run by its own executor, except
those that add up: their integers are added by the ONNX reference implementation in float64, where
integers are exact, and the executors go on with the sum by that rule. So a network that differs
from ONNX Runtime and equals this one differs by the error of a float sum and by nothing else. No
tolerance is involved: both are compared for equality.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

Array = np.ndarray[Any, Any]

MOVES = {
    "Transpose", "Reshape", "Split", "Slice", "Resize", "Pad", "Concat", "Flatten",
    "DepthToSpace", "Identity", "Squeeze", "Unsqueeze",
}  # fmt: skip
"""Operators that move elements, and fill places with zeros at most."""

CHOOSES = {"MaxPool", "GlobalMaxPool", "ReduceMax"}
"""Operators that choose one of the elements."""

SUMS = {"Conv", "ConvTranspose", "MatMul", "Gemm"}
"""Operators that add up products of two operands."""

MEANS = {"AveragePool", "GlobalAveragePool", "ReduceMean"}


@dataclass(frozen=True)
class Known:
    """The integers behind real numbers: `integers * scale`, both of the tensor's shape."""

    integers: Array
    scale: Array


def evaluate(proto: onnx.ModelProto, feeds: dict[str, Array], *, exact: bool) -> dict[str, Array]:
    """The model's outputs [frames, ...]; with `exact` sums as above, else as the executors do."""
    frames = len(next(iter(feeds.values())))
    runs = [
        _Run(proto, exact).tensors({k: v[i : i + 1] for k, v in feeds.items()})
        for i in range(frames)
    ]
    outputs = [o.name for o in proto.graph.output]
    return {name: np.concatenate([run[name] for run in runs]) for name in outputs}


class _Run:
    """One frame: `values` as the executors have them, `known` where the integers are known."""

    def __init__(self, proto: onnx.ModelProto, exact: bool) -> None:
        self.proto, self.sums = proto, exact
        self.values = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer}
        self.known: dict[str, Known] = {}

    def tensors(self, feeds: dict[str, Array]) -> dict[str, Array]:
        self.values |= feeds
        for node in self.proto.graph.node:
            if node.domain.startswith(("qonnx", "onnx.brevitas")):
                self._qonnx(node)
            elif self.sums and node.op_type in SUMS:
                self._sum(node)
            elif self.sums and node.op_type in MEANS:
                self._mean(node)
            else:
                self._runtime(node)
        return self.values

    def _qonnx(self, node: onnx.NodeProto) -> None:
        from qonnx.custom_op.registry import getCustomOp

        getCustomOp(node).execute_node(self.values, self.proto.graph)
        (name,) = node.output
        y = np.asarray(self.values[name], np.float32)
        step = self.values[node.input[1]].astype(np.float64)
        if node.op_type == "MultiThreshold":
            step = np.ones(())
        scale = np.broadcast_to(step, y.shape)
        self.values[name], self.known[name] = y, Known(np.rint(y / scale), scale)

    def _runtime(self, node: onnx.NodeProto) -> None:
        inputs = [self.values[name] if name else None for name in node.input]
        self.values.update(zip(node.output, self._execute(node, inputs), strict=True))
        if node.op_type == "DequantizeLinear":
            q, scale, zero = (np.asarray(v, np.float64) for v in inputs[:3])
            shape = [1] * q.ndim
            shape[
                next((a.i for a in node.attribute if a.name == "axis"), 1) if scale.ndim else 0
            ] = -1
            if scale.ndim:
                scale, zero = scale.reshape(shape), zero.reshape(shape)
            self.known[node.output[0]] = Known(q - zero, np.broadcast_to(scale, q.shape))
        elif node.op_type in MOVES | CHOOSES:
            self._move(node, inputs)

    def _move(self, node: onnx.NodeProto, inputs: list[Array | None]) -> None:
        """Send numbered places through the node, in the order of the numbers that stand there."""
        data = node.input if node.op_type == "Concat" else node.input[:1]
        if not all(name in self.known for name in data):
            return
        found = [self.known[name] for name in data]
        integers = np.concatenate([np.zeros(1), *(k.integers.ravel() for k in found)])
        scales = np.concatenate([found[0].scale.ravel()[:1], *(k.scale.ravel() for k in found)])
        # Place 0 stands for the zeros of a padding. A chooser must find the largest number, so
        # places are numbered by size; equal numbers may be taken for each other.
        order = np.argsort(integers * scales, kind="stable")
        number = np.empty(order.size)
        number[order] = np.arange(order.size)
        number -= number[0]
        order_of = dict(zip(number.tolist(), range(number.size), strict=True))
        places, start = [], 1
        for k in found:
            part = number[start : start + k.integers.size].reshape(k.integers.shape)
            places.append(part.astype(np.float32))
            start += k.integers.size
        moved = self._execute(node, [*places, *inputs[len(data) :]])
        for name, place in zip(node.output, moved, strict=True):
            which = np.vectorize(order_of.__getitem__, otypes=[np.int64])(place.astype(float))
            self.known[name] = Known(integers[which], scales[which])

    def _sum(self, node: onnx.NodeProto) -> None:
        x, w = _common(node, *(self.known[name] for name in node.input[:2]))
        bare = onnx.NodeProto()
        bare.CopyFrom(node)
        del bare.input[2:]
        operands = (x.integers, w.integers)
        (total,) = _run(self._reference(bare), dict(zip(bare.input, operands, strict=True)))
        scale = np.float32(_scale(node, x.scale, w.scale))
        y = total.astype(np.float32) * scale
        if len(node.input) > 2:
            rank = y.ndim - 2 if node.op_type != "Gemm" else 0
            y = y + self.values[node.input[2]].reshape(-1, *[1] * rank)
        self.values[node.output[0]] = np.asarray(y, np.float32)

    def _mean(self, node: onnx.NodeProto) -> None:
        x = self.known[node.input[0]]
        if node.op_type == "AveragePool":
            total, count = self._window(node, x.integers)
            scale = x.scale.reshape(*x.scale.shape[:2], -1)[:, :, 0]
            scale = scale.reshape(*scale.shape, *[1] * (total.ndim - 2))
        else:
            axes = next((list(a.ints) for a in node.attribute if a.name == "axes"), None)
            if len(node.input) > 1:
                axes = self.values[node.input[1]].tolist()
            axis = tuple(axes) if axes else tuple(range(2, x.integers.ndim))
            total = np.sum(x.integers, axis=axis, keepdims=True)
            scale = np.max(x.scale, axis=axis, keepdims=True)
            count = np.full(total.shape, x.integers.size // total.size)
        y = total.astype(np.float32) * scale.astype(np.float32) / count.astype(np.float32)
        self.values[node.output[0]] = np.asarray(y, np.float32)

    def _window(self, node: onnx.NodeProto, x: Array) -> tuple[Array, Array]:
        """Sums of an average pool's windows, and how many elements each counts."""
        kernel = next(list(a.ints) for a in node.attribute if a.name == "kernel_shape")
        whole = next((a.i for a in node.attribute if a.name == "count_include_pad"), 0)
        conv = helper.make_node("Conv", ["x", "w"], ["y"], group=x.shape[1])
        kept = ("kernel_shape", "pads", "strides")
        conv.attribute.extend(a for a in node.attribute if a.name in kept)
        evaluator, ones = self._reference(conv), np.ones((x.shape[1], 1, *kernel))
        (total,) = _run(evaluator, {"x": x, "w": ones})
        (count,) = _run(evaluator, {"x": np.ones_like(x), "w": ones})
        return total, np.full(total.shape, ones[0].size) if whole else count

    def _reference(self, node: onnx.NodeProto) -> ReferenceEvaluator:
        kind = onnx.TensorProto.DOUBLE
        infos = [helper.make_tensor_value_info(k, kind, None) for k in node.input]
        outputs = [onnx.ValueInfoProto(name=o) for o in node.output]
        graph = helper.make_graph([node], "node", infos, outputs)
        standard = [o for o in self.proto.opset_import if not o.domain]
        return ReferenceEvaluator(helper.make_model(graph, opset_imports=standard))

    def _execute(self, node: onnx.NodeProto, inputs: list[Array | None]) -> list[Array]:
        feeds = {k: np.asarray(v) for k, v in zip(node.input, inputs, strict=True) if k}
        infos = [
            helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
            for k, v in feeds.items()
        ]
        outputs = [onnx.ValueInfoProto(name=o) for o in node.output]
        graph = helper.make_graph([node], "node", infos, outputs)
        model = helper.make_model(graph, opset_imports=list(self.proto.opset_import))
        model.ir_version = self.proto.ir_version
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads, options.log_severity_level = 1, 4
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        found: list[Array] = session.run(None, feeds)
        return found


def _run(evaluator: ReferenceEvaluator, feeds: dict[str, Array]) -> list[Array]:
    """The tensors that an evaluator of one node makes."""
    return [np.asarray(y) for y in evaluator.run(None, feeds)]


def _common(node: onnx.NodeProto, x: Known, w: Known) -> tuple[Known, Known]:
    """The operands with one scale for all products of a sum: multiples go into the integers."""
    inputs, ours = {"MatMul": ((-1,), (0,)), "Gemm": ((-1,), (1,))}.get(
        node.op_type, (tuple(range(1, x.scale.ndim)), tuple(range(1, w.scale.ndim)))
    )
    if node.op_type == "ConvTranspose":
        ours = (0, *range(2, w.scale.ndim))
    return _on_one_step(x, inputs), _on_one_step(w, ours)


def _on_one_step(known: Known, axes: tuple[int, ...]) -> Known:
    """The same numbers with one scale along the axes where it differs: the greatest divisor."""
    if np.all(known.scale == known.scale.max(axis=axes, keepdims=True)):
        return known
    fractions = np.vectorize(Fraction, otypes=[object])(known.scale)
    common = lcm(*(f.denominator for f in fractions.flat))
    whole = np.vectorize(lambda f: int(f * common), otypes=[object])(fractions)
    step = whole
    for axis in axes:
        step = np.gcd.reduce(step, axis=axis, keepdims=True)
    factor = (whole // step).astype(np.float64)
    scale = np.broadcast_to((step / common).astype(np.float64), known.scale.shape)
    return Known(known.integers * factor, scale)


def _scale(node: onnx.NodeProto, x: Array, w: Array) -> Array:
    """float32 product of the scales of a sum's operands, against the shape of its result."""
    x, w = x.astype(np.float32), w.astype(np.float32)
    if node.op_type == "MatMul":
        return np.asarray(x[..., :1] * w[0], np.float32)
    if node.op_type == "Gemm":
        return np.asarray(x[..., :1] * w[:, 0], np.float32)  # transB
    rank = x.ndim - 2
    if node.op_type == "ConvTranspose":
        ours, groups = w[0].reshape(w.shape[1], -1)[:, 0], 1
    else:
        ours, groups = w.reshape(w.shape[0], -1)[:, 0], x.shape[1] // w.shape[1]
    inputs = x.reshape(x.shape[1], -1)[:, 0].reshape(groups, -1)[:, 0]
    return np.asarray(np.repeat(inputs, ours.size // groups) * ours).reshape(-1, *[1] * rank)
