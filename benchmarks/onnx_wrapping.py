"""ONNX's node tests between quantizers, and what is expected of them.

The tests of `onnx.backend.test` are of one operator each. Those of integers run as they are, and
their expectation is their own. Those of real numbers stand between quantizers:

- An input that streams is quantized by QuantizeLinear and dequantized: to int8 with zero point 3,
  or to uint8 with zero point 0 where none of the test's numbers is negative, with the smallest
  power of two as scale for which they fit. Weights of convolutions and matrices become int8
  constants behind a DequantizeLinear, without zero point. All other parameters are constants, real
  ones of operators that add products rounded to 1/1024: all sums of products are exact in float32,
  and executors can not differ by their order.
- Tests of float64 that are not about it (numpy makes it unasked) are of float32.
- An output of real numbers is quantized likewise, by the numbers that the test expects.

The expectation is ONNX Runtime's on this wrapped model, or onnx's reference implementation where
ONNX Runtime has no kernel. Each test runs on its own numbers and on two more sets of random ones in
their range.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

Array = np.ndarray[Any, Any]

ZERO_POINT = 3
LARGEST = 120
"""Steps of a quantizer that the numbers of a test take on each side of zero."""
MORE_FRAMES = 2

_ALL = range(99)
_STREAMS: dict[str, Sequence[int]] = dict.fromkeys(
    ("Add", "And", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Concat", "Div", "Equal", "Greater",
     "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mul", "Or", "Pow",
     "PRelu", "Sub", "Sum", "Where", "Xor"), _ALL
)  # fmt: skip
"""Positions of inputs that stream; of all other operators the first one."""

_WEIGHTS = {"Conv": 1, "ConvTranspose": 1, "Einsum": 1, "Gemm": 1, "MatMul": 1}
"""Position of the weights, which become int8 constants."""

_SUMS = frozenset({*_WEIGHTS})
_REAL = np.dtype(np.float32)


@dataclass(frozen=True, eq=False)
class Case:
    """A node test.

    Attributes:
        name: ONNX's name of it.
        operator: The operator that it is about.
        model: Its model, of real numbers or integers.
        inputs: Its inputs in order, as ONNX writes them.
        outputs: What it expects.
    """

    name: str
    operator: str
    model: ModelProto
    inputs: Sequence[Any]
    outputs: Sequence[Any]


@cache
def cases() -> tuple[Case, ...]:
    """All node tests of the installed onnx."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    models = {test.name: test.model for test in found if test.model is not None}
    return tuple(
        Case(test.name, _operator(models, test.name), models[test.name], *map(_arrays, sets))
        for test in found
        if test.name in models
        for sets in (test.data_sets or ())[:1]
    )


def _operator(models: Mapping[str, ModelProto], name: str) -> str:
    """What a test is about; those whose operator is spelled out have the others' names."""
    plain = name.partition("_expanded")[0]
    return str(models[plain if plain in models else name].graph.node[0].op_type)


def _arrays(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_array(value) for value in values)


def _array(value: Any) -> Any:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else value


def power_of_two(numbers: Array) -> np.float32:
    """The smallest one for which all finite numbers fit their quantizer."""
    finite = numbers[np.isfinite(numbers)].astype(np.float64)
    top, steps = float(np.abs(finite).max(initial=0)), 255 if _unsigned(numbers) else LARGEST
    return np.float32(2.0 ** np.ceil(np.log2(top / steps)) if top else 1.0)


def _unsigned(numbers: Array) -> bool:
    return not np.any(numbers < 0)


