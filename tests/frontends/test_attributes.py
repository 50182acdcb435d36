"""Attributes: what a node carries is read, of no consequence for a reason, or refused by name.

The oracle of what exists are ONNX's own schemas of every operator set, and ONNX Runtime's for its
own operators.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

import hwcompile.frontends
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.attributes import ATTRIBUTES
from hwcompile.frontends.onnx.dialect.attributes import OLDEST_OPSET, READ
from hwcompile.frontends.onnx.operators import OPERATORS, REFUSED
from tests.frontends.oracle import Model

ORACLE = ("ONNX Runtime", "this project")
ORACLE_REASON = "which attributes are read, by the schemas of ONNX, and the words of refusals"


def _standard() -> Iterator[tuple[str, str, int]]:
    """Operator, attribute and version of all schemas from `OLDEST_OPSET` on."""
    versions = defaultdict(list)
    schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == ""]
    for schema in schemas:
        versions[schema.name].append(schema.since_version)
    for schema in schemas:
        later = [v for v in versions[schema.name] if v > schema.since_version]
        if schema.name in OPERATORS and not (later and min(later) <= OLDEST_OPSET):
            for name in schema.attributes:
                yield schema.name, name, schema.since_version


def test_every_attribute_of_every_operator_set_is_declared() -> None:
    walked = list(_standard())
    assert len(walked) > 300
    missing = [
        f"{operator}-{version} {name}"
        for operator, name, version in walked
        if operator not in REFUSED and name not in ATTRIBUTES.get(operator, {})
    ]
    assert not missing


def test_every_attribute_of_the_runtimes_own_operators_is_declared() -> None:
    schemas = [
        s
        for s in runtime.get_all_operator_schema()
        if s.domain == "com.microsoft" and s.name in OPERATORS and s.name not in REFUSED
    ]
    assert len(schemas) > 10
    missing = [
        f"{s.name} {name}"
        for s in schemas
        for name in s.attributes
        if name not in ATTRIBUTES.get(s.name, {})
    ]
    assert not missing


def test_defaults_of_every_operator_set_are_implemented() -> None:
    """A node that spells a default out means the same as one that leaves it away."""
    wrong = []
    for schema in onnx.defs.get_all_schemas_with_history():
        old = schema.since_version < OLDEST_OPSET
        if schema.domain or schema.name not in ATTRIBUTES or old:
            continue
        for name, attribute in schema.attributes.items():
            declared = ATTRIBUTES[schema.name].get(name)
            if declared is None or declared.values is None or not attribute.default_value.name:
                continue
            value = helper.get_attribute_value(attribute.default_value)
            value = value.decode() if isinstance(value, bytes) else value
            wrong += [] if value in declared.values else [f"{schema.name} {name}={value}"]
    assert not wrong


def test_nothing_is_declared_as_read_that_no_handler_names() -> None:
    folder = Path(hwcompile.frontends.__file__).parent
    words = {
        node.value
        for path in folder.rglob("*.py")
        if path.name != "attributes.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    lstm = ("_narrow", "_narrow_range", "_signed", "_rounding_mode")
    unread = [
        f"{operator} {name}"
        for operator, table in ATTRIBUTES.items()
        for name, attribute in table.items()
        if attribute is READ and name not in words and not name.endswith(lstm)
    ]
    assert not unread


def test_operators_in_the_table_exist_and_the_others_have_no_attributes() -> None:
    assert set(ATTRIBUTES) <= set(OPERATORS) - REFUSED
    for name, operator in OPERATORS.items():
        assert (operator.attributes is None) == (name in REFUSED)


REFUSALS: dict[str, tuple[Callable[[Model], str], int, str]] = {
    "value of a Resize": (
        lambda m: m.op(
            "Resize", m.quantize(m.input(1, 2, 3, 5)), "", "", m.constant([1, 2, 6, 7], np.int64),
            antialias=1,
        ),
        19,
        (
            "[HW0262] this Resize of operator set 19 has antialias=1, which is not implemented, "
            "because interpolation would have other weights. Try: export the model with "
            "antialias=0."
        ),
    ),
    "value of a BatchNormalization": (
        lambda m: m.op(
            "BatchNormalization", m.quantize(m.input(1, 2, 3)),
            *(m.constant([1, 2]) for _ in "abcd"), spatial=0,
        ),
        8,
        (
            "[HW0262] this BatchNormalization of operator set 8 has spatial=0, which is not "
            "implemented, because each element would have statistics of its own. Try: export the "
            "model with spatial=1."
        ),
    ),
    "attribute of another domain": (
        lambda m: m.op(
            "Quant", m.input(1, 3), m.constant(0.5), m.constant(0.0), m.constant(4.0),
            domain="qonnx.custom_op.general", signed=1, narrow=0, rounding_mode="ROUND", groups=2,
        ),
        17,
        (
            "[HW0262] this Quant of the domain qonnx.custom_op.general has groups=2, which is not"
            " implemented, because nothing reads it. Try: leave it out."
        ),
    ),
    "attribute of another version": (
        lambda m: m.op("Squeeze", m.quantize(m.input(1, 1, 3)), axes=[1]),
        17,
        (
            "[HW0264] this Squeeze has an attribute 'axes', which operator set 17 does not know, "
            "because other versions of the operator have it, or it is misspelt, so its meaning is"
            " open. Try: name the version that the model was written for, or repair the "
            "exporter's output."
        ),
    ),
    "misspelt attribute": (
        lambda m: m.op("LeakyRelu", m.quantize(m.input(1, 3)), aplha=0.5),
        17,
        (
            "[HW0264] this LeakyRelu has an attribute 'aplha', which operator set 17 does not "
            "know, because other versions of the operator have it, or it is misspelt, so its "
            "meaning is open. Try: name the version that the model was written for, or repair the"
            " exporter's output."
        ),
    ),
    "mask of a Dropout": (
        lambda m: m.ops("Dropout", m.quantize(m.input(1, 3)), outputs=2)[1],
        17,
        (
            "[HW0201] this Dropout gives its mask away, because it drops other elements in every "
            "run. Try: export the model in evaluation mode (model.eval())."
        ),
    ),
    "training of a Dropout": (
        lambda m: m.op(
            "Dropout", m.quantize(m.input(1, 3)), m.constant(0.5), m.constant(True, np.bool_)
        ),
        17,
        (
            "[HW0201] this Dropout is in training mode, because it drops other elements in every "
            "run. Try: export the model in evaluation mode (model.eval())."
        ),
    ),
    "order of a TopK": (
        lambda m: m.op("TopK", m.quantize(m.input(1, 5)), m.constant([3], np.int64), sorted=0),
        17,
        (
            "[HW0201] this TopK gives its entries in any order, because executors differ in the "
            "order, so there is nothing to be equal to. Try: use sorted=1."
        ),
    ),
    "slopes that do not fit": (
        lambda m: m.op("PRelu", m.quantize(m.input(1, 3, 1)), m.constant([0.5, 0.25])),
        17,
        (
            "[HW0204] slopes of shape [2] do not fit a tensor of shape [1, 3, 1], because a PRelu"
            " has a slope for each element, or fewer that are repeated over it. Try: give them "
            "the shape (channels, 1, 1) for one slope per channel."
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_nobody_reads_is_refused_by_name(name: str, tmp_path: Path) -> None:
    build, opset, paragraph = REFUSALS[name]
    m = Model(opset=opset)
    with pytest.raises(CompileError) as caught:
        load_model(m.save(tmp_path, build(m)))
    (found,) = caught.value.diagnostics
    assert str(found).replace(f" {found.origin}: ", " ") == f"error{paragraph}"


@pytest.mark.parametrize("opset", [1, 5, 6])
def test_operator_sets_before_inputs_broadcast_are_refused(opset: int, tmp_path: Path) -> None:
    m = Model(opset=opset)
    y = m.op("Add", m.input(1, 3, 5), m.constant([1.0, 2.0, 3.0]), broadcast=1, axis=1)
    path = m.save(tmp_path, m.op("Relu", y))
    with pytest.raises(CompileError) as caught:
        load_model(path)
    assert str(caught.value) == (
        f"error[HW0263]: 'small.onnx' uses operator set {opset}, because before 7, attributes said "
        "how operands meet, and operators such as Add had another meaning. Try: convert it with "
        "onnx.version_converter.convert_version(model, 13)."
    )


def test_the_conversion_that_the_refusal_names_works() -> None:
    m = Model(opset=6)
    y = m.op("Add", m.input(1, 3, 5), m.constant([1.0, 2.0, 3.0]), broadcast=1, axis=1)
    proto = m.proto([y])
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info(y, 1, [1, 3, 5]))
    converted = onnx.version_converter.convert_version(proto, 13)
    assert converted.opset_import[0].version == 13
    assert not any(node.attribute for node in converted.graph.node if node.op_type == "Add")
