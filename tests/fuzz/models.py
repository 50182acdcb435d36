"""Damaged models: bytes flipped and cut, and one to three things wrong that still parse.

`damaged_model` is the mutator. What it makes compiles or is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

import hwcompile
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model
from tests.frontends.test_onnx_operators import (
    CONCATS,
    ELEMENTWISE,
    ENDS,
    LINEAR,
    MOVES,
    PAIRS,
    POOLS,
)
from tests.frontends.test_onnx_qlinear import CASES as INTEGER
from tests.frontends.test_onnx_qonnx import CASES as QONNX
from tests.frontends.test_onnx_recurrent import lstm
from tests.frontends.test_random_networks import Grower
from tests.fuzz.attempts import Attempt, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.damage import damaged_bytes
from tests.fuzz.figures import Figures
from tests.fuzz.files import Files

HUGE = (1 << 16, 1 << 20, 1 << 24, 1 << 31, (1 << 31) - 1, 1 << 40, (1 << 63) - 1)
NUMBERS = (-(1 << 63), -(1 << 31), -9, -2, -1, 0, 1, 2, 3, 5, 7, 99, *HUGE)
REALS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-45, 1e38, 0.5)
TYPES = (0, *range(1, 24), 99, -1)
Damage = Callable[[onnx.ModelProto, np.random.Generator], None]
T = TypeVar("T")


def _of(rng: np.random.Generator, items: Sequence[T]) -> T:
    """One of a sequence that is not empty."""
    return items[int(rng.integers(len(items)))]


def _any(rng: np.random.Generator, items: Sequence[T]) -> T | None:
    """One of a sequence, None of an empty one."""
    return _of(rng, items) if len(items) else None


def _attribute(model: onnx.ModelProto, rng: np.random.Generator) -> AttributeProto | None:
    nodes = [n for n in model.graph.node if n.attribute] or [onnx.NodeProto()]
    return _any(rng, _of(rng, nodes).attribute)


def drop_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _any(rng, [n for n in model.graph.node if n.attribute])
    if node is not None:
        del node.attribute[int(rng.integers(len(node.attribute)))]


def change_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    a = _attribute(model, rng)
    if a is None:
        return
    if a.ints:
        a.ints[int(rng.integers(len(a.ints)))] = int(_of(rng, NUMBERS))
    elif a.type == AttributeProto.FLOAT:
        a.f = float(_of(rng, REALS))
    elif a.type == AttributeProto.STRING:
        a.s = _of(rng, (b"", b"\xff\xfe", b"NOTSET", b"SAME_UPPER", b"x" * 999, b"linear"))
    else:
        a.i = int(_of(rng, NUMBERS))


def retype_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    a = _attribute(model, rng)
    if a is not None:
        value = _of(rng, (3, 2.5, "text", [1, 2], [1.5], ["a"], np.zeros(3, np.int8)))
        name = a.name
        if isinstance(value, np.ndarray):
            value = numpy_helper.from_array(value, "v")
        a.CopyFrom(helper.make_attribute(name, value))


def break_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    a = _attribute(model, rng)
    if a is not None:
        kind = int(rng.integers(5))
        if kind == 0:
            a.type = sorted(AttributeProto.AttributeType.values())[int(rng.integers(15))]
        elif kind == 1:
            a.ref_attr_name = "outer"
        elif kind == 2:
            a.name = str(_of(rng, ("", "axis", "pads", "strides", "group", "kernel_shape")))
        elif kind == 3:
            a.ints.extend([1, 2, 3])
            a.type = AttributeProto.INTS
        else:
            del a.ints[:]


def add_attribute(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _of(rng, model.graph.node)
    name = _of(rng, ("axis", "axes", "perm", "pads", "strides", "group", "kernel_shape", "to",
                     "keepdims", "mode", "block_size", "auto_pad", "ceil_mode", "dilations",
                     "output_shape", "channels_last", "transA", "start", "nonsense"))  # fmt: skip
    value = _of(rng, (0, 1, -1, 7, [1, 1], [0], [2, 2], [-1], "SAME_UPPER", 0.5))
    node.attribute.append(helper.make_attribute(name, value))


def drop_input(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _any(rng, [n for n in model.graph.node if n.input])
    if node is not None:
        del node.input[int(rng.integers(len(node.input)))]


def rewire(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    graph = model.graph
    names = [o for n in graph.node for o in n.output] + [t.name for t in graph.initializer]
    node = _any(rng, [n for n in graph.node if n.input])
    if node is not None:
        place = int(rng.integers(len(node.input)))
        node.input[place] = _of(rng, [*names, *names, "", "nobody", graph.input[0].name])


def more_inputs(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _of(rng, model.graph.node)
    node.input.extend([_of(rng, ("", node.input[0] if node.input else "x"))] * 3)


def outputs(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _of(rng, model.graph.node)
    kind = int(rng.integers(4))
    if kind == 0:
        del node.output[:]
    elif kind == 1:
        node.output.append("more")
    elif kind == 2 and node.output:
        node.output[0] = _of(rng, ("", "x", _of(rng, model.graph.node).output[0]
                                   if _of(rng, model.graph.node).output else "y"))  # fmt: skip
    else:
        node.name = _of(rng, ("", "a" * 400, "\n\x00", "always", "../x"))


def retype_node(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node, other = _of(rng, model.graph.node), _of(rng, model.graph.node)
    kinds = (other.op_type, other.op_type, "", "If", "Loop", "Scan", "Relu", "Conv", "LSTM", "GRU",
             "Reshape", "Quant", "MultiThreshold", "QLinearAdd", "TopK", "Einsum", "Gather",
             "ArgMax", "Resize", "Pad", "Trunc", "BipolarQuant", "Softmax", "Split", "Tile",
             "Constant", "Cast", "QGemm", "QLinearConcat", "Upsample", "Clip")  # fmt: skip
    node.op_type = _of(rng, kinds)
    if rng.random() < 0.3:
        node.domain = _of(rng, ("com.microsoft", "qonnx.custom_op.general", "ai.onnx", "acme"))


def order(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    nodes = list(model.graph.node)
    a, b = (int(v) for v in rng.integers(0, len(nodes), 2))
    nodes[a], nodes[b] = nodes[b], nodes[a]
    if rng.random() < 0.3:
        nodes.pop(a)
    elif rng.random() < 0.3:
        nodes.append(nodes[b])
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def reshape_tensor(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    t = _any(rng, model.graph.initializer)
    if t is None:
        return
    array = numpy_helper.to_array(t)
    kind = int(rng.integers(6))
    if kind == 0:
        array = array.reshape(-1)
    elif kind == 1:
        array = array[None]
    elif kind == 2:
        array = np.ascontiguousarray(array.reshape(-1)[:-1])
    elif kind == 3:
        array = np.zeros((0, *array.shape), array.dtype)
    elif kind == 4 and array.size:
        array = array.reshape(-1)[0]
    else:
        array = np.tile(array, 2)
    t.CopyFrom(numpy_helper.from_array(np.asarray(array), t.name))


def refill_tensor(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    t = _any(rng, model.graph.initializer)
    if t is None:
        return
    array = np.array(numpy_helper.to_array(t))
    dtypes: tuple[npt.DTypeLike, ...] = (
        array.dtype, np.float32, np.int64, np.int8, np.uint8, np.float64, np.int32, np.bool_,
        np.float16, np.complex64, np.str_,
    )  # fmt: skip
    dtype = _of(rng, dtypes)
    with np.errstate(all="ignore"):
        if array.dtype.kind == "f" and array.size:
            array.reshape(-1)[int(rng.integers(array.size))] = _of(rng, REALS)
        elif array.dtype == np.int64 and array.size:
            array.reshape(-1)[int(rng.integers(array.size))] = int(_of(rng, NUMBERS))
        array = array.astype(object if dtype is np.str_ else dtype)
    if dtype is np.str_:
        array = np.array([b"text"] * array.size, dtype=object).reshape(array.shape)
    t.CopyFrom(numpy_helper.from_array(array, t.name))


def break_tensor(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    t = _any(rng, model.graph.initializer)
    if t is None:
        return
    kind = int(rng.integers(7))
    if kind == 0:
        t.dims.append(int(_of(rng, NUMBERS)))
    elif kind == 1 and t.dims:
        t.dims[0] = int(_of(rng, NUMBERS))
    elif kind == 2:
        t.data_type = int(_of(rng, TYPES))
    elif kind == 3:
        t.raw_data = t.raw_data[: len(t.raw_data) // 2]
    elif kind == 4:
        t.name = _of(rng, ("", _of(rng, model.graph.initializer).name, "x"))
    elif kind == 5:
        t.data_location = TensorProto.EXTERNAL
        for key, value in (("location", _of(rng, ("../../etc/passwd", "/etc/passwd", "w.bin", "",
                            "a/../../b"))), ("offset", _of(rng, ("0", "-1", "x", "99999999999"))),
                           ("length", "16")):  # fmt: skip
            t.external_data.add(key=key, value=value)
    else:
        t.float_data.extend([1.0, 2.0])


def change_input(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    value = _of(rng, model.graph.input)
    tensor = value.type.tensor_type
    kind = int(rng.integers(6))
    if kind == 0:
        tensor.elem_type = int(_of(rng, TYPES))
    elif kind == 1 and tensor.shape.dim:
        _of(rng, tensor.shape.dim).dim_value = int(_of(rng, NUMBERS))
    elif kind == 2:
        tensor.shape.dim.add(dim_value=int(_of(rng, (1, 2, 3, 0))))
    elif kind == 3:
        tensor.ClearField("shape")
    elif kind == 4 and tensor.shape.dim:
        del tensor.shape.dim[int(rng.integers(len(tensor.shape.dim)))]
    elif rng.random() < 0.5:
        value.name = _of(rng, ("", "other", "x\x00"))
    else:
        model.graph.input.append(value)


def change_model(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    kind = int(rng.integers(7))
    if kind == 0:
        model.opset_import[0].version = int(_of(rng, NUMBERS))
    elif kind == 1:
        del model.opset_import[:]
    elif kind == 2:
        model.graph.output.append(onnx.ValueInfoProto(name=_of(rng, ("nobody", "", "x"))))
    elif kind == 3:
        model.graph.output.append(model.graph.output[0])
    elif kind == 4:
        del model.graph.output[:]
    elif kind == 5:
        model.ir_version = int(_of(rng, (0, 1, 2, 3, 99)))
    else:
        model.graph.output[0].name = _of(rng, [t.name for t in model.graph.initializer] or ["x"])


def functions(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    node = _of(rng, model.graph.node)
    name = _of(rng, ("Own", node.op_type))
    inner = helper.make_node(_of(rng, ("Own", "Relu")), ["a"], ["b"], domain="own")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model.functions.append(helper.make_function("own", name, ["a"], ["b"], [inner], opsets))
    model.opset_import.append(helper.make_opsetid("own", 1))
    node.op_type, node.domain = name, "own"


def bombs(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Few bytes that ask for many elements."""
    size = int(_of(rng, HUGE))
    graph = model.graph
    name = f"bomb{len(graph.node)}"
    source = graph.node[-1].output[0] if graph.node[-1].output else "x"
    kind = int(rng.integers(7))

    def constant(value: npt.ArrayLike) -> str:
        made = f"{name}_c{len(graph.initializer)}"
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), made))
        return made

    shape = constant(np.array([size, 3], np.int64))
    nodes = [
        helper.make_node("ConstantOfShape", [shape], [name]),
        helper.make_node("Expand", [constant(np.ones(1, np.float32)), shape], [name]),
        helper.make_node("Tile", [constant(np.ones(2)), constant(np.array([size]))], [name]),
        helper.make_node("Range", [constant(np.int64(0)), constant(np.int64(size)),
                                   constant(np.int64(1))], [name]),
        helper.make_node("Pad", [source, constant(np.array([size] * 8, np.int64))], [name]),
        helper.make_node("Tile", [source, constant(np.array([1, size, 1, 1]))], [name]),
        helper.make_node("MaxPool", [source], [name], kernel_shape=[size, 3], pads=[size] * 4),
    ]  # fmt: skip
    graph.node.append(nodes[kind])
    graph.output[0].name = name
    if kind < 4:
        graph.node.append(helper.make_node("Add", [source, name], [f"{name}_y"]))
        graph.output[0].name = f"{name}_y"


