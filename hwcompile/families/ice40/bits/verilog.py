"""A decoded netlist as Verilog, with the ports of the design it was packed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hwcompile.families.ice40.bits.logic import ONE, ZERO, CellNetlist, NetlistCell


@dataclass(frozen=True)
class TopPort:
    """A port of the top level.

    Attributes:
        direction: "input" or "output".
        width: Bits; a port of one bit is no vector.
    """

    direction: str
    width: int

    def bits(self, name: str) -> tuple[str, ...]:
        """What its bits are called."""
        return (name,) if self.width == 1 else tuple(f"{name}[{i}]" for i in range(self.width))


def verilog_of(netlist: CellNetlist, top: str, ports: Mapping[str, TopPort]) -> str:
    """Verilog of a module `top` with instances of Lattice's cells."""
    heads = [
        f"  {port.direction} wire " + (f"[{port.width - 1}:0] " if port.width > 1 else "") + name
        for name, port in ports.items()
    ]
    signals = dict.fromkeys(netlist.signals)
    lines = [
        "// Decoded by hwcompile from the packed bits of an iCE40.",
        f"module {top} (",
        ",\n".join(heads),
        ");",
        *(f"  wire {signal};" for signal in signals),
        *(f"  assign {left} = {right};" for left, right in netlist.aliases),
        *(_statement(instance) for instance in netlist.instances),
        "endmodule",
    ]
    return "".join(f"{line}\n" for line in lines)


def lut(table: int, inputs: Sequence[str]) -> str:
    """A LUT as an expression of the inputs that it depends on.

    Args:
        table: Bit i is the result for the inputs that read i, the first one least significant.
        inputs: Signals, or the constants of `logic`.
    """
    signals = list(inputs)
    # Constants first: without them an input may have lost its influence.
    for constants in (True, False):
        for index in reversed(range(len(signals))):
            low, high = _halves(table, index, len(signals))
            if signals[index] in (ZERO, ONE) if constants else low == high:
                table = high if signals[index] == ONE else low
                del signals[index]
    if not signals:
        return ONE if table else ZERO
    if len(signals) == 1:
        return signals[0] if table == 0b10 else f"~{signals[0]}"
    return f"1'({1 << len(signals)}'h{table:x} >> {{{', '.join(reversed(signals))}}})"


def _halves(table: int, index: int, count: int) -> tuple[int, int]:
    """The tables that are left when one of `count` inputs is 0 and when it is 1."""
    halves = [0, 0]
    places = [0, 0]
    for row in range(1 << count):
        side = row >> index & 1
        halves[side] |= (table >> row & 1) << places[side]
        places[side] += 1
    return halves[0], halves[1]


def _statement(cell: NetlistCell) -> str:
    # As instances, LUTs make simulators of five times the size.
    if cell.kind == "SB_LUT4":
        table = int(cell.parameters["LUT_INIT"].rpartition("h")[2], 16)
        inputs = [cell.ports[f"I{index}"][0] for index in range(4)]
        return f"  assign {cell.ports['O'][0]} = {lut(table, inputs)};"
    parameters = ", ".join(f".{name}({value})" for name, value in cell.parameters.items())
    ports = ", ".join(
        f".{name}({bits[0] if len(bits) == 1 else '{' + ', '.join(bits) + '}'})"
        for name, bits in cell.ports.items()
    )
    return (
        f"  {cell.kind} " + (f"#({parameters}) " if parameters else "") + f"{cell.name} ({ports});"
    )
