"""Projects for vendors' tools: scripts, constraints, RTL without the tools themselves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import board_names, load_board
from hwcompile.design import Design, compile_graph
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_of
from hwcompile.families.family import OPEN
from hwcompile.resources import room
from hwcompile.toolchains.programming import programmer_command
from hwcompile.toolchains.vendor.project import build_project
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.verify.verilator import lint
from tests.cli import small
from tests.cli.running import type_command
from tests.protocol.test_designs import branches as two_by_two
from tests.vendor import tcl
from tests.vendor.recurrent import recurrent

BOARDS = [name for name in board_names() if family_of(load_board(name)).tools != OPEN]
DMA = [name for name in BOARDS if family_of(load_board(name)).processor]
SERIAL = [name for name in BOARDS if name not in DMA]

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("tiny")
    return hwcompile.compile(small.save(folder), folder / "build", fastest=True)


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build directory of a design with two inputs and two outputs."""
    folder = tmp_path_factory.mktemp("branches")
    return compile_graph(two_by_two(), folder / "build", target_cycles=400).directory


@pytest.fixture(scope="module", params=BOARDS)
def project(request: pytest.FixtureRequest, tiny: Design) -> Path:
    return build_project(tiny.directory, load_board(request.param)).folder


def tclint(*paths: Path) -> subprocess.CompletedProcess[str]:
    words = [str(Path(sys.executable).parent / "tclint"), *(str(path) for path in paths)]
    return subprocess.run(words, capture_output=True, text=True)


def scripts(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.iterdir()) if p.suffix in (".tcl", ".xdc", ".qsf", ".sdc")]


def ports(text: str) -> set[str]:
    """Port bits of a module in our style: "clk", "led[0]", "led[1]"."""
    head = text[text.index("(") : text.index(");")]
    found = set()
    for line in head.splitlines():
        words = r" *(?:input|output) +(?:wire )? *(?:logic)? *(?:\[(\d+):0\])? *(\w+),?$"
        match = re.match(words, line)
        if match:
            high, name = match.groups()
            bits = range(int(high) + 1) if high else ()
            found |= {f"{name}[{bit}]" for bit in bits} or {name}
    return found


def test_every_script_is_clean(project: Path) -> None:
    assert scripts(project)
    result = tclint(*scripts(project))
    assert result.returncode == 0, result.stdout + result.stderr


def test_faults_in_scripts_are_seen(project: Path, tmp_path: Path) -> None:
    for path in scripts(project):
        (tmp_path / path.name).write_text(path.read_text() + "set a [lindex {1 2}\n")
        assert tclint(tmp_path / path.name).returncode != 0


def test_the_readme_says_that_nothing_ran(project: Path) -> None:
    text = (project / "README.md").read_text()
    assert "not run here" in text
    for name in re.findall(r"^\| `([^`]+)` \| [a-z]", text, re.MULTILINE):
        if not re.fullmatch(r"[0-9a-f]{3}", name):
            assert (project / name).exists(), name


def test_the_folder_is_complete(project: Path, tiny: Design) -> None:
    """It can be copied elsewhere: no path of this machine is in it, no link leads out."""
    for path in project.rglob("*"):
        assert not path.is_symlink()
        if path.is_file():
            assert str(tiny.directory) not in path.read_text()
    assert {p.name for p in (tiny.directory / "rtl").glob("*.mem")} <= {
        p.name for p in (project / "rtl").glob("*.mem")
    }


def test_the_rtl_is_clean(project: Path) -> None:
    sources = sorted((project / "rtl").glob("*.sv")) + sorted((project / "rtl").glob("*.v"))
    names = {path.stem for path in sources}
    tops = [name for name in names if name.endswith("_shell") or name == "board_top"]
    tops += [name for name in names if name.endswith("_axil")]
    assert tops
    for top in tops:
        used = [path for path in sources if path.stem == top or path.stem.endswith("_pkg")]
        lint(used, top, ["-y", str(project / "rtl")])


@pytest.mark.parametrize("board", SERIAL)
def test_constraints_name_ports_of_the_top(tiny: Design, board: str) -> None:
    folder = build_project(tiny.directory, load_board(board)).folder
    top = ports((folder / "rtl" / "board_top.sv").read_text())
    assert {"clk", "uart_rx", "uart_tx", "button", "led[0]", "led[1]"} == top
    constrained = pinned(folder)
    assert constrained.keys() == top, "every port has a pin, and every pin a port"
    assert len(set(constrained.values())) == len(constrained)
    target = load_board(board)
    assert constrained["clk"] == target.clock.pin
    assert target.uart
    assert constrained["uart_rx"] == target.uart.rx
    for path in scripts(folder):
        for names in re.findall(r"get_ports (?:\{([^}]*)\}|(\w+))", path.read_text()):
            assert set("".join(names).split()) <= top, path.name


