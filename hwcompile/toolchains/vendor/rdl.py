"""The register map of a wrapped design in SystemRDL, from the table that makes the RTL."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.emit.environment import render
from hwcompile.toolchains.vendor.registers import Register
from hwcompile.toolchains.vendor.wrapper import Wrapper

_ACCESS = {
    "constant": "sw = r; hw = na;",
    "status": "sw = r; hw = w;",
    "setting": "sw = rw; hw = r;",
    "write": "sw = w; hw = r; swmod;",
    "read": "sw = r; hw = w; swacc;",
}
"""What software and hardware do with a register of each access."""


@dataclass(frozen=True)
class RdlField:
    """A field of a register; `reset` is its value after a reset, as text, or nothing."""

    name: str
    high: int
    low: int
    access: str
    meaning: str
    reset: str


def rdl_text(wrapper: Wrapper) -> str:
    """The description of a wrapper's registers."""
    registers = [(register, rdl_fields(register)) for register in wrapper.registers.registers]
    return render("vendor/registers.rdl.j2", top=wrapper.top, registers=registers)


def rdl_fields(register: Register) -> list[RdlField]:
    """The fields of a register; one that has no named bits is a single field."""
    access = _ACCESS[register.access]
    if register.fields:
        return [RdlField(name, bit, bit, access, text, "") for name, bit, text in register.fields]
    has_value = register.access in ("constant", "setting")
    reset = f" = 32'h{register.value:08x}" if has_value else ""
    return [RdlField("VALUE", 31, 0, access, "", reset)]
