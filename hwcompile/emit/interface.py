"""The stream interface of an emitted design: what a host or a test bench has to know.

Written to `interface.json` in the build directory and read back by `verify` and `runtime`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from hwcompile.build_directory import (
    INTERFACE,
    INTERFACE_SCHEMA,
    InterfaceFile,
    damaged,
    parsing,
    read_typed,
)
from hwcompile.build_directory.typed import PortFile
from hwcompile.emit.names import identifier
from hwcompile.ir.types import Encoding, IntType
from hwcompile.ops.contract.site import Blocks, StreamFormat
from hwcompile_runtime.packing import FrameWords
from hwcompile_runtime.ports import StreamPort, StreamPorts


def packing_of(form: StreamFormat, word_bytes: int = 0) -> FrameWords:
    """The same cut of a frame for programs on the host.

    Args:
        form: The words.
        word_bytes: Bytes of a word; 0 for as few as hold it.
    """
    element, least = form.element, -(-form.bits // 8)
    return FrameWords(
        form.vectors, form.size, form.parallel, element.bits, element.kind, word_bytes or least
    )


@dataclass(frozen=True)
class AxisPort:
    """One AXI4-Stream port of the top level.

    Attributes:
        name: Name of the graph's input or output value.
        prefix: Signal prefix: `<prefix>_tdata`, `_tvalid`, `_tready`, `_tlast`.
        format: How a frame is cut into words.
        shape: (height, width, channels) of a frame.
    """

    name: str
    prefix: str
    format: StreamFormat
    shape: tuple[int, int, int]

    @property
    def tdata_bytes(self) -> int:
        """Width of tdata in bytes: the word, padded with zero bits at the top."""
        return -(-self.format.bits // 8)


@dataclass(frozen=True)
class MemoryPort:
    """An AXI4 read master of the top level and the image that the memory behind it holds.

    Attributes:
        name: Stage that reads it.
        prefix: Signal prefix: `<prefix>_araddr` and so on.
        status: Prefix of `<status>_base_i` (where the image begins in memory, a multiple of 4096,
            constant), `<status>_starved_o` (cycles in which the stage waited for a row) and
            `<status>_error_o` (a read failed).
        address_bits: Width of araddr.
        data_bits: Width of rdata.
        size: Bytes of the image.
        file: The image, as it is to be loaded at the base, within the build directory.
        load_cycles: From reset until words are accepted, while memory keeps up, where the image is
            read once; 0 where rows are read as frames pass.
    """

    name: str
    prefix: str
    status: str
    address_bits: int
    data_bits: int
    size: int
    file: str
    load_cycles: int = 0

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of all its ports."""
        address = ("id", "addr", "len", "size", "burst", "valid", "ready")
        data = ("id", "data", "resp", "last", "valid", "ready")
        return (
            *(f"{self.prefix}_ar{name}" for name in address),
            *(f"{self.prefix}_r{name}" for name in data),
            *(f"{self.status}_{name}" for name in ("base_i", "starved_o", "error_o")),
        )


