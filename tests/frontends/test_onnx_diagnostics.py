"""What users are told: one short paragraph for everything that does not compile, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model

ORACLE = "this project"
ORACLE_REASON = "the words and codes of messages"


def codes(error: pytest.ExceptionInfo[CompileError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="no model file") as error:
        load_model(tmp_path / "none.onnx")
    assert codes(error) == ["HW0101"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "HW0102"), (b"not a model at all", "HW0102"), (b"\x08\x08", "HW0103")],
)
def test_damaged_files(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert codes(error) == [code]


def test_truncated_file(tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.op("MatMul", m.quantize(m.input(1, 64)), m.weights(64, 32)))
    whole = path.read_bytes()
    for length in range(1, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(CompileError) as error:
            load_model(path)
        assert all(c.startswith("HW0") for c in codes(error))


def test_missing_external_data(tmp_path: Path) -> None:
    m = Model()
    proto = m.proto([m.op("MatMul", m.quantize(m.input(1, 64)), m.weights(64, 32))])
    path = tmp_path / "model.onnx"
    onnx.save(proto, str(path), save_as_external_data=True, location="w.bin", size_threshold=64)
    (tmp_path / "w.bin").unlink()
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert codes(error) == ["HW0104"]


def test_free_axes(tmp_path: Path) -> None:
    m = Model()
    y = m.quantize(m.input("n", 3, "height", 8))
    with pytest.raises(CompileError, match="axis 2 of the input has no fixed size") as error:
        load_model(m.save(tmp_path, y))
    assert codes(error) == ["HW0203"]


def _bad_scale(m: Model) -> str:
    return m.quantize(m.input(1, 8), scale=0.0)


CASES: dict[str, tuple[Callable[[Model], str], str, str]] = {
    "unknown": (lambda m: m.op("NonZero", m.quantize(m.input(1, 8))), "HW0201", "NonZero"),
    "unknown_domain": (
        lambda m: m.op("Relu", m.quantize(m.input(1, 8)), domain="acme"), "HW0201", "acme",
    ),
    "float_weights": (
        lambda m: m.op("MatMul", m.quantize(m.input(1, 8)), m.constant(m.rng.normal(size=(8, 3)))),
        "HW0230", "real numbers",
    ),
    "float_input": (
        lambda m: m.op("MatMul", m.input(1, 8), m.weights(8, 3)), "HW0208", "--input-type",
    ),
    "pending": (
        lambda m: m.op(
            "MatMul", m.op("Tanh", m.op("MatMul", m.quantize(m.input(1, 8)), m.weights(8, 8))),
            m.weights(8, 3),
        ),
        "HW0209", "insert a quantizer",
    ),
    "computed_filters": (
        lambda m: m.op(
            "Conv", m.quantize(m.input(1, 4, 8)), m.quantize(m.input(3, 4, 3, name="w"))
        ),
        "HW0231", "both operands",
    ),
    "zero_scale": (_bad_scale, "HW0212", "scale is zero"),
    "nan_scale": (lambda m: m.quantize(m.input(1, 8), scale=np.nan), "HW0212", "not a number"),
    "nan_constant": (
        lambda m: m.op("Add", m.quantize(m.input(1, 8)), m.constant(np.nan)), "HW0211", "number",
    ),
    "mixed_scales": (
        lambda m: m.op(
            "MatMul",
            m.quantize(m.input(1, 8)),
            m.weights(8, 3, scale=[0.1, 0.3, 0.7, 0.11, 0.13, 0.17, 0.19, 0.23], axis=0),
        ),
        "HW0235", "scales",
    ),
    "maximum_of_different_scales": (
        lambda m: (lambda s, z: m.op(
            "ReduceMax",
            m.op(
                "DequantizeLinear",
                m.op("QuantizeLinear", m.input(1, 3, 4, 5), s, z, axis=1), s, z, axis=1,
            ),
            axes=[1],
        ))(m.constant([0.5, 0.25, 1.0]), m.constant([1, 1, 1], np.int8)),
        "HW0235", "compares",
    ),
    "padding_alone": (
        lambda m: m.op(
            "MatMul",
            m.op(
                "Slice",
                m.op(
                    "Pad", m.quantize(m.input(1, 2, 5)), m.constant([0, 0, 3, 0, 0, 0], np.int64)
                ),
                *(m.constant([n], np.int64) for n in (0, 3, 2)),
            ),
            m.weights(3, 4),
        ),
        "HW0234", "padding alone",
    ),
    "bound_of_many_numbers": (
        lambda m: m.op("Clip", m.quantize(m.input(1, 2, 3)), m.constant(np.ones((4, 1, 1)))),
        "HW0107", "must be one number",
    ),
    "axis_beyond_all": (
        lambda m: m.op("Flatten", m.quantize(m.input(1, 2, 3)), axis=1 << 40), "HW0107", "none of",
    ),
    "kernel_beyond_all": (
        lambda m: m.op(
            "AveragePool", m.quantize(m.input(1, 2, 3, 5)), kernel_shape=[1 << 31, 2], pads=[1] * 4
        ),
        "HW0234", "longer than any map",
    ),
    "volume": (
        lambda m: m.op("Conv", m.quantize(m.input(1, 2, 4, 4, 4)), m.weights(2, 2, 2, 2, 2)),
        "HW0232", "volumes",
    ),
    "interpolation": (
        lambda m: m.op(
            "Resize", m.quantize(m.input(1, 2, 4, 4)), "", m.constant([1, 1, 2, 2]), mode="cubic"
        ),
        "HW0201", "interpolates",
    ),
    "wide_quantizer": (
        lambda m: m.op("QuantizeLinear", m.input(1, 8), m.constant(1.0), m.constant(0, np.int32)),
        "HW0219", "int32",
    ),
    "no_quantizer": (lambda m: m.op("Relu", m.input(1, 8)), "HW0207", "no quantizer"),
    "softmax_inside": (
        lambda m: m.op(
            "MatMul", m.quantize(m.op("LogSoftmax", m.quantize(m.input(1, 8)))), m.weights(8, 3)
        ),
        "HW0202", "on the host",
    ),
    "sum_with_a_product": (
        lambda m: (lambda x, y: m.quantize(m.op("Add", m.op("Mul", x, y), x)))(
            m.quantize(m.input(1, 8), 0.1), m.quantize(m.input(1, 8, name="y"))
        ),
        "HW0202", "insert a quantizer",
    ),
    "no_broadcast": (
        lambda m: m.op("Add", m.quantize(m.input(1, 8)), m.constant(np.ones(7))),
        "HW0204", "do not fit together",
    ),
    "missing_attribute": (
        lambda m: (lambda x: m.op("Concat", x, x))(m.quantize(m.input(1, 8))),
        "HW0107", "lacks the attribute",
    ),
    "rank_of_reals": (lambda m: m.op("ArgMax", m.input(1, 8), axis=1), "HW0207", "no quantizer"),
    "missing_input": (lambda m: m.op("Conv", m.quantize(m.input(1, 8, 4))), "HW0107", "legal"),
    "wrong_shapes": (
        lambda m: m.op("MatMul", m.quantize(m.input(1, 8)), m.weights(9, 3)), "HW0204", "9 inputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refusals(name: str, tmp_path: Path) -> None:
    make, code, words = CASES[name]
    m = Model(seed=3)
    path = m.save(tmp_path, make(m))
    with pytest.raises(CompileError, match=words) as error:
        load_model(path)
    assert codes(error) == [code]
    text = str(error.value)
    assert text.count("\n") == 0
    assert "Traceback" not in text
    assert error.value.diagnostics[0].origin is not None
    assert error.value.diagnostics[0].fix


def test_all_problems_are_reported_at_once_but_not_their_consequences(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 8))
    a = m.op("Relu", m.op("NonZero", x))
    b = m.quantize(m.op("MatMul", x, m.constant(m.rng.normal(size=(8, 3)))))
    c = m.op("MatMul", x, m.weights(8, 3))
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, a, b, c))
    assert codes(error) == ["HW0201", "HW0230"]


def test_input_types_name_inputs(tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.op("MatMul", m.quantize(m.input(1, 8)), m.weights(8, 3)))
    with pytest.raises(CompileError, match="no input 'image'") as error:
        load_model(path, {"image": "uint8"})
    assert codes(error) == ["HW0110"]
    for bad in ("float", "uint8:0", "uint8:1/0", "int40", "uint8:1:2:3", "uint8:x"):
        with pytest.raises(CompileError) as error:
            load_model(path, {"x": bad})
        assert codes(error) == ["HW0111"]


def test_dead_nodes_are_not_reported(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 8))
    m.op("NonZero", x)
    load_model(m.save(tmp_path, m.op("MatMul", x, m.weights(8, 3))))


def test_an_empty_order_is_no_order_of_three_axes(tmp_path: Path) -> None:
    """The helper of onnx writes no empty attribute, a damaged file may have one."""
    m = Model()
    y = m.op("Transpose", m.quantize(m.input(1, 2, 3)), perm=[0, 2, 1])
    path = m.save(tmp_path, y)
    proto = onnx.load(path)
    (node,) = [node for node in proto.graph.node if node.op_type == "Transpose"]
    del node.attribute[0].ints[:]
    onnx.save(proto, path)
    with pytest.raises(CompileError, match=r"HW0107.*perm \[\] is no order of 3 axes"):
        load_model(path)
