"""The cocotb bench accepts right designs and finds planted faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.ir.types import IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify.protocol import check_protocol
from tests.verify.passthrough import write_passthrough

SHAPE = (2, 3, 5)
KIND = IntType(-3, 4)


def _run(folder: Path, **options: Any) -> tuple[str, ...]:
    write_passthrough(folder, SHAPE, StreamFormat(6, 5, 4, KIND), **options)
    values = np.random.default_rng(0).choice(KIND.values(), size=(3, *SHAPE))
    return check_protocol(folder, {"x": values}, {"y": values}, timeout_cycles=2000)


@pytest.mark.parametrize("block", [0, 1])
def test_a_fifo_keeps_the_rules(tmp_path: Path, block: int) -> None:
    assert len(_run(tmp_path, block=block)) == 9


WITHDRAW = """\
  logic stored;
  assign m_axis_y_tvalid = stored && (m_axis_y_tready || s_axis_x_tvalid);
"""
FAULTS = {
    "tlast": (("hw_axis_last #(.Words(12)", "hw_axis_last #(.Words(11)"), "back_to_back"),
    "data": ((".data_i(s_axis_x_tdata)", ".data_i(~s_axis_x_tdata)"), "back_to_back"),
    "lost": ((".push_i(push)", ".push_i(push && m_axis_y_tready)"), "frames_with_stalls"),
    "unstable": (
        (
            "  hw_credit_fifo",
            WITHDRAW + "  hw_credit_fifo",
        ),
        "frames_with_stalls",
    ),
    "no reset": (
        (".clk_i(aclk), .rst_ni(aresetn), .reserve_i", ".clk_i(aclk), .rst_ni(1'b1), .reserve_i"),
        "reset_inside_a_frame",
    ),
    "no check": ((".frame_error_o\n", ".frame_error_o()\n"), "a_wrong_tlast_is_reported"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(tmp_path: Path, fault: str) -> None:
    edit, test = FAULTS[fault]
    repairs = {
        "unstable": (".valid_o(m_axis_y_tvalid)", ".valid_o(stored)"),
        "no check": ("endmodule", "  assign frame_error_o = 1'b0;\nendmodule"),
    }
    with pytest.raises(CompileError, match=rf"HW0604.*{test}"):
        _run(tmp_path, edit=edit, more=repairs.get(fault, ("", "")))
