"""The plugin of pytest: passing and failing checks, one compilation, JUnit's properties."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest

from tests.cli import small
from tests.models import ROOT

TESTS = """
import numpy as np
import hwcompile

X = np.random.default_rng(2).normal(0, 1, (7, 6)).astype(np.float32)


def test_right(hwcompile_design):
    design = hwcompile_design("small.onnx", target_cycles=60)
    design.check(frames=5)
    expected = design.design.simulate(X, level="reference").real
    design.check_outputs(X, expected)
    design.check_outputs(X, expected["y"])


def test_the_same_build(hwcompile_design):
    first = hwcompile_design("small.onnx", target_cycles=60).design
    assert hwcompile_design("small.onnx", target_cycles=60).design is first
    assert hwcompile_design("small.onnx", target_cycles=30).design is not first
    assert hwcompile_design(first.directory).design.directory == first.directory


def test_wrong_numbers(hwcompile_design):
    design = hwcompile_design("small.onnx", target_cycles=60)
    expected = design.design.simulate(X, level="reference").real["y"]
    expected[3, 2] += 0.25
    design.check_outputs(X, expected, level="reference")


def test_wrong_names(hwcompile_design):
    hwcompile_design("small.onnx", target_cycles=60).check_outputs(X, {"z": X}, level="reference")


def test_wrong_hardware(hwcompile_design, monkeypatch):
    design = hwcompile_design("small.onnx", target_cycles=60)
    from hwcompile import running
    right = running.run_level

    def wrong(*arguments):
        found = right(*arguments)
        next(iter(found.outputs.values()))[2, 0, 0, 1] ^= 1
        return found

    monkeypatch.setattr(running, "run_level", wrong)
    design.check(frames=5)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ElementTree.Element]:
    """Test to what JUnit's file says of it."""
    folder = tmp_path_factory.mktemp("project")
    small.save(folder)
    (folder / "test_small.py").write_text(TESTS)
    words = ["-p", "hwcompile.plugins.pytest_plugin", "--junitxml", "junit.xml", "-q", "--rootdir"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(folder), str(folder)],
        cwd=folder, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    cases = ElementTree.parse(folder / "junit.xml").iter("testcase")
    return {case.get("name", ""): case for case in cases}


def said(case: ElementTree.Element) -> str:
    failure = case.find("failure")
    return "" if failure is None else failure.get("message", "")


def test_what_is_right_passes(ran: dict[str, ElementTree.Element]) -> None:
    assert len(ran) == 5
    assert [said(ran[name]) for name in ("test_right", "test_the_same_build")] == ["", ""]
    properties = {p.get("name"): p.get("value") for p in ran["test_right"].iter("property")}
    assert properties["hwcompile.frames"] == "5"
    assert int(properties["hwcompile.interval"] or 0) > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_wrong_numbers", "output 'y' at level reference: 1 of 28 numbers differ, the first"),
        ("test_wrong_names", "the outputs are y, not z"),
        ("test_wrong_hardware", "frame 2"),
    ],
)
def test_what_is_wrong_fails_in_words(
    name: str, words: str, ran: dict[str, ElementTree.Element]
) -> None:
    assert words in said(ran[name])
    assert said(ran[name]).startswith("AssertionError")


def test_pytest_finds_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["pytest11"]
    assert points == {"hwcompile": "hwcompile.plugins.pytest_plugin"}