class _Wrapping:
    """Nodes and constants that are added to a model."""

    def __init__(self, case: Case) -> None:
        self.case, self.model = case, ModelProto()
        self.model.CopyFrom(case.model)
        self.feeds: list[dict[str, Array]] = [{} for _ in range(1 + MORE_FRAMES)]
        self.random = np.random.default_rng(len(case.name))
        self.before: list[onnx.NodeProto] = []
        self.after: list[onnx.NodeProto] = []
        version = next((o.version for o in case.model.opset_import if not o.domain), 1)
        self.domain = "" if version >= 10 else "com.microsoft"

    def constant(self, name: str, array: Array) -> str:
        self.model.graph.initializer.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str) -> onnx.NodeProto:
        return helper.make_node(kind, inputs, [output], name=output, domain=self.domain)

    def grid(self, name: str, numbers: Array) -> tuple[str, str]:
        zero = np.uint8(0) if _unsigned(numbers) else np.int8(ZERO_POINT)
        scale = self.constant(f"{name}_scale", np.asarray(power_of_two(numbers)))
        return scale, self.constant(f"{name}_zero", np.asarray(zero))

    def wrap_input(self, position: int, value: onnx.ValueInfoProto, array: Array) -> None:
        name, case = value.name, self.case
        if position == _WEIGHTS.get(case.operator) and array.dtype == _REAL:
            step = np.float32(2.0 ** np.ceil(np.log2(np.abs(array).max(initial=1e-9) / LARGEST)))
            scale = self.constant(f"{name}_scale", np.asarray(step))
            zero = self.constant(f"{name}_zero", np.array(0, dtype=np.int8))
            self.constant(f"{name}_int8", np.rint(array / step).astype(np.int8))
            self.before.append(self.node("DequantizeLinear", [f"{name}_int8", scale, zero], name))
        elif position not in _STREAMS.get(case.operator, (0,)):
            if case.operator in _SUMS and array.dtype == _REAL:
                array = np.rint(array * 1024).astype(np.float32) / np.float32(1024)
            self.constant(name, array)
        else:
            self.stream(value, array)

    def stream(self, value: onnx.ValueInfoProto, array: Array) -> None:
        name = value.name
        if array.dtype != _REAL:
            self.keep(value, array)
            return
        given = onnx.ValueInfoProto()
        given.CopyFrom(value)
        given.name = f"{name}_real"
        self.keep(given, array)
        scale, zero = self.grid(name, array)
        self.before += [
            self.node("QuantizeLinear", [given.name, scale, zero], f"{name}_q"),
            self.node("DequantizeLinear", [f"{name}_q", scale, zero], name),
        ]

    def keep(self, value: onnx.ValueInfoProto, array: Array) -> None:
        self.model.graph.input.append(value)
        self.feeds[0][value.name] = array
        for feed in self.feeds[1:]:
            feed[value.name] = self.like(array)

    def like(self, array: Array) -> Array:
        if not array.size:
            return array
        if array.dtype.kind == "V":
            return np.asarray(self.random.permutation(array.reshape(-1)).reshape(array.shape))
        if array.dtype.kind == "b":
            return np.asarray(self.random.integers(0, 2, array.shape).astype(np.bool_))
        if array.dtype.kind in "iu":
            if not np.any(array == 0):  # what the test keeps from being 0 stays so
                return np.asarray(self.random.choice(array.reshape(-1), array.shape))
            low, high = int(array.min()), int(array.max())
            return np.asarray(self.random.integers(low, high, array.shape, array.dtype, True))
        finite = array[np.isfinite(array)]
        ends = float(finite.min(initial=0)), float(finite.max(initial=0))
        return np.asarray(self.random.uniform(*ends, array.shape), dtype=array.dtype)

    def wrap_output(self, value: onnx.ValueInfoProto, array: Array) -> None:
        self.model.graph.output.append(value)
        if array.dtype != _REAL:
            return
        value = self.model.graph.output[-1]
        inner = value.name
        scale, zero = self.grid(inner, array)
        value.name = f"{inner}_q"
        kind = TensorProto.UINT8 if _unsigned(array) else TensorProto.INT8
        value.type.tensor_type.elem_type = kind
        self.after.append(self.node("QuantizeLinear", [inner, scale, zero], value.name))

    def made(self) -> ModelProto:
        graph, case = self.model.graph, self.case
        inputs, outputs, nodes = list(graph.input), list(graph.output), list(graph.node)
        del graph.input[:], graph.output[:], graph.node[:]
        for position, (value, array) in enumerate(zip(inputs, case.inputs, strict=True)):
            self.wrap_input(position, value, array)
        for value, array in zip(outputs, case.outputs, strict=True):
            self.wrap_output(value, array)
        graph.node.extend([*self.before, *nodes, *self.after])
        if self.domain:
            self.model.opset_import.append(helper.make_opsetid(self.domain, 1))
        return self.model


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(
        isinstance(v, np.ndarray | np.generic)
        and (v.dtype.kind in "fiub" or v.dtype.name in ("int2", "uint2", "int4", "uint4"))
        for v in values
    )


def wrapped(case: Case) -> tuple[ModelProto, list[dict[str, Array]]]:
    """The case between quantizers, and sets of arrays by input.

    Where inputs or outputs are no tensors of numbers, it is as ONNX writes it.
    """
    if not _are_numbers(case.inputs) or not _are_numbers(case.outputs):
        names = [value.name for value in case.model.graph.input]
        return case.model, [dict(zip(names, case.inputs, strict=False))]
    work = _Wrapping(_in_single_precision(case))
    return work.made(), work.feeds


def _in_single_precision(case: Case) -> Case:
    """The case with float32 where it has float64, as numpy makes it unasked; casts stay."""
    numbers = [[np.asarray(a) for a in arrays] for arrays in (case.inputs, case.outputs)]
    if case.operator in ("BitCast", "Cast", "CastLike", "Max", "Min"):
        return replace(case, inputs=numbers[0], outputs=numbers[1])
    model = ModelProto()
    model.CopyFrom(case.model)
    for value in (*model.graph.input, *model.graph.output):
        if value.type.tensor_type.elem_type == TensorProto.DOUBLE:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    single = [[a.astype(_REAL) if a.dtype == np.float64 else a for a in side] for side in numbers]
    return replace(case, model=model, inputs=single[0], outputs=single[1])


def expected_of(
    case: Case, model: ModelProto, feeds: Sequence[Mapping[str, Array]]
) -> tuple[list[list[Array]], str]:
    """Outputs of a wrapped model for each set of arrays, and who computed them.

    Where nothing was wrapped, the outputs of the first set are those that the test expects.
    """
    try:
        expected, oracle = _by_runtime(model, feeds), "ONNX Runtime"
    except Exception:  # ONNX Runtime raises several classes of its own
        expected, oracle = _by_reference(model, feeds), "onnx"
    found = [[np.asarray(a) for a in outputs] for outputs in expected]
    names = [value.name for value in model.graph.output]
    if names == [value.name for value in case.model.graph.output] and len(feeds[0]) == sum(
        value.name in feeds[0] for value in case.model.graph.input
    ):
        found[0] = [np.asarray(a) for a in case.outputs]
    return found, oracle


def _by_runtime(model: ModelProto, feeds: Sequence[Mapping[str, Array]]) -> list[Sequence[Array]]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return [session.run(None, dict(feed)) for feed in feeds]


def _by_reference(model: ModelProto, feeds: Sequence[Mapping[str, Array]]) -> list[Sequence[Any]]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        runs = [ReferenceEvaluator(model).run(None, dict(feed)) for feed in feeds]
    return [list(run) for run in runs]
