"""Processor systems on FPGAs, in the words of Vivado's block designs."""

from __future__ import annotations

from dataclasses import dataclass


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
