"""Integer arithmetic at the ends of its types, against ONNX Runtime's kernels.

The oracle of every result here is ONNX Runtime, or for the one type without a kernel (int16 sums)
numpy as ONNX's own reference implementation uses it. Frames are random over the whole types, so
that most results leave them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, runtime

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = (
    "numpy where ONNX Runtime has no kernel (int16 sums), as in ONNX's reference implementation"
)

Build = Callable[[Model], str]


def _given(m: Model, dtype: str, *shape: int, name: str = "x") -> str:
    """An input of small integers that arrive as `dtype`."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return m.input(1, *shape, name=name, kind=kind)


def _cast(m: Model, x: str, dtype: str) -> str:
    return m.op("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def _check(m: Model, y: str, folder: Path, scale: float = 2.0, frames: int = 24) -> None:
    """What is left of an integer tensor behind a quantizer, on random frames."""
    real = _cast(m, y, "float32")
    z = m.op("QuantizeLinear", real, m.constant(scale), m.constant(-3, np.int8))
    path = folder / "m.onnx"
    path.write_bytes(m.proto([z]).SerializeToString())
    feeds = {}
    for value in m.inputs:
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim][1:]
        limits = np.iinfo(dtype)
        feeds[value.name] = m.rng.integers(
            limits.min, limits.max, (frames, *shape), endpoint=True
        ).astype(dtype)
    expected = [
        runtime(path, {k: v[i : i + 1] for k, v in feeds.items()})[0] for i in range(frames)
    ]
    got = load_model(path).run(feeds)[z]
    np.testing.assert_array_equal(got, np.concatenate(expected))


