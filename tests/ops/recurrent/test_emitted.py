"""Emitted recurrent engines are clean whatever their formats, phases and channels are."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.verify.verilator import lint
from tests.kernelbench import one_node_plan

ORACLE = "hardware tools"

SITES = [
    (name, site)
    for name in ("lstm", "gru")
    for site in family(name).examples()
    if family(name).kernel("static").refuses(site) is None
]


@pytest.mark.parametrize(("name", "site"), SITES)
def test_the_engine_has_no_warning(
    name: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = one_node_plan(site, family(name).kernel("static"), {"pes": 4, "lanes": 2})
    write_files(tmp_path, rtl_files(plan))
    monkeypatch.chdir(tmp_path / "rtl")
    lint([tmp_path / "rtl" / line for line in Path("files.f").read_text().split()], "bench")
