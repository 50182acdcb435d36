"""The AXI4 read master against an independent memory model; planted faults are found."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.emit.shelves import source_text
from hwcompile.verify.bench import compile_bench, run_bench

BENCH = Path(__file__).parent / "benches" / "bench_axi_reader.py"
PARTS = ("hw_wrap", "hw_credit_fifo", "hw_axi_reader")
PORTS = (
    *("clk_i", "rst_ni", "base_i", "row_valid_o", "row_ready_i", "row_data_o"),
    *("starved_o", "error_o"),
    *(f"m_axi_ar{name}" for name in ("id", "addr", "len", "size", "burst", "valid", "ready")),
    *(f"m_axi_r{name}" for name in ("id", "data", "resp", "last", "valid", "ready")),
)

TOP = """`default_nettype none
module top (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic [{address}:0]  base_i,
  output logic      [0:0]          m_axi_arid,
  output logic      [{address}:0]  m_axi_araddr,
  output logic      [7:0]          m_axi_arlen,
  output logic      [2:0]          m_axi_arsize,
  output logic      [1:0]          m_axi_arburst,
  output logic                     m_axi_arvalid,
  input  wire logic                m_axi_arready,
  input  wire logic [0:0]          m_axi_rid,
  input  wire logic [{data}:0]     m_axi_rdata,
  input  wire logic [1:0]          m_axi_rresp,
  input  wire logic                m_axi_rlast,
  input  wire logic                m_axi_rvalid,
  output logic                     m_axi_rready,
  output logic                     row_valid_o,
  input  wire logic                row_ready_i,
  output logic      [{row}:0]      row_data_o,
  output logic      [31:0]         starved_o,
  output logic                     error_o
);
  hw_axi_reader #(
    .DataBits({data} + 1), .AddressBits({address} + 1), .RowBits({row} + 1), .Rows({rows}),
    .BurstBeats({burst}), .Depth({depth}), .Block({block})
  ) u_dut (
    .clk_i, .rst_ni, .base_i,
    .arid_o(m_axi_arid), .araddr_o(m_axi_araddr), .arlen_o(m_axi_arlen), .arsize_o(m_axi_arsize),
    .arburst_o(m_axi_arburst), .arvalid_o(m_axi_arvalid), .arready_i(m_axi_arready),
    .rid_i(m_axi_rid), .rdata_i(m_axi_rdata), .rresp_i(m_axi_rresp), .rlast_i(m_axi_rlast),
    .rvalid_i(m_axi_rvalid), .rready_o(m_axi_rready),
    .row_valid_o, .row_ready_i, .row_data_o, .starved_o, .error_o
  );
endmodule
`default_nettype wire
"""


@dataclass(frozen=True)
class Case:
    """A reader and where its image lies; `fast` when it can keep up with one row per cycle."""

    data_bits: int
    row_bits: int
    rows: int
    burst: int
    depth: int
    base: int = 0
    address_bits: int = 20
    block: int = 1
    fast: bool = True


CASES = {
    "32-bit": Case(32, 32, 70, 16, 64, base=0x3000),
    "one-row": Case(64, 50, 1, 1, 16, block=0, fast=False),
    "odd-tail": Case(64, 33, 37, 8, 64, base=0xFF000),
    "1024-bit": Case(1024, 704, 45, 32, 96, base=0x1000),
    "256-beats": Case(128, 128, 300, 256, 512, base=0x10000),
    "no-prefetch": Case(256, 200, 20, 8, 8, block=0, fast=False),
}


def _run(folder: Path, case: Case, edit: tuple[str, str] = ("", "")) -> tuple[str, ...]:
    rng = np.random.default_rng(case.rows)
    for name in PARTS:
        text = source_text(name)
        if name == "hw_axi_reader":
            assert edit[0] in text
            text = text.replace(*edit) if edit[0] else text
        (folder / f"{name}.sv").write_text(text)
    (folder / "top.sv").write_text(
        TOP.format(
            address=case.address_bits - 1, data=case.data_bits - 1, row=case.row_bits - 1,
            rows=case.rows, burst=case.burst, depth=case.depth, block=case.block,
        )
    )  # fmt: skip
    shutil.copy(BENCH, folder)
    plan = {
        "data_bits": case.data_bits,
        "row_bits": case.row_bits,
        "address_bits": case.address_bits,
        "base": case.base,
        "burst": case.burst,
        "depth": case.depth,
        "fast": case.fast,
        "seed": case.rows,
        "image": rng.bytes(case.rows * case.data_bits // 8).hex(),
    }
    (folder / "reader.json").write_text(json.dumps(plan))
    sources = [folder / f"{name}.sv" for name in (*PARTS, "top")]
    program = compile_bench(sources, "top", PORTS)
    return run_bench(program, "top", folder, BENCH.stem, seed=1)


@pytest.mark.parametrize("name", CASES)
def test_rows_come_in_order_whatever_the_memory_does(tmp_path: Path, name: str) -> None:
    assert len(_run(tmp_path, CASES[name])) == 15


FAULTS = {
    "beyond the room": ("(room_q >= beats)", "(room_q != '0)"),
    "a lost place": ("RoomBits'(pop);", "RoomBits'(pop && !ask);"),
    "the wrong length": ("8'(Rest - 1)", "8'(BurstBeats - 1)"),
    "withdrawn": ("ask || (valid_q && !arready_i)", "ask"),
    "not from the beginning": ("last ? '0 : offset_q", "offset_q"),
    "no base": ("base_i + offset_q", "base_i ^ base_i ^ offset_q"),
    "not counted": ("row_ready_i && !row_valid_o", "row_ready_i && row_valid_o"),
    "no error": ("rvalid_i && rresp_i[1]", "rvalid_i && rresp_i[1] && rlast_i"),
    "no reset": ("offset_q <= '0;\n    end", "end"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(tmp_path: Path, fault: str) -> None:
    case = replace(CASES["odd-tail"], depth=16, block=0, fast=False)
    with pytest.raises(CompileError, match="HW0604"):
        _run(tmp_path, case, FAULTS[fault])
