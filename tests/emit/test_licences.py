"""Whose the emitted files are: every file of every folder says so, as `reuse lint` would ask."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.emit.licence import EXPRESSION, carries_header, licensed
from hwcompile.runtime.driver import write_driver
from hwcompile.toolchains.testbench import write_testbench
from hwcompile.toolchains.vendor.project import build_project
from hwcompile.toolchains.vendor.soc import write_wrappers
from tests.cli import small
from tests.emit.networks import CASES

ORACLE = "this project"
ORACLE_REASON = "nobody else could say what licence it should print"

ROOT = Path(__file__).parents[2]
COPYRIGHT = "SPDX-FileCopyrightText: "
DATA = {".json", ".mem", ".bin", ".dat", ".txt", ".toml", ".log", ".asc", ".gtkw"}
"""Suffixes of data, and of lists that are read back."""


def unlicensed(folder: Path) -> list[str]:
    """Files that are neither data nor say whose they are."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix in DATA or path.name in ("LICENSE", "files.f", ".hwcompile-made"):
            continue
        head = path.read_text(encoding="utf-8").split("\n", 4)[:4]
        if not all(any(word in line for line in head) for word in (COPYRIGHT, EXPRESSION)):
            found.append(str(path.relative_to(folder)))
    return found


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("licences")
    return hwcompile.compile(small.save(folder), folder / "build", fastest=True)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_file_of_a_design_says_whose_it_is(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = hwcompile.compile_graph(case.build(), tmp_path / "build", schedule={"nodes": case.nodes})
    made.build_hls()
    write_wrappers(made.directory)
    write_testbench(made.directory)
    write_driver(made.directory, made.graph.types, made.directory / "c")
    names = {path.suffix for path in made.directory.rglob("*") if path.is_file()}
    assert names >= {".sv", ".v", ".hpp", ".cpp", ".tcl", ".h", ".c", ".py", ".md"}
    assert unlicensed(made.directory) == []


@pytest.mark.parametrize("board", ["pynq_z2", "arty_a7_35", "de10_nano"])
def test_every_file_of_a_vendor_s_project_says_whose_it_is(design: Design, board: str) -> None:
    project = build_project(design.directory, load_board(board))
    assert len(project.files) > 20
    assert unlicensed(project.folder) == []


@pytest.mark.parametrize("board", ["icesugar", "ulx3s_25", "tang_nano_9k"])
def test_what_a_board_s_flow_reads_says_whose_it_is(
    design: Design, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything up to the first tool; the tools' own files are theirs."""
    from hwcompile.families import flow_of
    from hwcompile.families.flow import NETLIST
    from hwcompile.toolchains import place_and_route, synthesis
    from hwcompile.toolchains.board_top import write_board_top

    def stop(*_arguments: object) -> None:
        raise InterruptedError

    target = load_board(board)
    top = write_board_top(design.directory, target, tmp_path)
    monkeypatch.setattr(synthesis, "run_logged", stop)
    monkeypatch.setattr(place_and_route, "run_logged", stop)
    with pytest.raises(InterruptedError):
        synthesis.synthesize(top, "board_top", (), target, tmp_path)
    netlist = tmp_path / NETLIST
    netlist.touch()  # of Yosys
    with pytest.raises(InterruptedError):
        place_and_route.place_and_route(
            target, 1, tmp_path, clock_mhz=12.0, seeds=1, progress=lambda step: None
        )
    netlist.unlink()
    assert (tmp_path / flow_of(target).constraints(target, 1)[0]).is_file()
    assert len(list(tmp_path.iterdir())) > 8
    assert unlicensed(tmp_path) == []


def test_folders_that_stand_for_themselves_bring_the_licence(design: Design) -> None:
    design.build_hls()
    write_wrappers(design.directory)
    text = (design.directory / "LICENSE").read_text(encoding="utf-8")
    assert text.endswith((ROOT / "LICENSE").read_text(encoding="utf-8"))
    assert "under terms of your choice" in text
    for folder in ("hls", "soc"):
        assert (design.directory / folder / "LICENSE").read_text(encoding="utf-8") == text


def test_a_file_without_the_line_is_found(design: Design, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(design.directory / "rtl", copy)
    path = copy / "small_network.sv"
    path.write_text(path.read_text().replace(EXPRESSION, ""))
    (copy / "new.tcl").write_text("puts hello\n")
    assert unlicensed(copy) == ["new.tcl", "small_network.sv"]


@pytest.mark.parametrize(
    ("name", "text", "starts"),
    [
        ("a/run.sh", "#!/bin/sh\nls\n", "#!/bin/sh\n# SPDX-"),
        ("Makefile", "all:\n", "# SPDX-"),
        ("component.xml", '<?xml version="1.0"?>\n<a/>\n', '<?xml version="1.0"?>\n<!-- SPDX-'),
        ("d.core", "CAPI=2:\nname: a\n", "CAPI=2:\n# SPDX-"),
        ("x.h", "#ifndef X\n", "/* SPDX-"),
        ("rows.mem", "ff\n", "ff\n"),
    ],
)
def test_the_header_stands_where_the_language_allows_it(name: str, text: str, starts: str) -> None:
    once = licensed(name, text)
    assert once.startswith(starts)
    assert licensed(name, once) == once
    assert carries_header(name) == (once != text)
    last: Callable[[str], str] = lambda found: found.splitlines()[-1]  # noqa: E731
    assert last(once) == last(text)