def subgraphs(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    depth = int(_of(rng, (1, 2, 5, 26)))
    node = helper.make_node("Identity", ["x"], ["deep"])
    for level in range(depth):
        body = helper.make_graph([node], "g", [], [onnx.ValueInfoProto(name=node.output[0])])
        kind = "If" if rng.random() < 0.8 else "Loop"
        other = helper.make_graph([], "e", [], [onnx.ValueInfoProto(name="x")])
        extra = {"then_branch": body, "else_branch": other} if kind == "If" else {"body": body}
        node = helper.make_node(kind, ["yes"], [f"deep{level}"], **extra)
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    model.graph.node.append(node)
    model.graph.output[0].name = node.output[0]


DAMAGES: tuple[Damage, ...] = (
    drop_attribute, change_attribute, change_attribute, retype_attribute, break_attribute,
    add_attribute, drop_input, rewire, rewire, more_inputs, outputs, retype_node, retype_node,
    order, reshape_tensor, reshape_tensor, refill_tensor, refill_tensor, break_tensor,
    change_input, change_input, change_model, functions, bombs, subgraphs,
)  # fmt: skip


@cache
def _bases() -> tuple[bytes, ...]:
    """Healthy models of every kind of operator, and grown networks."""
    found = []
    for cases in (LINEAR, ELEMENTWISE, MOVES, POOLS, PAIRS, CONCATS, ENDS, INTEGER, QONNX):
        for build in cases.values():
            for quantized in (False, True):
                m = Model()
                y = build(m)
                found.append(m.proto([m.quantize(y, 0.5, 1) if quantized else y]))
    for kind in ("LSTM", "GRU"):
        m = Model()
        x = m.quantize(m.input(5, 1, 6))
        found.append(m.proto(lstm(m, x, kind=kind)[:1]))
    for seed in range(12):
        grower = Grower(seed)
        for _ in range(8):
            grower.grow()
        found.append(grower.model.proto([grower.classifier()]))
    return tuple(model.SerializeToString() for model in found)


def damaged_model(rng: np.random.Generator) -> bytes:
    """A file that no exporter writes."""
    base = _of(rng, _bases())
    if rng.random() < 0.15:
        return damaged_bytes(base, rng)
    model = onnx.ModelProto.FromString(base)
    for _ in range(int(_of(rng, (1, 1, 1, 2, 3)))):
        if model.graph.node and model.graph.input and model.graph.output:
            with suppress(Exception):  # what is broken already can not always be broken again
                _of(rng, DAMAGES)(model, rng)
    try:
        return bytes(model.SerializeToString())
    except Exception:  # a text that is none: protobuf refuses to write it
        return base[: len(base) // 2]


def _attempt(budget: Budget, whole: bool, data: bytes) -> Attempt:
    path = budget.folder / "m.onnx"
    path.write_bytes(data)
    if not whole:
        return attempt(lambda: load_model(path))
    return attempt(lambda: hwcompile.compile(path, budget.folder / "out", force=True, fastest=True))


def run(budget: Budget) -> Figures:
    """Read damaged models; every tenth is compiled as well when it can be read."""
    files = Files(budget, 2000)
    for case in budget.cases(2000):
        data = damaged_model(budget.rng(case))
        files.judge(case, "model.onnx", data, partial(_attempt, budget, case % 10 == 0))
    return files.figures