NARROW = ("int8", "uint8", "int16", "uint16")


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul"])
def test_arithmetic_with_constants_wraps_at_its_type(kind: str, dtype: str, tmp_path: Path) -> None:
    m = Model(seed=len(kind + dtype))
    limits = np.iinfo(dtype)
    constant = m.constant(m.rng.integers(limits.min, limits.max, (3, 1)), np.dtype(dtype))
    x = m.op(kind, _given(m, dtype, 3, 5), constant)
    x = m.op(kind, m.constant(limits.max // 3, np.dtype(dtype)), x)
    _check(m, x, tmp_path, scale=2.0 if limits.max < 256 else 301.0)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul"])
def test_two_streams_wrap_at_their_type(kind: str, dtype: str, tmp_path: Path) -> None:
    m = Model(seed=len(kind + dtype))
    x = m.op(kind, _given(m, dtype, 3, 5, name="a"), _given(m, dtype, 3, 5, name="b"))
    _check(m, x, tmp_path)


WIDE: dict[str, Build] = {
    "int32 mul": lambda m: m.op(
        "Mul", _cast(m, _given(m, "int8", 3, 5), "int32"), m.constant(1 << 26, np.int32)
    ),
    "uint32 mul": lambda m: m.op(
        "Mul", _cast(m, _given(m, "uint8", 7), "uint32"), m.constant(0xFFF00001, np.uint32)
    ),
    "uint32 sub": lambda m: m.op(
        "Sub", _cast(m, _given(m, "uint8", 7), "uint32"), m.constant(100, np.uint32)
    ),
    "int64 mul": lambda m: m.op(
        "Mul", _cast(m, _given(m, "int8", 7), "int64"), m.constant((1 << 58) + 3, np.int64)
    ),
    "int64 add": lambda m: m.op(
        "Add", _cast(m, _given(m, "int8", 7), "int64"), m.constant((1 << 63) - 60, np.int64)
    ),
    "neg": lambda m: m.op("Neg", _given(m, "int8", 7)),
    "abs": lambda m: m.op("Abs", _given(m, "int8", 7)),
    "abs of int16": lambda m: m.op("Abs", _given(m, "int16", 7)),
    "square": lambda m: m.op(
        "Pow",
        m.op("Mul", _cast(m, _given(m, "int8", 7), "int32"), m.constant(9001, np.int32)),
        m.constant(2, np.int32),
    ),
    "cube": lambda m: m.op(
        "Pow",
        m.op("Mul", _cast(m, _given(m, "int8", 7), "int32"), m.constant(91, np.int32)),
        m.constant(3, np.int32),
    ),
    "power that fits": lambda m: m.op(
        "Pow", _cast(m, _given(m, "int8", 7), "int32"), m.constant([4, 1, 2, 3, 0, 4, 2], np.int32)
    ),
    "prelu": lambda m: m.op(
        "PRelu", _cast(m, _given(m, "int8", 7), "int32"), m.constant(1 << 27, np.int32)
    ),
    "div truncates": lambda m: m.op(
        "Div",
        _cast(m, _given(m, "int8", 7), "int32"),
        m.constant([3, -3, 7, 1, 5, -2, 9], np.int32),
    ),
    "div of the smallest int8": lambda m: m.op(
        "Div", _given(m, "int8", 7), m.constant(-1, np.int8)
    ),
    "shift": lambda m: m.op(
        "BitShift", _given(m, "uint8", 7), m.constant(3, np.uint8), direction="LEFT"
    ),
    "shift of uint16": lambda m: m.op(
        "BitShift", _given(m, "uint16", 7), m.constant(5, np.uint16), direction="LEFT"
    ),
    "shift right": lambda m: m.op(
        "BitShift", _given(m, "uint16", 7), m.constant(5, np.uint16), direction="RIGHT"
    ),
    "cast int16 to int8": lambda m: _cast(m, _given(m, "int16", 7), "int8"),
    "cast int8 to uint8": lambda m: _cast(m, _given(m, "int8", 7), "uint8"),
    "cast int8 to uint32": lambda m: _cast(m, _given(m, "int8", 7), "uint32"),
    "cast of a product": lambda m: _cast(
        m,
        m.op("Mul", _cast(m, _given(m, "int8", 7), "int32"), m.constant(1237, np.int32)),
        "int16",
    ),
    "reduce_sum": lambda m: m.op(
        "Mul",
        m.op(
            "ReduceSum",
            _cast(m, _given(m, "int8", 3, 2), "int32"),
            m.constant([2], np.int64),
            keepdims=0,
        ),
        m.constant(1 << 24, np.int32),
    ),
    "reduce_mean truncates": lambda m: m.op(
        "ReduceMean", _cast(m, _given(m, "int8", 3, 5), "int32"), axes=[2]
    ),
    "matmul of int32": lambda m: m.op(
        "MatMul",
        _cast(m, _given(m, "int8", 6), "int32"),
        m.constant(m.rng.integers(-(2**14), 2**14, (6, 4)), np.int32),
    ),
    "matmul_integer": lambda m: m.op(
        "Mul",
        m.op(
            "MatMulInteger",
            _given(m, "int8", 5),
            m.constant(m.rng.integers(-9, 9, (5, 4)), np.int8),
            m.constant(3, np.int8),
        ),
        m.constant(1 << 19, np.int32),
    ),
    "conv_integer": lambda m: m.op(
        "Mul",
        m.op(
            "ConvInteger",
            _given(m, "uint8", 2, 5),
            m.constant(m.rng.integers(-9, 9, (3, 2, 2)), np.int8),
            m.constant(3, np.uint8),
        ),
        m.constant(1 << 18, np.int32),
    ),
    "min and max": lambda m: m.op(
        "Max",
        m.op("Mul", _given(m, "int8", 7), m.constant(5, np.int8)),
        m.constant(-40, np.int8),
    ),
    "its own square": lambda m: (lambda x: m.op("Mul", x, x))(_given(m, "int8", 7)),
}


@pytest.mark.parametrize("name", WIDE)
def test_integer_operators_wrap_at_their_type(name: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    wide = any(word in name for word in ("int32", "int64", "matmul", "conv", "square", "cube"))
    wide |= name in ("reduce_sum", "prelu")
    scale = 2.0**25 if wide else 2.0
    scale = {"int64 mul": 2.0**57, "int64 add": 2.0**57, "its own square": 1.0}.get(name, scale)
    _check(m, WIDE[name](m), tmp_path, scale)


@pytest.mark.parametrize("seed", range(12))
def test_random_integer_programs_compute_what_the_types_leave(seed: int, tmp_path: Path) -> None:
    """Up to six operators one after the other, the type changed between them."""
    m = Model(seed=seed)
    dtype = str(m.rng.choice(["int8", "uint8"]))
    x = _given(m, dtype, 5)
    for _ in range(int(m.rng.integers(2, 7))):
        kind = str(m.rng.choice(["Add", "Sub", "Mul", "Cast", "Abs", "Neg", "Min", "Div"]))
        limits = np.iinfo(dtype)
        if kind == "Cast":
            dtype = str(m.rng.choice(["int8", "uint8", "int16", "uint16", "int32", "uint32"]))
            x = _cast(m, x, dtype)
        elif kind in ("Abs", "Neg"):
            if dtype.startswith("int"):
                x = m.op(kind, x)
        elif kind in ("Min", "Div"):
            if dtype not in ("int16", "uint16"):
                x = m.op(kind, x, m.constant(m.rng.integers(2, limits.max), np.dtype(dtype)))
        else:
            value = m.rng.integers(limits.min, limits.max, 5, endpoint=True)
            x = m.op(kind, x, m.constant(value, np.dtype(dtype)))
    _check(m, x, tmp_path, scale=float(2 ** (8 * np.dtype(dtype).itemsize - 7)))


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_integer_outputs_that_the_host_computes_wrap_too(dtype: str, tmp_path: Path) -> None:
    """Nothing quantizes behind the last operators: the host does what is left."""
    m = Model(seed=3)
    x = _given(m, dtype, 3, 5)
    y = m.op("Add", m.op("Mul", x, m.constant(3, np.dtype(dtype))), m.constant(90, np.dtype(dtype)))
    index = m.op("ArgMax", x, axis=2, keepdims=0)
    z = m.op("Mul", _cast(m, index, "int32"), m.constant(1 << 29, np.int32))
    imported = check(m, tmp_path, y, z, frames=20)
    assert imported.graph.nodes


UNDEFINED: dict[str, tuple[Build, str]] = {
    "divisor of zero": (
        lambda m: m.op("Div", _given(m, "int8", 3), m.constant([1, 0, 2], np.int8)),
        (
            "[HW0261] this Div divides int8 integers by 0, because the format leaves the result "
            "undefined, and machines differ. Try: repair the constant."
        ),
    ),
    "smallest number by -1": (
        lambda m: m.op("Div", _cast(m, _given(m, "int8", 3), "int32"), m.constant(-1, np.int32)),
        (
            "[HW0261] this Div divides int32 integers by -1, because the format leaves the result"
            " undefined, and machines differ. Try: use Neg instead."
        ),
    ),
    "divisor that is computed": (
        lambda m: m.op("Div", _given(m, "int8", 3), _given(m, "int8", 3, name="b")),
        (
            "[HW0261] this Div divides int8 integers by a tensor, which may be 0, because "
            "the format leaves the result undefined, and machines differ. Try: cast both to float"
            " in front of it."
        ),
    ),
    "power that leaves the type": (
        lambda m: m.op("Pow", _cast(m, _given(m, "int8", 3), "int32"), m.constant(5, np.int32)),
        (
            "[HW0261] this Pow raises integers to powers that may not fit int32, because "
            "the format leaves the result undefined, and machines differ. Try: multiply the "
            "integers with Mul, which wraps."
        ),
    ),
    "root of integers": (
        lambda m: m.op("Pow", _cast(m, _given(m, "int8", 3), "int32"), m.constant(0.5)),
        (
            "[HW0261] this Pow raises integers to a power that is negative or no whole "
            "number, because the format leaves the result undefined, and machines differ. Try: "
            "cast the integers to float in front of it."
        ),
    ),
    "shift by the width": (
        lambda m: m.op(
            "BitShift", _given(m, "uint8", 3), m.constant(8, np.uint8), direction="LEFT"
        ),
        (
            "[HW0261] this BitShift shifts uint8 integers by their whole width or more, "
            "because the format leaves the result undefined, and machines differ. Try: repair the"
            " constant."
        ),
    ),
    "uint64": (
        lambda m: m.op("Add", _cast(m, _given(m, "uint8", 3), "uint64"), m.constant(1, np.uint64)),
        ("[HW0219] a cast to uint64 is not supported. Try: cast to float, or to an integer type."),
    ),
    "float16": (
        lambda m: m.op("Cast", _given(m, "uint8", 3), to=TensorProto.FLOAT16),
        (
            "[HW0219] a cast to float16 is not supported, because real numbers are computed"
            " in float32, as the rest of the model does. Try: convert the model to float32."
        ),
    ),
    "float operator": (
        lambda m: m.op("Sigmoid", _given(m, "int8", 3)),
        (
            "[HW0204] this Sigmoid takes int8 integers, because it is defined on real "
            "numbers. Try: insert a Cast or DequantizeLinear in front of it."
        ),
    ),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_undefined_integer_results_are_refused(name: str, tmp_path: Path) -> None:
    build, paragraph = UNDEFINED[name]
    m = Model()
    path = tmp_path / "m.onnx"
    path.write_bytes(m.proto([_cast(m, build(m), "float32")]).SerializeToString())
    with pytest.raises(CompileError) as caught:
        load_model(path)
    (found,) = caught.value.diagnostics
    assert str(found).replace(f" {found.origin}: ", " ") == f"error{paragraph}"


@pytest.mark.parametrize(
    ("dtype", "scale"), [("int32", 2.0**31 - 100), ("int64", 2.0**63), ("uint8", 300.0)]
)
def test_casts_of_reals_that_reach_the_end_of_the_type_are_refused(
    dtype: str, scale: float, tmp_path: Path
) -> None:
    """float32 has 2**31, but not 2**31 - 1: a comparison with the limit itself lets it through."""
    m = Model()
    x = m.op("Mul", m.quantize(m.input(1, 3), 1.0, 0), m.constant(scale / 127))
    y = _cast(m, m.op("Round", x), dtype)
    path = tmp_path / "m.onnx"
    path.write_bytes(m.proto([_cast(m, y, "float32")]).SerializeToString())
    quantized = m.op(
        "QuantizeLinear", _cast(m, y, "float32"), m.constant(scale), m.constant(0, np.int8)
    )
    path.write_bytes(m.proto([quantized]).SerializeToString())
    with pytest.raises(CompileError, match="HW0223"):
        load_model(path)
