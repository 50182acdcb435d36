"""What lies between two registers of a circuit, whatever the device: the input of delay models."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ops.contract.needs import Memory, Multiplications


@dataclass(frozen=True)
class Path:
    """The slowest way through one cycle of a circuit.

    Attributes:
        name: What happens in that cycle, for reports.
        levels: Look-up tables one after the other.
        carries: Widths of adders and comparisons one after the other.
        memory: What the way begins at; None for a register.
        latched: It begins where the memory's word was read into, which is a register beside tables
            and part of a block of memory.
        held: The memory whose word the registers hold that the way begins at. A family may have
            these inside its blocks, from where wires to the logic behind them are long.
        product: A multiplication on the way.
        near: Registers on both sides of the product do nothing but wait, so they can stand beside
            what multiplies.
    """

    name: str
    levels: int = 0
    carries: tuple[int, ...] = ()
    memory: Memory | None = None
    latched: bool = False
    held: Memory | None = None
    product: Multiplications | None = None
    near: bool = False


CONTROL = Path("control", levels=4)
"""From registers of both sides' handshakes through a decision to the registers that it enables."""
