"""AMD Zynq UltraScale+: projects for Vivado."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.processor import Processor


def _processor(mhz: float) -> Processor:
    return Processor(
        vlnv="xilinx.com:ip:zynq_ultra_ps_e",
        rule="xilinx.com:bd_rule:zynq_ultra_ps_e",
        automation=('apply_board_preset "1"',),
        settings=(
            ("PSU__FPGA_PL0_ENABLE", "1"),
            ("PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ", f"{mhz:g}"),
            ("PSU__USE__M_AXI_GP0", "1"),
            ("PSU__USE__M_AXI_GP1", "0"),
            ("PSU__USE__M_AXI_GP2", "0"),
            ("PSU__USE__S_AXI_GP2", "1"),
            ("PSU__SAXIGP2__DATA_WIDTH", "128"),
        ),
        clock="pl_clk0",
        reset="pl_resetn0",
        master="M_AXI_HPM0_FPD",
        memory="S_AXI_HP0_FPD",
        clocks=("maxihpm0_fpd_aclk", "saxihp0_fpd_aclk"),
        memory_bits=128,
        address_bits=40,
    )


FAMILY = FpgaFamily(
    title="Zynq UltraScale+",
    folder=Path(__path__[0]),
    tools="vivado",
    processor=_processor,
)
