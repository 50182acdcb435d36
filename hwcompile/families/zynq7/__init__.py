"""AMD Zynq-7000: projects for Vivado."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.artix7 import MEMORY, PRODUCTS
from hwcompile.families.family import FpgaFamily
from hwcompile.families.processor import Processor


def _processor(mhz: float) -> Processor:
    return Processor(
        vlnv="xilinx.com:ip:processing_system7",
        rule="xilinx.com:bd_rule:processing_system7",
        automation=(
            'make_external "FIXED_IO, DDR"',
            'apply_board_preset "1"',
            'Master "Disable"',
            'Slave "Disable"',
        ),
        settings=(
            ("PCW_FPGA0_PERIPHERAL_FREQMHZ", f"{mhz:g}"),
            ("PCW_USE_M_AXI_GP0", "1"),
            ("PCW_USE_S_AXI_HP0", "1"),
            ("PCW_S_AXI_HP0_DATA_WIDTH", "64"),
        ),
        clock="FCLK_CLK0",
        reset="FCLK_RESET0_N",
        master="M_AXI_GP0",
        memory="S_AXI_HP0",
        clocks=("M_AXI_GP0_ACLK", "S_AXI_HP0_ACLK"),
        memory_bits=64,
        address_bits=32,
    )


FAMILY = FpgaFamily(
    title="Zynq-7000",
    folder=Path(__path__[0]),
    tools="vivado",
    products=PRODUCTS,
    memory=MEMORY,
    like="artix7",
    processor=_processor,
)