def pinned(folder: Path) -> dict[str, str]:
    """Port bit to pin, as the project's constraints say."""
    if (folder / "pins.xdc").is_file():
        done = tcl.run(folder / "pins.xdc")
        assert not done.error
        settings = [call for call in done.of("set_property") if call[0] == "-dict"]
        pairs = ((call[-1], str(call[1]).split()) for call in settings)
        return {port: words[words.index("PACKAGE_PIN") + 1] for port, words in pairs}
    done = tcl.run(folder / "design.qsf")
    assert not done.error
    found = {call[-1]: call[0].removeprefix("PIN_") for call in done.of("set_location_assignment")}
    with_standard = {call[-1] for call in done.of("set_instance_assignment")}
    assert with_standard == set(found)
    return found


def test_quartus_finds_every_source(tiny: Design) -> None:
    folder = build_project(tiny.directory, load_board("de10_nano")).folder
    done = tcl.run(folder / "design.qsf")
    named = [call[-1] for call in done.of("set_global_assignment") if "_FILE" in call[1]]
    assert len(named) > 20
    assert all((folder / name).is_file() for name in named)


def test_the_component_has_the_ports_of_its_module(tiny: Design) -> None:
    folder = build_project(tiny.directory, load_board("de10_nano")).folder
    (script,) = folder.glob("*_hw.tcl")
    text = script.read_text()
    done = tcl.run(_without_packages(script))
    assert not done.error
    top = script.name.removesuffix("_hw.tcl")
    declared: dict[str, int] = {
        name: int(width) for _, name, _, _, width in done.of("add_interface_port")
    }
    bits = Counter(re.sub(r"\[\d+\]", "", p) for p in ports((folder / f"rtl/{top}.sv").read_text()))
    assert declared == bits
    files = [call[-1] for call in done.of("add_fileset_file")]
    assert all((folder / name).is_file() for name in files)
    assert {f"rtl/{p.name}" for p in (folder / "rtl").glob("*.mem")} <= set(files)
    assert f"TOP_LEVEL {top}" in text


def _without_packages(script: Path) -> Path:
    path = script.with_suffix(".checked.tcl")
    path.write_text(script.read_text().replace("package require qsys", ""))
    return path


@pytest.mark.parametrize("board", DMA)
@pytest.mark.parametrize("design", ["tiny", "branches"])
def test_the_block_design_is_connected(
    design: str, board: str, tiny: Design, branches: Path
) -> None:
    directory = tiny.directory if design == "tiny" else branches
    folder = build_project(directory, load_board(board)).folder
    done = tcl.run(folder / "vivado.tcl")
    assert not done.error, done.error
    interface = json.loads((directory / "interface.json").read_text())
    prefixes = [port["prefix"] for port in (*interface["inputs"], *interface["outputs"])]

    # Every interface has one partner, and those of the design are all connected.
    ends = Counter(end for call in done.of("connect_bd_intf_net") for end in call)
    assert set(ends.values()) == {1}
    assert {end for end in ends if end.startswith("network/")} == {
        f"network/{name}" for name in ("s_axi", *prefixes)
    }
    engines = {end.split("/")[0] for end in ends if end.startswith("dma_")}
    assert len(engines) == max(len(interface["inputs"]), len(interface["outputs"]))

    # Interconnects have as many ports as are connected.
    settings = {call[-1]: call[1] for call in done.of("set_property") if call[0] == "-dict"}
    for cell, side in (("control", "NUM_MI"), ("memory", "NUM_SI")):
        kind = "M" if side == "NUM_MI" else "S"
        used = [end for end in ends if re.fullmatch(rf"{cell}/{kind}\d\d_AXI", end)]
        words = settings[cell].split()
        assert int(words[words.index(f"CONFIG.{side}") + 1]) == len(used)

    # Every part has a clock and a reset, once.
    nets = Counter(end for call in done.of("connect_bd_net") for end in call[1:])
    assert set(nets.values()) == {1}
    for cell in ("control", "memory", "network"):
        assert nets[f"{cell}/aclk"] == nets[f"{cell}/aresetn"] == 1
    for cell in engines:
        assert nets[f"{cell}/s_axi_lite_aclk"] == nets[f"{cell}/axi_resetn"] == 1
        for way in ("mm2s", "s2mm"):
            assert nets[f"{cell}/m_axi_{way}_aclk"] == ends[f"{cell}/M_AXI_{way.upper()}"]
    shell = next((folder / "rtl").glob("*_shell.v"))
    assert ("-type", "module", "-reference", shell.stem, "network") in done.of("create_bd_cell")
    assert ("-force", "vivado/system.runs/impl_1/system_wrapper.bit", "design.bit") in (
        done.of("copy")
    )


def test_stream_widths_agree_with_the_engines(branches: Path) -> None:
    folder = build_project(branches, load_board("zcu104")).folder
    done = tcl.run(folder / "vivado.tcl")
    shell = ports(next((folder / "rtl").glob("*_shell.v")).read_text())
    settings = {call[-1]: call[1] for call in done.of("set_property") if call[0] == "-dict"}
    for first, second in done.of("connect_bd_intf_net"):
        if first.endswith("/M_AXIS_MM2S"):
            words = settings[first.split("/")[0]].split()
            width = int(words[words.index("CONFIG.c_m_axis_mm2s_tdata_width") + 1])
            prefix = second.removeprefix("network/")
            assert width == sum(port.startswith(f"{prefix}_tdata[") for port in shell)


