"""Every test module says who wrote what it expects.

A test that compares the project with its own reading of a format proves nothing, as the one did
that read a channels-last Conv's weights in its own order and compared the front end with itself.
So each module names its oracle out of a fixed vocabulary, and where that is no independent
executor, the reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

EXECUTORS = {
    "ONNX Runtime": "the executor of ONNX models and of the com.microsoft operators",
    "QONNX executor": "qonnx' own executor",
    "PyTorch": "the network itself, run where it was trained",
    "ONNX reference": "onnx.reference",
    "published vectors": "inputs and outputs that were published with a network",
    "TFLite reference kernels": "ai-edge-litert's interpreter with its reference kernels",
    "hls4ml C simulation": "hls4ml's Vitis backend and Xilinx' ap_types, compiled with g++",
    "hardware tools": "Verilator, Yosys and their like, which read what is emitted",
}
OTHERS = {
    "numpy": "a formula of a standard or a paper, written in the test",
    "this project": "its own words, names, schedules, or the definition of its own operations",
}
ROOMS = ("frontends", "e2e", "passes", "ops")
ROOT = Path(__file__).parent
MODULES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("test_*.py"))


def declared(path: Path) -> dict[str, object]:
    """The constants ORACLE and ORACLE_REASON of a test module."""
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("ORACLE", "ORACLE_REASON"):
                found[name] = ast.literal_eval(node.value)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_who_wrote_what_it_expects(path: Path) -> None:
    found = declared(path)
    assert "ORACLE" in found, f"say ORACLE = ... of {sorted(EXECUTORS | OTHERS)}"
    oracle = found["ORACLE"]
    sources = oracle if isinstance(oracle, tuple) else (oracle,)
    assert set(sources) <= set(EXECUTORS | OTHERS)
    if set(sources) & set(OTHERS):
        assert len(str(found.get("ORACLE_REASON", ""))) > 10, "say why in ORACLE_REASON"


def test_front_ends_are_held_to_executors_of_their_formats() -> None:
    modules = [p for p in MODULES if p.name.startswith(("test_onnx_", "test_qlinear_kernels"))]
    modules += [ROOT / "frontends" / "test_channels_last.py"]
    for path in modules:
        if path.name != "test_onnx_diagnostics.py" and path.parent.name == "frontends":
            assert declared(path)["ORACLE"] != "this project"
