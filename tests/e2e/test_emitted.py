"""The emitted projects: clean in Verilator and in Yosys, readable, the same every time."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from hwcompile.resources import room
from hwcompile.verify.verilator import lint
from tests.e2e.test_digits import RIGHT, build
from tests.rtl.formal import YOSYS

ORACLE = ("hardware tools", "this project")
ORACLE_REASON = "what an emitted project holds and says"

SCRIPTS = [path.read_text() for path in sorted((room("templates") / "report").glob("*.js"))]
"""Text of other projects in the report's page."""


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_emitted_rtl_has_no_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    design = build(name)
    folder = design.directory / "rtl"
    monkeypatch.chdir(folder)
    sources = [folder / line for line in (folder / "files.f").read_text().split()]
    lint(sources, design.interface.top)
    script = "\n".join(
        [f"read_verilog -sv {path.name}" for path in sources]
        + [f"hierarchy -check -top {design.interface.top}", "proc", "check -assert"]
    )
    done = subprocess.run(
        [sys.executable, "-c", YOSYS, script], capture_output=True, text=True, check=False
    )
    said = (done.stdout + done.stderr).splitlines()
    warnings = [line for line in said if re.search(r"\b(Warning|ERROR):", line)]
    assert [w for w in warnings if "Replacing memory" not in w] == []
    assert done.returncode == 0


def test_emitted_text_names_no_machine_and_no_time() -> None:
    design = build("digits_cnn_w3a3")
    for path in design.directory.rglob("*"):
        if path.is_file():
            text = path.read_text()
            for script in SCRIPTS:
                text = text.replace(script, "")
            assert str(design.directory) not in text, path
            assert "/tmp/" not in text, path
            assert not re.search(r"\b20\d\d-\d\d-\d\d", text), path


def test_every_stage_says_where_it_comes_from() -> None:
    design = build("digits_cnn_w3a3")
    for port in design.interface.streams:
        path = design.directory / "rtl" / f"{design.interface.top}_{port.name}.sv"
        head = path.read_text().split("`default_nettype")[0]
        assert f"'{port.prefix}' (" in head
        assert "kernel" in head
