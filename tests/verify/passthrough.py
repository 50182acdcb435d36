"""Writes a build directory whose design is one FIFO: the smallest thing the simulator can run."""

from __future__ import annotations

import json
from pathlib import Path

from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.emit.shelves import source_text
from hwcompile.ops.contract.site import StreamFormat

LIBRARY = ("hw_credit_fifo", "hw_axis_last", "hw_axis_check", "hw_tap")

TOP = """`default_nettype none

module top (
  input  wire logic            aclk,
  input  wire logic            aresetn,
  input  wire logic [{high}:0] s_axis_x_tdata,
  input  wire logic            s_axis_x_tvalid,
  output logic                 s_axis_x_tready,
  input  wire logic            s_axis_x_tlast,
  output logic      [{high}:0] m_axis_y_tdata,
  output logic                 m_axis_y_tvalid,
  input  wire logic            m_axis_y_tready,
  output logic                 m_axis_y_tlast,
  output logic                 frame_error_o
);

  logic push;
  assign push = s_axis_x_tvalid && s_axis_x_tready;

  hw_axis_check #(.Words({words})) u_check (
    .clk_i(aclk), .rst_ni(aresetn), .transfer_i(push), .last_i(s_axis_x_tlast), .frame_error_o
  );

  hw_credit_fifo #(.Width({width}), .Depth({depth}), .Block({block}), .Name("fifo")) u_fifo (
    .clk_i(aclk), .rst_ni(aresetn), .reserve_i(push), .ok_o(s_axis_x_tready), .push_i(push),
    .data_i(s_axis_x_tdata), .valid_o(m_axis_y_tvalid), .ready_i(m_axis_y_tready),
    .data_o(m_axis_y_tdata)
  );

  hw_axis_last #(.Words({words})) u_last (
    .clk_i(aclk), .rst_ni(aresetn), .transfer_i(m_axis_y_tvalid && m_axis_y_tready),
    .last_o(m_axis_y_tlast)
  );

  hw_tap #(.Width({width}), .TapName("fifo")) u_tap (
    .clk_i(aclk), .rst_ni(aresetn), .valid_i(push), .data_i(s_axis_x_tdata)
  );

endmodule

`default_nettype wire
"""


def write_passthrough(
    directory: Path,
    shape: tuple[int, int, int],
    form: StreamFormat,
    depth: int = 4,
    block: int = 0,
    edit: tuple[str, str] = ("", ""),
    more: tuple[str, str] = ("", ""),
) -> Interface:
    """Write the build directory; `edit` and `more` replace text to plant a fault."""
    interface = Interface(
        "top",
        (AxisPort("x", "s_axis_x", form, shape),),
        (AxisPort("y", "m_axis_y", form, shape),),
    )
    rtl = directory / "rtl"
    rtl.mkdir(parents=True)
    width = 8 * interface.inputs[0].tdata_bytes
    text = TOP.format(high=width - 1, width=width, words=form.words, depth=depth, block=block)
    for old, new in (edit, more):
        assert old in text
        text = text.replace(old, new) if old else text
    (rtl / "top.sv").write_text(text)
    for name in LIBRARY:
        (rtl / f"{name}.sv").write_text(source_text(name))
    names = [f"{name}.sv" for name in (*LIBRARY, "top")]
    (rtl / "files.f").write_text("".join(f"{name}\n" for name in names))
    (directory / "interface.json").write_text(json.dumps(interface.to_json()))
    return interface
