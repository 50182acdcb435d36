"""The register map of a wrapped design, as data: RTL, C header, drivers, tables come from it."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.emit.interface import Interface, MemoryPort

ID = int.from_bytes(b"HWC1", "big")
"""What the first register reads, in every design and version."""

VERSION = 0x0001_0000
"""Version of the map: major in the upper half, minor in the lower."""

ADDRESS_BITS = 12
"""Bits of a byte address: the map fills 4 KiB."""

PORT_STEP = 0x40
INPUTS, OUTPUTS, MEMORIES = 0x100, 0x500, 0x900
"""Where the registers of the ports begin, and how far those of two ports are apart."""

MOST_PORTS = 12
"""Inputs, and likewise outputs, that the map has room for."""


@dataclass(frozen=True)
class Register:
    """A register of 32 bits.

    Attributes:
        name: In capitals.
        offset: Byte address.
        access: "constant"; "status" (read what the design says); "setting" (read and write);
            "write" (a write is an event); "read" (a read is an event, and reads what is there).
        meaning: For people, one line.
        value: What a constant reads, or a setting after a reset.
        fields: (name, bit, meaning) of bits with names.
    """

    name: str
    offset: int
    access: str
    meaning: str
    value: int = 0
    fields: tuple[tuple[str, int, str], ...] = ()

    @property
    def signal(self) -> str:
        """What the RTL calls it."""
        return self.name.lower()

    @property
    def readable(self) -> bool:
        """False for a register that reads 0."""
        return self.access != "write"


@dataclass(frozen=True)
class RegisterMap:
    """All registers of a wrapped design, in the order of their addresses."""

    registers: tuple[Register, ...]

    def of(self, access: str) -> tuple[Register, ...]:
        """The registers of one kind of access."""
        return tuple(register for register in self.registers if register.access == access)

    def __getitem__(self, name: str) -> Register:
        """The register of that name."""
        return next(register for register in self.registers if register.name == name)


def register_map(interface: Interface, identity: str, *, data: bool) -> RegisterMap:
    """The map of a design.

    Args:
        interface: The design's ports.
        identity: Sixteen hexadecimal digits that change with the design.
        data: Whether frames pass through registers too, instead of AXI4-Streams.
    """
    number = int(identity, 16)
    common = [
        Register("ID", 0x00, "constant", "the letters HWC1", ID),
        Register("VERSION", 0x04, "constant", "of this map: major, minor", VERSION),
        Register("DESIGN_LOW", 0x08, "constant", "changes with the design", number & 0xFFFFFFFF),
        Register("DESIGN_HIGH", 0x0C, "constant", "likewise", number >> 32),
        Register("CONTROL", 0x10, "write", "orders", fields=_CONTROL),
        Register("STATUS", 0x14, "status", "state", fields=_status(interface)),
        Register("PORTS", 0x18, "constant", "inputs, outputs << 8", _ports(interface)),
        Register("CYCLES", 0x1C, "status", "clock cycles since the reset"),
    ]
    if not data:
        common.append(
            Register("PACKET_FRAMES", 0x20, "setting", "frames an output tlast ends", 1),
        )
    for index in range(len(interface.inputs)):
        common += _input(index, INPUTS + PORT_STEP * index, data)
    for index in range(len(interface.outputs)):
        common += _output(index, OUTPUTS + PORT_STEP * index, data)
    for index, port in enumerate(interface.memories):
        common += _memory(index, MEMORIES + PORT_STEP * index, port)
    return RegisterMap(tuple(common))


_CONTROL = (("RESET", 0, "write 1: reset the design, its streams and all counters"),)


def _ports(interface: Interface) -> int:
    return len(interface.inputs) | len(interface.outputs) << 8


def _status(interface: Interface) -> tuple[tuple[str, int, str], ...]:
    inputs = ((f"IN{i}_INSIDE", 8 + i, "inside a frame") for i in range(len(interface.inputs)))
    outputs = ((f"OUT{i}_INSIDE", 20 + i, "inside a frame") for i in range(len(interface.outputs)))
    failed = ("MEMORY_ERROR", 2, "a read of weights failed; stays until a reset")
    memories = (failed,) if interface.memories else ()
    return (
        ("IN_RESET", 0, "the reset is still going on"),
        ("FRAME_ERROR", 1, "frames are damaged; stays until a reset"),
        *memories,
        *inputs,
        *outputs,
    )


def _input(index: int, base: int, data: bool) -> list[Register]:
    name = f"IN{index}"
    found = [
        Register(f"{name}_FRAMES", base, "status", "whole frames taken"),
        Register(f"{name}_STARVED", base + 4, "status", "cycles it waited inside a frame"),
        Register(f"{name}_ERRORS", base + 8, "status", "beats with a wrong tlast or tkeep"),
    ]
    if data:
        found += [
            Register(f"{name}_DATA", base + 0x10, "write", "the next word of a frame"),
            Register(f"{name}_SPACE", base + 0x14, "status", "words there is room for"),
            Register(f"{name}_LOST", base + 0x18, "status", "words written without room"),
        ]
    return found


def _output(index: int, base: int, data: bool) -> list[Register]:
    name = f"OUT{index}"
    found = [
        Register(f"{name}_FRAMES", base, "status", "whole frames given"),
        Register(f"{name}_BLOCKED", base + 4, "status", "cycles a beat waited"),
    ]
    if data:
        found += [
            Register(f"{name}_DATA", base + 0x10, "read", "the next word of a frame, else 0"),
            Register(f"{name}_LEVEL", base + 0x14, "status", "words to read"),
            Register(f"{name}_EMPTY", base + 0x18, "status", "reads that found none"),
        ]
    return found


def _memory(index: int, base: int, port: MemoryPort) -> list[Register]:
    name = f"MEM{index}"
    return [
        Register(f"{name}_BASE", base, "setting", "where the weights begin, a multiple of 4096"),
        Register(f"{name}_SIZE", base + 4, "constant", "bytes of weights", port.size),
        Register(f"{name}_STARVED", base + 8, "status", "cycles it waited for weights"),
    ]
