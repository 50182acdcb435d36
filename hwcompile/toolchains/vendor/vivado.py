"""What Vivado's scripts say about boards with a processor on the chip."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.families.processor import Processor
from hwcompile.toolchains.vendor.wrapper import BusPort, Wrapper

LENGTH_BITS = 26
"""Bits of the length of a DMA transfer: 64 MiB."""


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
