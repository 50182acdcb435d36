"""What an engine is made of."""

from __future__ import annotations

from hwcompile.ops.contract.needs import MemoryKind, Multiplications, Resources, memory
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.contract.weights_port import weights_memory
from hwcompile.ops.recurrent.arithmetic import engine_dot
from hwcompile.ops.recurrent.cell import CONSTANTS, GATES
from hwcompile.ops.recurrent.description import control_bits
from hwcompile.ops.recurrent.images import signed_bits, widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.numbers import SignalBits, place_bits


def needs(layout: EngineLayout, cycles: int, bits: SignalBits, parameters: Parameters) -> Resources:
    """Programs and vectors in memories; per channel a multiplier per PE, several per lane.

    Programs and constants of the units are there once; all the rest is there per channel.

    Args:
        layout: Who does what.
        cycles: Of a step.
        bits: Widths of the signals.
        parameters: Of the kernel: where the programs stand.
    """
    width, lanes, units = widths(layout), layout.lanes, layout.units.depth
    total = Resources(lut=layout.pes * 2 * place_bits(layout))
    total += weights_memory(parameters, cycles, layout.pes * width.entry, lambda: None)
    total += engine_dot(layout).decoding(layout.pes, cycles)
    total += memory(cycles, control_bits(layout))
    total += memory(units, lanes * (GATES * width.bias + CONSTANTS * width.constant))
    total += _vectors(layout, bits)
    return total + _channel(layout, bits).times(layout.cell.channels)


def _channel(layout: EngineLayout, bits: SignalBits) -> Resources:
    """Multipliers, registers and tables of a channel."""
    lanes, pes, program = layout.lanes, layout.pes, layout.cell.program
    act, z = bits.element, bits.widest
    lane = engine_dot(layout, act).resources(1, 1, bits.total).times(pes)
    found = Resources(
        lut=pes * 4 * act + lanes * 6 * z + lane.lut,
        adders=pes * 2 * bits.total + lanes * 8 * z + lane.adders,
        ff=pes * (4 * bits.total + 6 * act) + lanes * 24 * z,
        # The elements of the cell are as wide as activations.
        products=(
            *lane.products,
            Multiplications(act, act, program.narrow * lanes),
            *((Multiplications(act, z, program.wide * lanes),) if program.wide else ()),
        ),
    )
    for table in program.tables.values():
        rows, width = table.values.shape[-1], signed_bits(table.values)
        found += memory(rows, width, count=lanes * table.reads)
    return found


def _vectors(layout: EngineLayout, bits: SignalBits) -> Resources:
    """Memories of x, y, m, of sums and states; the channels' elements side by side in a word."""
    cell, lanes, units = layout.cell, layout.lanes, layout.units.depth
    element, total = cell.channels * bits.element, cell.channels * bits.total
    found = memory(_power(2 * cell.inputs), element, MemoryKind.RAM, layout.pes)
    states = 1 if cell.two_phases else 2
    own = -(-layout.places // lanes)  # each lane writes a memory of its own
    found += memory(_power(own * states), element, MemoryKind.RAM, layout.pes * lanes)
    # For each lane the sums of the gates, the states, and the words that go out.
    sums = units + (layout.rows.depth if cell.two_phases else 0)
    found += memory(_power(sums), total, MemoryKind.RAM, lanes)
    found += memory(_power(units), total, MemoryKind.RAM, (GATES - 1) * lanes)
    found += memory(_power(units), element, MemoryKind.RAM, lanes)
    found += memory(2 * _power(units), element, MemoryKind.RAM, lanes)
    if cell.takes_state:
        found += memory(_power(layout.rows.depth * lanes), element, MemoryKind.RAM, layout.pes)
        found += memory(_power(units), element, MemoryKind.RAM, lanes)
    if cell.gives_state:
        found += memory(2 * _power(units), element, MemoryKind.RAM, lanes)
    return found


def _power(rows: int) -> int:
    """The memories of the engine have a power of two of rows."""
    return 1 << max(rows - 1, 1).bit_length()
