"""The scripts of docs/hls4ml.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hwcompile.plugins.hls4ml_backend import register
from tests.models import ROOT

PAGE = (ROOT / "docs" / "hls4ml.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.S | re.M)
TO_THE_BOARD = 'build(board="hx8k_breakout")'


@pytest.fixture(autouse=True)
def _registered() -> None:
    from hls4ml.backends import get_available_backends, register_backend
    from hls4ml.writer.writers import register_writer

    if "hwcompile" not in get_available_backends():
        register(register_backend, register_writer)


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *, build: str) -> dict[str, Any]:
    """Both scripts, one behind the other, with another word for the last step."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    assert len(SCRIPTS) == 2
    assert TO_THE_BOARD in SCRIPTS[0]
    for script in SCRIPTS:
        exec(script.replace(TO_THE_BOARD, build), names)
    return names


def test_the_scripts_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = run(tmp_path, monkeypatch, build="build()")
    assert names["scores"].shape == (1000, 3)
    assert names["design"].verify(frames=5, levels=("reference",)).passed


@pytest.mark.slow
def test_the_scripts_reach_the_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = run(tmp_path, monkeypatch, build=TO_THE_BOARD)
    assert (tmp_path / "jets" / "hwcompile" / "hx8k_breakout").is_dir()
    assert int(names["report"]["CSynthesisReport"]["LUT"]) > 0


def test_every_layer_that_is_refused_is_listed() -> None:
    from hwcompile.frontends.hls4ml.load import HANDLERS, REFUSED

    listed = set(
        re.findall(r"`(\w+)`", PAGE.partition("| refused by name |")[2].partition("\n")[0])
    )
    kept = {"GarNetStack", "MatMul", "SymbolicExpression", "DACombinational"}
    assert set(REFUSED) - kept <= listed
    assert not set(REFUSED) & set(HANDLERS)
