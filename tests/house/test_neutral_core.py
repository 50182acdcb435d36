"""The neutral core of the front ends names no source format.

A second format brings a folder beside `frontends/onnx` and changes nothing here. Docstrings and
comments may say whose arithmetic a formula is; code and messages may not depend on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.pages import ROOT
from tests.house.measures import RUNTIME, place_of

FORMATS = re.compile(
    r"onnx|proto(?!col)|opset|tf_?lite|flatbuffer|keras|hls4ml|finn|brevitas", re.IGNORECASE
)
"""Names of formats, of their parts and of their tools."""

FRONTENDS = ROOT / "hwcompile" / "frontends"
CORE = ("symbolic", "numbers", "model.py", "imported.py", "plain.py", "names.py", "budget.py")
"""What front ends share."""

ALLOWED = {("hwcompile_runtime/quantizers.py", "qonnx")}
"""A word of build directories, which are older than the core."""


def core_files() -> list[Path]:
    rooms = [FRONTENDS / name for name in CORE]
    rooms.append(RUNTIME)
    return [path for room in rooms for path in ([room] if room.is_file() else room.rglob("*.py"))]


def words(tree: ast.AST) -> Iterator[str]:
    """Names, modules and texts in code; a text that is a statement documents something."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.alias(name=name) | ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.ImportFrom(module=str(name)):
                yield name
            case ast.Constant(value=str(name)) if id(node) not in documents:
                yield name


def formats_in(text: str) -> set[str]:
    return {word for word in words(ast.parse(text)) if FORMATS.search(word)}


@pytest.mark.parametrize("path", core_files(), ids=place_of)
def test_the_core_names_no_format(path: Path) -> None:
    found = formats_in(path.read_text(encoding="utf-8"))
    place = place_of(path)
    assert {word for word in found if (place, word) not in ALLOWED} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import onnx", {"onnx"}),
        ("from hwcompile.frontends.onnx.load import load", {"hwcompile.frontends.onnx.load"}),
        ("version = ctx.model.opset", {"opset"}),
        ("def f(node_proto): pass", {"node_proto"}),
        ("class TfliteReader: pass", {"TfliteReader"}),
        ("fail(f'fold {it} with onnxsim')", {" with onnxsim"}),
        ('"""As ONNX says."""\ndef f():\n    """As Keras does."""\nx = 1\n"""As QONNX."""', set()),
        ("class Batch(Protocol): pass", set()),
    ],
)
def test_formats_are_found_in_code_and_not_in_documents(text: str, found: set[str]) -> None:
    assert formats_in(text) == found
