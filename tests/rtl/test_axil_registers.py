"""The register block behind AXI4-Lite: against a plain register file, and proved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.emit.library import library_files, with_dependencies
from hwcompile.verify.bench import compile_bench, run_bench
from tests.rtl.formal import Problem, decide, formulate, module_text
from tests.vendor.wrapped import ports_of

BENCHES = Path(__file__).parent / "benches"
BENCH, FILE = "bench_axil_registers", "register_file"
CORE = "hw_axil_registers"
KINDS = ("Constant", "Status", "Setting", "Write", "Read")
DEPTH = 10
"""Cycles from reset of the bounded proof; all that is to be covered is within two more."""

TOP = """`default_nettype none
module top (
  input  wire logic         clk_i,
  input  wire logic         rst_ni,
  input  wire logic         awvalid_i,
  output logic              awready_o,
  input  wire logic [{high}:0] awaddr_i,
  input  wire logic         wvalid_i,
  output logic              wready_o,
  input  wire logic [31:0]  wdata_i,
  input  wire logic [3:0]   wstrb_i,
  output logic              bvalid_o,
  input  wire logic         bready_i,
  output logic      [1:0]   bresp_o,
  input  wire logic         arvalid_i,
  output logic              arready_o,
  input  wire logic [{high}:0] araddr_i,
  output logic              rvalid_o,
  input  wire logic         rready_i,
  output logic      [31:0]  rdata_o,
  output logic      [1:0]   rresp_o,
  input  wire logic [{count}*32-1:0] status_i,
  output logic      [{count}*32-1:0] setting_o,
  output logic      [{count}-1:0] read_o,
  output logic      [{count}-1:0] write_o,
  output logic      [31:0]  write_data_o
);
  hw_axil_registers #(
    .AddressBits({high} + 1), .Registers({count}),
    .Offsets({{{offsets}}}), .Kinds({{{kinds}}}), .Values({{{values}}})
  ) u_dut (
    .clk_i, .rst_ni, .awvalid_i, .awready_o, .awaddr_i, .wvalid_i, .wready_o, .wdata_i, .wstrb_i,
    .bvalid_o, .bready_i, .bresp_o, .arvalid_i, .arready_o, .araddr_i, .rvalid_o, .rready_i,
    .rdata_o, .rresp_o, .status_i, .setting_o, .read_o, .write_o, .write_data_o
  );
endmodule
`default_nettype wire
"""


@dataclass(frozen=True)
class Case:
    """A register block: the bits of its addresses, and offset, kind and value of each register."""

    address_bits: int
    registers: tuple[tuple[int, str, int], ...]
    accesses: int = 200

    def plan(self) -> dict[str, object]:
        """What the bench reads."""
        keys = ("offset", "kind", "value")
        registers = [dict(zip(keys, register, strict=True)) for register in self.registers]
        plan = {"address_bits": self.address_bits, "registers": registers}
        return plan | {"accesses": self.accesses, "seed": len(registers)}

    def top(self) -> str:
        """A top level with these parameters; register 0 is in the least significant bits."""
        offsets, kinds, values = zip(*reversed(self.registers), strict=True)
        return TOP.format(
            high=self.address_bits - 1,
            count=len(self.registers),
            offsets=", ".join(f"32'h{offset:x}" for offset in offsets),
            kinds=", ".join(f"hw_register_pkg::{kind}" for kind in kinds),
            values=", ".join(f"32'h{value:x}" for value in values),
        )


ALL = Case(
    6,
    (
        (0x00, "Constant", 0x4857_0001), (0x3C, "Setting", 0xDEAD_BEEF), (0x04, "Status", 0),
        (0x10, "Write", 0), (0x14, "Read", 0), (0x08, "Setting", 0), (0x0C, "Read", 0),
        (0x20, "Write", 7), (0x24, "Status", 9),
    ),
)  # fmt: skip
CASES = {
    "all kinds": ALL,
    "one setting": Case(3, ((4, "Setting", 0x0102_0304),)),
    "one event": Case(3, ((0, "Read", 0),)),
    "far apart": Case(12, ((0xFFC, "Setting", 1), (0x000, "Setting", 2), (0x800, "Write", 0))),
}

FAULTS = {
    "without an address": ("write_o = address_q && data_q &&", "write_o = data_q &&"),
    "without data": ("address_q && data_q &&", "address_q &&"),
    "a response overwritten": ("&& (!bvalid_o || bready_i)", ""),
    "a result overwritten": ("&& (!rvalid_o || rready_i)", ""),
    "a response withdrawn": ("write_o || (bvalid_o && !bready_i)", "write_o"),
    "a result withdrawn": ("read_o || (rvalid_o && !rready_i)", "read_o"),
    "a result changed": ("if (read_o) rdata_o <=", "rdata_o <="),
    "an address lost": ("up_q && !address_q", "up_q"),
    "data lost": ("up_q && !data_q", "up_q"),
    "a read lost": ("up_q && !read_q", "up_q"),
    "never ready again": ("(address_q && !write_o)", "address_q"),
    "ready in reset": ("up_q      <= 1'b0;", "up_q      <= 1'b1;"),
    "a response left by a reset": ("bvalid_o  <= 1'b0;", ""),
    "data left by a reset": ("data_q    <= 1'b0;", ""),
    "not OKAY": ("rresp_o   = 2'b00", "rresp_o   = {2{write_o}}"),
    "strobes": ("if (write_strobe[b])", "if (write_strobe[b] || b == 3)"),
    "an event without its byte": ("written && write_strobe[0]", "written"),
    "an event of others": ("read && seen", "read"),
    "a write of others": (
        "write && write_address == OFFSET[AddressBits-1:2]",
        "write && write_address[AddressBits-4:0] == OFFSET[AddressBits-2:2]",
    ),
    "a write at any time": ("written = write && ", "written = "),
    "a read of all": ("seen ? value : '0", "value"),
    "no constant": ("(KIND == hw_register_pkg::Constant) ? VALUE", "1'b0 ? VALUE"),
    "no start": ("value_q <= VALUE", "value_q <= '0"),
    "an event is read": ("(KIND == hw_register_pkg::Write) ? '0", "1'b0 ? '0"),
}


def _some(names: Iterable[str], often: Container[str]) -> list[pytest.ParameterSet]:
    """Names as parameters, slow ones but for those that run often."""
    slow = [pytest.mark.slow]
    return [pytest.param(name, id=name, marks=[] if name in often else slow) for name in names]


def _planted(sources: dict[str, str], fault: str) -> dict[str, str]:
    """The sources with a fault in the one that has its text."""
    old, new = FAULTS[fault]
    (home,) = (name for name, text in sources.items() if old in text)
    assert sources[home].count(old) == 1
    return sources | {home: sources[home].replace(old, new)}


def _run(folder: Path, case: Case, fault: str = "") -> tuple[str, ...]:
    sources = library_files([CORE])
    sources = _planted(sources, fault) if fault else sources
    sources["top.sv"] = case.top()
    for name, text in sources.items():
        (folder / name).write_text(text)
    for name in (BENCH, FILE):
        shutil.copy(BENCHES / f"{name}.py", folder)
    (folder / "registers.json").write_text(json.dumps(case.plan()))
    program = compile_bench([folder / name for name in sources], "top", ports_of(case.top()))
    return run_bench(program, "top", folder, BENCH, seed=1)


@pytest.mark.parametrize("name", _some(CASES, ("all kinds", "one setting")))
def test_registers_are_those_of_a_plain_file(tmp_path: Path, name: str) -> None:
    assert len(_run(tmp_path, CASES[name])) == 7


@pytest.mark.parametrize("fault", _some(FAULTS, ("a result overwritten",)))
def test_the_file_notices_faults(tmp_path: Path, fault: str) -> None:
    with pytest.raises(CompileError, match="HW0604"):
        _run(tmp_path, ALL, fault)


def _formulate(folder: Path, fault: str = "") -> Problem:
    sources = {f"{name}.sv": module_text(name) for name in with_dependencies([CORE])}
    sources = _planted(sources, fault) if fault else sources
    bench = "prove_axil_registers"
    problem = formulate(folder, sources | {f"{bench}.sv": module_text(bench)}, bench, {})
    assert problem.asserts > 0
    assert problem.covers > 0
    return problem


def test_the_rules_of_the_bus_and_of_registers_are_proved(tmp_path: Path) -> None:
    """From reset, and from any state that the rules allow."""
    problem = _formulate(tmp_path)
    assert decide(problem, "bounded", DEPTH)
    assert decide(problem, "cover", DEPTH + 2)
    assert decide(problem, "induction", 3)


@pytest.mark.parametrize("fault", _some(FAULTS, ("an address lost", "a write of others")))
def test_the_proof_notices_faults(tmp_path: Path, fault: str) -> None:
    assert not decide(_formulate(tmp_path, fault), "bounded", DEPTH)
