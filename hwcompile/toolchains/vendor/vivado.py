"""What Vivado's scripts say about boards with a processor on the chip."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.boards import Board
from hwcompile.toolchains.vendor.wrapper import BusPort, Wrapper

LENGTH_BITS = 26
"""Bits of the length of a DMA transfer: 64 MiB."""


@dataclass(frozen=True)
class Processor:
    """A processor system in a block design.

    Attributes:
        vlnv: The IP, without version.
        rule: The automation that applies the board's preset.
        automation: The rule's settings.
        settings: (parameter, value) set afterwards.
        clock: Output pin with the clock of the logic.
        reset: Output pin with its reset.
        master: Interface through which software reaches registers.
        memory: Interface through which the logic reaches memory.
        clocks: Clock pins of these two interfaces.
        memory_bits: Width of `memory`.
        address_bits: Width of a physical address.
    """

    vlnv: str
    rule: str
    automation: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    clock: str
    reset: str
    master: str
    memory: str
    clocks: tuple[str, str]
    memory_bits: int
    address_bits: int


@dataclass(frozen=True)
class Dma:
    """An AXI DMA engine: one stream of the design each way, or one way only.

    Attributes:
        source: Stream of the design that it feeds, "" for none.
        sink: Stream that feeds it, "" for none.
        settings: (parameter, value).
    """

    source: str
    sink: str
    settings: tuple[tuple[str, str], ...]


def processor(board: Board) -> Processor:
    """The processor system of a board's FPGA, with its logic clock set."""
    mhz = f"{board.clock.mhz:g}"
    if board.device.family == "zynq7":
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
                ("PCW_FPGA0_PERIPHERAL_FREQMHZ", mhz),
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
    return Processor(
        vlnv="xilinx.com:ip:zynq_ultra_ps_e",
        rule="xilinx.com:bd_rule:zynq_ultra_ps_e",
        automation=('apply_board_preset "1"',),
        settings=(
            ("PSU__FPGA_PL0_ENABLE", "1"),
            ("PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ", mhz),
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


def dmas(wrapper: Wrapper, ps: Processor) -> tuple[Dma, ...]:
    """The DMA engines: one for each pair of an input and an output with the same number."""
    count = max(len(wrapper.inputs), len(wrapper.outputs))
    return tuple(
        _dma(
            wrapper.inputs[index] if index < len(wrapper.inputs) else None,
            wrapper.outputs[index] if index < len(wrapper.outputs) else None,
            ps,
        )
        for index in range(count)
    )


def _dma(source: BusPort | None, sink: BusPort | None, ps: Processor) -> Dma:
    settings = [
        ("c_include_sg", "0"),
        ("c_sg_include_stscntrl_strm", "0"),
        ("c_sg_length_width", str(LENGTH_BITS)),
        ("c_addr_width", str(ps.address_bits)),
        ("c_include_mm2s", str(int(source is not None))),
        ("c_include_s2mm", str(int(sink is not None))),
    ]
    if source:
        # Memory is at least as wide as the stream.
        settings.append(("c_m_axi_mm2s_data_width", str(max(source.bits, ps.memory_bits))))
        settings.append(("c_m_axis_mm2s_tdata_width", str(source.bits)))
    if sink:
        settings.append(("c_m_axi_s2mm_data_width", str(max(sink.bits, ps.memory_bits))))
    return Dma(
        source.port.prefix if source else "", sink.port.prefix if sink else "", tuple(settings)
    )


def pins(wrapper: Wrapper, ps: Processor, engines: tuple[Dma, ...]) -> dict[str, list[str]]:
    """The block design's connections: "slaves", "masters", "clocks" and "resets" of all parts."""
    slaves = ["network/s_axi"]
    masters = [f"network/{port.prefix}" for port in wrapper.interface.memories]
    clocks = [f"ps/{pin}" for pin in ps.clocks] + ["control/aclk", "memory/aclk", "network/aclk"]
    resets = ["control/aresetn", "memory/aresetn", "network/aresetn"]
    for index, engine in enumerate(engines):
        name = f"dma_{index}"
        slaves.append(f"{name}/S_AXI_LITE")
        clocks.append(f"{name}/s_axi_lite_aclk")
        resets.append(f"{name}/axi_resetn")
        if engine.source:
            masters.append(f"{name}/M_AXI_MM2S")
            clocks.append(f"{name}/m_axi_mm2s_aclk")
        if engine.sink:
            masters.append(f"{name}/M_AXI_S2MM")
            clocks.append(f"{name}/m_axi_s2mm_aclk")
    return {"slaves": slaves, "masters": masters, "clocks": clocks, "resets": resets}