def test_weights_in_memory_reach_the_board(tmp_path: Path) -> None:
    """The design's read master shares the processor's memory port; the image is in the folder."""
    _, design = recurrent(tmp_path / "build")
    folder = build_project(design.directory, load_board("zcu104")).folder
    (port,) = design.interface.memories
    assert (folder / port.file).read_bytes() == (design.directory / port.file).read_bytes()
    assert f"`{port.file}`" in (folder / "README.md").read_text()
    assert tclint(*scripts(folder)).returncode == 0
    done = tcl.run(folder / "vivado.tcl")
    assert not done.error
    joined = {call[0]: call[1] for call in done.of("connect_bd_intf_net")}
    assert joined[f"network/{port.prefix}"] == "memory/S00_AXI"
    settings = {call[-1]: call[1] for call in done.of("set_property") if call[0] == "-dict"}
    assert "CONFIG.NUM_SI 3" in settings["memory"]
    shell = next((folder / "rtl").glob("*_shell.v"))
    packages = sorted((folder / "rtl").glob("*_pkg.sv"))
    lint([*packages, shell], shell.stem, ["-y", str(folder / "rtl")])
    with pytest.raises(CompileError, match=r"HW0853.*'cell'"):
        write_wrappers(design.directory)


@pytest.mark.parametrize("board", ["pynq_z2", "arty_a7_35"])
def test_a_script_stops_when_it_is_too_slow(tiny: Design, board: str) -> None:
    folder = build_project(tiny.directory, load_board(board)).folder
    done = tcl.run(folder / "vivado.tcl", slack=-0.25)
    assert done.error == "exit 1"
    assert "ERROR: too slow for 100 MHz by 0.25 ns" in done.said[-1]
    assert not done.of("write_bitstream")
    assert not done.of("copy")


def test_a_script_says_which_board_files_are_missing(tiny: Design) -> None:
    folder = build_project(tiny.directory, load_board("pynq_z2")).folder
    done = tcl.run(folder / "vivado.tcl", board_parts="")
    assert done.error == "exit 1"
    assert "does not know the board pynq-z2" in done.said[0]
    assert not done.of("create_bd_design")


def test_the_command_says_that_the_tool_is_missing(
    tiny: Design, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    for board, program in (("pynq_z2", "vivado"), ("de10_nano", "quartus_sh")):
        printed = type_command(monkeypatch, capsys, "build", tiny.directory, "--board", board)
        assert printed.code == 0, printed.err
        assert f"{program} is not installed, so the project was generated and not run" in " ".join(
            printed.out.split()
        )


def test_a_clock_can_not_be_asked_for(
    tiny: Design, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text((room("boards") / "zcu104" / "board.toml").read_text())
    words = ("build", tiny.directory, "--board", str(mine), "--clock", "auto")
    printed = type_command(monkeypatch, capsys, *words)
    assert printed.code == 2
    assert "HW0854" in printed.err
    assert not (tiny.directory / "mine").exists()


def _install(folder: Path, program: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / program).write_text(f"#!/bin/sh\n{text}\n")
    (folder / program).chmod(0o755)


def test_the_tool_runs_where_it_is(tiny: Design, tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    _install(tmp_path, "vivado", 'echo "$@" > words; : > design.bit')
    board = load_board("arty_a7_35")
    made = build_project(tiny.directory, board)
    assert made.bitstream == made.folder / "design.bit"
    assert "-source vivado.tcl" in (made.folder / "words").read_text()
    command = programmer_command(tiny.directory, board)
    assert command[:3] == ["openFPGALoader", "--board", "arty_a7_35t"]
    assert command[-1] == str(made.bitstream)


def test_the_tools_own_line_is_quoted(
    tiny: Design, tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    _install(tmp_path, "vivado", 'echo "ERROR: [Place 30-640] too many LUTs"; exit 1')
    with pytest.raises(CompileError, match=r"HW0808.*\[Place 30-640\] too many LUTs"):
        build_project(tiny.directory, load_board("arty_a7_35"))
    _install(tmp_path, "vivado", "exit 0")
    with pytest.raises(CompileError, match=r"HW0808.*no design\.bit"):
        build_project(tiny.directory, load_board("arty_a7_35"))


def test_nobody_elses_folder_is_replaced(tiny: Design, tmp_path: Path) -> None:
    mine = tmp_path / "rtl.toml"
    mine.write_text((room("boards") / "arty_a7_35" / "board.toml").read_text())
    before = sorted((tiny.directory / "rtl").iterdir())
    with pytest.raises(CompileError, match="HW0860"):
        build_project(tiny.directory, load_board(str(mine)))
    assert sorted((tiny.directory / "rtl").iterdir()) == before


def test_steps_of_the_open_flow_are_refused_by_name(tiny: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0851.*'pynq_z2' has no open flow"):
        tiny.build("pynq_z2")
    with pytest.raises(CompileError, match="HW0850"):
        programmer_command(tiny.directory, load_board("pynq_z2"))
