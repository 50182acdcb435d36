"""A design behind AXI ports: what its words look like on a bus, and the RTL around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hwcompile.diagnostics import fail
from hwcompile.emit.environment import render
from hwcompile.emit.finished import finished
from hwcompile.emit.interface import AxisPort, Interface, packing_of
from hwcompile.emit.library import library_files
from hwcompile.ir.types import TensorType
from hwcompile.ops.contract.site import Site, StreamFormat
from hwcompile.ops.width.gearbox import Gearbox
from hwcompile.ops.width.op import Width
from hwcompile.toolchains.vendor.registers import (
    ADDRESS_BITS,
    MOST_PORTS,
    RegisterMap,
    register_map,
)
from hwcompile_runtime.packing import FrameWords

DMA_BYTES = (4, 8, 16)
"""Widths of the streams of a DMA engine, in bytes."""

FIFO_WORDS = 64
"""Words of 32 bits that a port of the AXI4-Lite wrapper holds."""


@dataclass(frozen=True)
class BusPort:
    """A port of the design and its form on the bus.

    Attributes:
        port: The design's port.
        index: Its number among the inputs, or the outputs.
        form: How a frame is cut into bus words; its frame is one vector.
        packing: The same for the host.
        full_bytes: Bytes of a bus word that hold elements.
        last_bytes: The same of a frame's last bus word.
        gearbox: Parameters of `hw_gearbox` between bus and design.
        cycles: Cycles a frame takes at least between bus and design, both sides always ready.
    """

    port: AxisPort
    index: int
    form: StreamFormat
    packing: FrameWords
    full_bytes: int
    last_bytes: int
    gearbox: dict[str, int]
    cycles: int

    @property
    def bits(self) -> int:
        """Width of tdata."""
        return 8 * self.packing.word_bytes


@dataclass(frozen=True)
class Wrapper:
    """A wrapped design.

    Attributes:
        interface: The design's ports.
        inputs: Its inputs on the bus.
        outputs: Its outputs on the bus.
        registers: The register map.
        data: Whether frames pass through registers instead of AXI4-Streams.
    """

    interface: Interface
    inputs: tuple[BusPort, ...]
    outputs: tuple[BusPort, ...]
    registers: RegisterMap
    data: bool

    @property
    def cycles(self) -> int:
        """Cycles per frame that the bus allows at best, with memory that keeps up."""
        return max(bus.cycles for bus in (*self.inputs, *self.outputs))

    @property
    def top(self) -> str:
        """Name of the module with the AXI ports."""
        return f"{self.interface.top}_{'axil' if self.data else 'axi'}"


def dma_wrapper(interface: Interface, identity: str) -> Wrapper:
    """The design with AXI4-Streams for a DMA engine and an AXI4-Lite register block.

    A stream is as wide as the design's words need to arrive without waiting, from 32 to 128 bits.
    Ports to external memory are led out; the design stays in reset until software has set where
    its weights are.

    Raises:
        CompileError: HW0852 when there are too many ports.
    """
    return _wrapper(interface, identity, DMA_BYTES, data=False)


def lite_wrapper(interface: Interface, identity: str) -> Wrapper:
    """The design behind one AXI4-Lite port: frames pass through FIFOs in the register map.

    Raises:
        CompileError: HW0852 when there are too many ports, HW0853 when one is to memory.
    """
    return _wrapper(interface, identity, DMA_BYTES[:1], data=True)


def _wrapper(
    interface: Interface, identity: str, widths: tuple[int, ...], *, data: bool
) -> Wrapper:
    most = max(len(interface.inputs), len(interface.outputs))
    if most > MOST_PORTS:
        raise fail(
            "HW0852",
            f"the design '{interface.top}' has {most} ports of one direction",
            f"the register map has room for {MOST_PORTS}",
            "a model with fewer inputs and outputs",
        )
    if interface.memories and data:
        raise fail(
            "HW0853",
            f"the AXI4-Lite wrapper has no memory port for '{interface.memories[0].name}'",
            "its weights are read from external memory through an AXI4 port of the design",
            'weights = "on_chip" in the schedule, or connect the port in a design of your own',
        )
    return Wrapper(
        interface,
        tuple(_bus_port(p, i, widths, entering=True) for i, p in enumerate(interface.inputs)),
        tuple(_bus_port(p, i, widths, entering=False) for i, p in enumerate(interface.outputs)),
        register_map(interface, identity, data=data),
        data,
    )


def _bus_port(port: AxisPort, index: int, widths: tuple[int, ...], *, entering: bool) -> BusPort:
    inner, bits = port.format, port.format.element.bits
    total = inner.vectors * inner.size
    # An element never straddles words; 64 bits hold every element there is.
    possible = [width for width in widths if 8 * width >= bits] or [8]
    enough = [width for width in possible if 8 * width // bits >= inner.parallel]
    width = enough[0] if enough else max(possible)
    form = StreamFormat(1, total, min(8 * width // bits, total), inner.element)
    op = (
        Width(total, form.parallel, inner.size, inner.parallel)
        if entering
        else Width(inner.size, inner.parallel, total, form.parallel)
    )
    site = Site.of(op, TensorType((1, 1, total), inner.element))
    gearbox = Gearbox().at(site, {})
    last = total - (form.words - 1) * form.parallel
    return BusPort(
        port,
        index,
        form,
        packing_of(form, width),
        -(-form.bits // 8),
        -(-last * bits // 8),
        {name: int(str(value)) for name, value in gearbox.instance.parameters.items()},
        gearbox.interval,
    )


def wrapper_files(wrapper: Wrapper, present: Iterable[str] = ()) -> dict[str, str]:
    """File name to text of all modules around the design, in compilation order.

    Args:
        wrapper: The wrapped design.
        present: Names of files that the design brings along, which are left out.
    """
    view = {
        "wrapper": wrapper,
        "address_bits": ADDRESS_BITS,
        "fifo_words": FIFO_WORDS,
        "lite": lite_ports(),
    }
    generated = {
        f"{wrapper.top}_stream.sv": render("vendor/stream.sv.j2", **view),
        f"{wrapper.top}_registers.sv": render("vendor/registers.sv.j2", **view),
        f"{wrapper.top}.sv": render(f"vendor/{'axil' if wrapper.data else 'axi'}.sv.j2", **view),
    }
    needed = [
        *("hw_axis_receiver", "hw_axis_sender", "hw_axil_registers", "hw_soft_reset"),
        *(("hw_axi_drain",) if wrapper.interface.memories else ()),
        *(("hw_level_fifo", "hw_axis_gearbox") if wrapper.data else ()),
    ]
    library = library_files((*needed, "hw_event_counter"))
    texts = finished({**library, **generated}, wrapper.interface.top)
    known = set(present)
    return {file: text for file, text in texts.items() if file not in known}


def lite_ports() -> list[tuple[str, int, str]]:
    """(direction, bits, name) of every signal of the AXI4-Lite port, without its prefix."""
    signals = (
        *(("input ", ADDRESS_BITS, "awaddr"), ("input ", 3, "awprot"), ("input ", 1, "awvalid")),
        *(("output", 1, "awready"), ("input ", 32, "wdata"), ("input ", 4, "wstrb")),
        *(("input ", 1, "wvalid"), ("output", 1, "wready"), ("output", 2, "bresp")),
        *(("output", 1, "bvalid"), ("input ", 1, "bready"), ("input ", ADDRESS_BITS, "araddr")),
        *(("input ", 3, "arprot"), ("input ", 1, "arvalid"), ("output", 1, "arready")),
        *(("output", 32, "rdata"), ("output", 2, "rresp"), ("output", 1, "rvalid")),
        ("input ", 1, "rready"),
    )
    return list(signals)
