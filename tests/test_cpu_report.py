"""The report of processor time knows what ran, and charges it to the test file that ran it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cpu_report import OWN, CpuReport, kind_of, write


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["/bin/g++", "-DVERILATOR=1", "-c", "unity.cpp"], "g++, Verilator's C++"),
        (["g++", "-DHW_AP_TYPES", "/x/bulk.cpp"], "g++, HLS with ap_types"),
        (["clang++", "-fsanitize=address", "/x/bulk.cpp"], "clang++, HLS with sanitizers"),
        (["/v/verilator_bin", "--lint-only", "top.sv"], "Verilator, lint"),
        (["/cache/simulators/0123/simulator", "."], "program of simulators"),
        (["python", "-m", "pip", "install"], "python -m pip"),
        (["python3", "-c", "import sys; from pyosys import libyosys"], "python -c pyosys"),
        ("make all", "make"),
    ],
)
def test_programs_have_kinds(command: object, kind: str) -> None:
    assert kind_of(command) == kind


def test_time_of_a_program_is_charged_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess.Popen, "_try_wait", subprocess.Popen._try_wait)  # type: ignore[attr-defined]
    report = CpuReport("")
    report.watch()
    report.settle()
    report.file = "tests/test_x.py"
    subprocess.run([sys.executable, "-c", "for _ in range(300_000): pass"], check=True)
    report.settle()
    path = tmp_path / "report.json"
    write(path, report.seconds)
    found = json.loads(path.read_text())["tests/test_x.py"]
    assert found["python -c other"] > 0.005
    assert found.get("other processes", 0.0) < found["python -c other"]
    assert OWN in report.seconds["tests/test_x.py"]