@dataclass(frozen=True)
class Interface:
    """Top-level module name and its ports. The clock is `aclk`, the reset `aresetn`.

    Attributes:
        top: Name of the top-level module.
        inputs: In the order of the graph.
        outputs: In the order of the graph.
        streams: What leaves each stage, in stream order; `prefix` is the node that a reader of the
            source model knows. They are recorded by simulations with taps.
        memories: StreamPorts to external memory, in stream order.
    """

    top: str
    inputs: tuple[AxisPort, ...]
    outputs: tuple[AxisPort, ...]
    streams: tuple[AxisPort, ...] = ()
    memories: tuple[MemoryPort, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, in the shape of `interface.json`."""
        return {
            "schema": INTERFACE_SCHEMA,
            "top": self.top,
            "inputs": [_port_to_json(p) for p in self.inputs],
            "outputs": [_port_to_json(p) for p in self.outputs],
            "streams": [_port_to_json(p) for p in self.streams],
            "memories": [asdict(p) for p in self.memories],
        }

    @staticmethod
    def read(directory: Path) -> Interface:
        """Read `interface.json` of a build directory.

        Raises:
            CompileError: HW0510 when it is missing, was changed, or makes no sense; HW0511.
        """
        data = read_typed(directory, INTERFACE, InterfaceFile, INTERFACE_SCHEMA)
        with parsing(directory, INTERFACE):
            found = Interface(
                data.top,
                tuple(_port_from_file(p) for p in data.inputs),
                tuple(_port_from_file(p) for p in data.outputs),
                tuple(_port_from_file(p) for p in data.streams),
                tuple(MemoryPort(**msgspec.to_builtins(p)) for p in data.memories),
            )
        wrong = found.contradiction()
        if wrong:
            raise damaged(directory, INTERFACE, wrong)
        return found

    def contradiction(self) -> str:
        """What can not be true of any design; "" when all can.

        Prefixes of ports become names of signals, so they are identifiers, and all different.
        """
        ports = (*self.inputs, *self.outputs)
        prefixes = [p.prefix for p in ports] + [p.prefix for p in self.memories]
        prefixes += [p.status for p in self.memories]
        names = [prefix for prefix in prefixes if identifier(prefix, longest=200) != prefix]
        if names or identifier(self.top, longest=200) != self.top:
            return f"{(names or [self.top])[0]!r:.80} can not be a name in hardware"
        if len(set(prefixes)) < len(prefixes):
            return "two ports have the same name"
        # A design may give an input away as it is, so only each side is free of repetition.
        for side in (self.inputs, self.outputs):
            if len({port.name for port in side}) < len(side):
                return "two ports have the same value"
        return ""


def stream_port(port: AxisPort) -> StreamPort:
    """The same stream as programs on a host see it."""
    packing = packing_of(port.format, port.tdata_bytes)
    return StreamPort(port.name, port.shape, port.format.element, packing)


def ports_of(interface: Interface) -> StreamPorts:
    """All streams of a design as programs on a host see them."""
    return StreamPorts(
        tuple(map(stream_port, interface.inputs)), tuple(map(stream_port, interface.outputs))
    )


def memory_signals(port: MemoryPort) -> list[tuple[str, int, str]]:
    """(direction, bits, name) of every signal of an AXI4 read master, without its prefix."""
    return [
        *(("output", 1, "arid"), ("output", port.address_bits, "araddr"), ("output", 8, "arlen")),
        *(("output", 3, "arsize"), ("output", 2, "arburst"), ("output", 1, "arvalid")),
        *(("input ", 1, "arready"), ("input ", 1, "rid"), ("input ", port.data_bits, "rdata")),
        *(("input ", 2, "rresp"), ("input ", 1, "rlast"), ("input ", 1, "rvalid")),
        ("output", 1, "rready"),
    ]


def _port_to_json(port: AxisPort) -> dict[str, Any]:
    element, order = port.format.element, port.format.order
    blocks = {"blocks": [order.taps, order.lanes]} if order else {}
    return {
        "name": port.name,
        "prefix": port.prefix,
        "shape": list(port.shape),
        "vectors": port.format.vectors,
        "size": port.format.size,
        "parallel": port.format.parallel,
        "low": element.low,
        "high": element.high,
        "encoding": element.encoding.value,
        "words_per_frame": port.format.words,
        "tdata_bytes": port.tdata_bytes,
        **blocks,
    }


def _port_from_file(data: PortFile) -> AxisPort:
    element = IntType(data.low, data.high, Encoding(data.encoding))
    order = Blocks(*data.blocks) if data.blocks else None
    form = StreamFormat(data.vectors, data.size, data.parallel, element, order)
    port = AxisPort(data.name, data.prefix, form, data.shape)
    if (form.words, port.tdata_bytes) != (data.words_per_frame, data.tdata_bytes):
        raise ValueError(f"the words of '{data.name}' contradict each other")
    return port
