"""Designs for systems of the user's own: self-contained, and a LiteX system takes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.verify.verilator import find_tools, lint
from tests.cli import small
from tests.cli.running import type_command
from tests.rtl.formal import YOSYS


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("tiny")
    return hwcompile.compile(small.save(folder), folder / "build", fastest=True)


@pytest.fixture
def soc(tiny: Design, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    printed = type_command(monkeypatch, capsys, "wrap", tiny.directory)
    assert printed.code == 0, printed.err
    return tiny.directory / "soc"


def sources(folder: Path) -> list[Path]:
    return [folder / "rtl" / name for name in (folder / "rtl/files.f").read_text().split()]


def test_both_wrappers_are_clean(soc: Path) -> None:
    for top in ("small_network_axi", "small_network_axil"):
        used = [p for p in sources(soc) if p.stem == top or p.stem.endswith("_pkg")]
        lint(used, top, ["-y", str(soc / "rtl")])


def test_yosys_accepts_both_wrappers(soc: Path) -> None:
    names = [path.name for path in sources(soc)]
    for top in ("small_network_axi", "small_network_axil"):
        script = f"read_verilog -sv {' '.join(names)}\nhierarchy -check -top {top}\nproc\n"
        done = subprocess.run(
            [sys.executable, "-c", YOSYS, script + "check -assert\n"],
            cwd=soc / "rtl", capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_a_folder_of_somebody_else_stays(tiny: Design, tmp_path: Path) -> None:
    copy = hwcompile.compile(small.save(tmp_path), tmp_path / "build", fastest=True)
    (copy.directory / "soc").mkdir()
    (copy.directory / "soc" / "mine").write_text("precious")
    with pytest.raises(CompileError, match="HW0815"):
        write_wrappers(copy.directory)
    assert (copy.directory / "soc" / "mine").read_text() == "precious"


@pytest.mark.parametrize("kind", ["axi", "axil"])
def test_the_header_is_c(soc: Path, tmp_path: Path, kind: str) -> None:
    """A program that prints the map, so that the header's numbers are compared, not its text."""
    top = f"small_network_{kind}"
    names = ["ID", "CONTROL", "IN0_FRAMES", "OUT0_FRAMES", "IN0_FRAME_WORDS", "STATUS_IN_RESET"]
    lines = "".join(f'printf("%u\\n", {top.upper()}_{name});' for name in names)
    program = tmp_path / "map.c"
    program.write_text(
        f'#include <stdio.h>\n#include "{top}.h"\nint main(void){{{lines}return 0;}}'
    )
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run(
        ["cc", *flags, f"-I{soc}", str(program), "-o", str(tmp_path / "map")], check=True
    )
    said = subprocess.run([tmp_path / "map"], capture_output=True, text=True, check=True).stdout
    assert [int(word) for word in said.split()] == [0, 0x10, 0x100, 0x500, 1, 1]


SYSTEM = """
import sys
from pathlib import Path
from litex.build.generic_platform import Pins
from litex.build.io import CRG
from litex.build.sim import SimPlatform
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import wishbone
sys.path.insert(0, sys.argv[1])
from small_network_litex import Lite, Streams

platform = SimPlatform("SIM", [("sys_clk", 0, Pins(1)), ("sys_rst", 0, Pins(1))])

class System(SoCMini):
    def __init__(self):
        super().__init__(platform, 1e6, ident="", with_timer=False)
        self.crg = CRG(platform.request("sys_clk"), platform.request("sys_rst"))
        self.bus.add_master("host", wishbone.Interface(data_width=32, address_width=32))
        self.network = Lite(platform)
        region = SoCRegion(origin=0x30000000, size=0x1000, cached=False)
        self.bus.add_slave("network", self.network.bus, region)
        self.streams = Streams(platform)
        self.comb += self.streams.source.connect(self.streams.sink)

system = System()
system.finalize()
platform.get_verilog(system, name="system").write(sys.argv[2])
print(*(source[0] for source in platform.sources))
"""


def test_a_litex_system_is_elaborated(soc: Path, tmp_path: Path) -> None:
    """Peripheral and streams in one system; Verilator finds every port of the instances."""
    pytest.importorskip("litex")
    script = tmp_path / "system.py"
    script.write_text(SYSTEM)
    made = tmp_path / "system.v"
    done = subprocess.run(
        [sys.executable, str(script), str(soc), str(made)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    named = [Path(word) for word in done.stdout.split("\n")[-2].split()]
    design = [path for path in named if path.suffix == ".sv"]
    assert {path.name for path in design} == {path.name for path in sources(soc)}
    # LiteX' own Verilog has warnings, so only the connections to our modules are looked at.
    assert not _wrong_connections([*design, made])
    text = made.read_text()
    assert "small_network_axil " in text
    assert "small_network_axi_stream " in text


@pytest.mark.parametrize(
    ("pin", "complaint"),
    [(".nothing(a)", "Pin not found"), (".s_axi_awaddr(a)", "expects 12 bits")],
)
def test_a_wrong_connection_would_be_found(
    soc: Path, tmp_path: Path, pin: str, complaint: str
) -> None:
    text = f"module system(input wire a);\n  small_network_axil u ({pin});\nendmodule\n"
    (tmp_path / "system.v").write_text(text)
    assert complaint in _wrong_connections([*sources(soc), tmp_path / "system.v"])


def _wrong_connections(files: list[Path]) -> str:
    """What Verilator says about ports that are not there or have another width."""
    tools = find_tools()
    words = [str(tools.verilator), "--lint-only", "-Wall", "-Wno-fatal", "--top-module", "system"]
    done = subprocess.run(
        [*words, *map(str, files)],
        capture_output=True, text=True, env={**os.environ, "VERILATOR_ROOT": str(tools.root)},
    )  # fmt: skip
    found = ("Pin not found", "port connection", "%Error")
    return "".join(line for line in done.stderr.splitlines() if any(f in line for f in found))
