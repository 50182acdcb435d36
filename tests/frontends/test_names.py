from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwcompile.frontends.names import LONGEST, identifier

ORACLE = "this project"
ORACLE_REASON = "names of nodes and ports are its own"


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Conv_12", "Conv", "conv_12"),
        ("0", "in", "in_0"),
        ("12", "MatMul", "matmul_12"),
        ("module", "Conv", "module_conv"),
        ("a/b/Relu;a/b/BiasAdd", "Conv", "a_b_relu"),
        ("/features/features.0/Conv", "Conv", "features_features_0_conv"),
        ("::", "MatMul", "matmul"),
        ("x" * 80, "Conv", "x" * LONGEST),
        ("a" * 30 + "/" + "b" * 30, "Conv", "b" * 30),
        ("output", "output", "output_noutput"),
    ],
)
def test_names_of_real_exporters(name: str, kind: str, expected: str) -> None:
    assert identifier(name, kind) == expected


@given(st.text(), st.text())
def test_every_name_becomes_an_identifier(name: str, kind: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", identifier(name, kind))
