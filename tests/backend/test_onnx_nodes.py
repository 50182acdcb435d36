"""ONNX's own node tests, between quantizers: those on the list are equal, and no other one is.

The list `onnx_nodes.txt` can only grow: `HWCOMPILE_UPDATE=1 pytest tests/backend` adds what has
become equal, and takes nothing away. `benchmarks/onnx_wrapping.py` says how a test of real numbers
is quantized and who computes what is expected.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.onnx_nodes import Outcome, outcome
from benchmarks.onnx_wrapping import cases

ORACLE = ("ONNX Runtime", "ONNX reference")
RECORD = Path(__file__).with_name("onnx_nodes.txt")
LEAST = 536
"""Lines of the list when it was begun."""

Outcomes = dict[str, Outcome]


def recorded() -> list[str]:
    return RECORD.read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return {case.name: outcome(case) for case in cases()}


def test_no_test_is_wrong_or_crashes(outcomes: Outcomes) -> None:
    bad = [found for found in outcomes.values() if found.result in ("wrong", "crash")]
    assert not bad


def test_listed_tests_are_equal(outcomes: Outcomes) -> None:
    listed = recorded()
    lost = [outcomes[name] for name in listed if outcomes[name].result != "equal"]
    assert not lost
    assert listed == sorted(set(listed))
    assert len(listed) >= LEAST


def test_equal_tests_are_listed(outcomes: Outcomes) -> None:
    listed = set(recorded())
    fresh = {name for name, found in outcomes.items() if found.result == "equal"} - listed
    if os.environ.get("HWCOMPILE_UPDATE"):
        RECORD.write_text("".join(f"{n}\n" for n in sorted(listed | fresh)), encoding="utf-8")
        return
    assert not fresh, "HWCOMPILE_UPDATE=1 pytest tests/backend lists them"


def test_every_refusal_has_a_code_and_a_reason(outcomes: Outcomes) -> None:
    refused = [found.reason for found in outcomes.values() if found.result == "refused"]
    assert len(refused) > 500
    assert all(reason[:2] == "HW" and len(reason) > 12 for reason in refused)


@pytest.mark.slow
@pytest.mark.parametrize("name", recorded() if RECORD.is_file() else [])
def test_listed_tests_are_equal_in_rtl(name: str) -> None:
    case = next(case for case in cases() if case.name == name)
    assert outcome(case, "rtl").result == "equal"
