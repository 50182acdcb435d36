"""Configuration bits to a netlist of Lattice's cells.

Decoding starts at the output pins and follows what drives them, so a cell that nothing observes is
not in the result. What the bits can say and this can not follow is refused by name.

The meaning of the bits is that of Project IceStorm's documentation: a logic cell is a 4-input LUT,
a carry and a flip-flop; inputs that nothing drives read 0, clock enables 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from hwcompile.families.decoded import DecodeError
from hwcompile.families.ice40.bits.bits import Configuration
from hwcompile.families.ice40.bits.database import TILE_KINDS, CellPlace, ChipDatabase, Place
from hwcompile.families.ice40.bits.ports import (
    MAC_PORTS,
    MAC_SINGLE,
    PLL_PORTS,
    RAM_PORTS,
    SPRAM_PORTS,
    TWO_BITS,
    outputs_of,
)

ZERO, ONE = "1'b0", "1'b1"
_LUT_BITS = (4, 14, 15, 5, 6, 16, 17, 7, 3, 13, 12, 2, 1, 11, 10, 0)
"""Where the bits of a LUT's table stand among the twenty of its logic cell."""
_PLL_PAD, _PLL_CORE, _PLL_SIMPLE = 2, 3, 1
"""Values of a PLL's settings: its kind, its feedback."""
_CARRY, _REGISTER, _SET, _ASYNCHRONOUS = 8, 9, 18, 19
"""Where its other settings stand."""


@dataclass(frozen=True)
class NetlistCell:
    """A cell of the netlist.

    Attributes:
        kind: Such as "SB_LUT4".
        name: Where it is on the chip.
        parameters: Name to Verilog literal.
        ports: Name to signals, most significant first; "" is not connected.
    """

    kind: str
    name: str
    parameters: Mapping[str, str]
    ports: Mapping[str, tuple[str, ...]]


@dataclass
class CellNetlist:
    """What the bits make.

    Attributes:
        instances: Cells.
        aliases: (signal, what it is), for pins and global networks.
        signals: All one-bit signals, in order.
        pll: Frequency that a PLL makes of the oscillator's, when one is in use.
    """

    instances: list[NetlistCell] = field(default_factory=list)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    pll: Fraction | None = None


class Decoder:
    """Follows the bits of one configuration."""

    def __init__(self, database: ChipDatabase, bits: Configuration, low_power_up: bool) -> None:
        """Look at `bits`.

        Args:
            database: The die.
            bits: The configuration.
            low_power_up: Memories and inputs are enabled by zeros (dies of 1,280 cells).
        """
        self.database, self.bits, self._low = database, bits, low_power_up
        self._netlist = CellNetlist()
        self._done: set[int] = set()
        self._waiting: list[int] = []
        self._made: set[str] = set()
        self._inputs: dict[int, str] = {}

    def run(self, inputs: Mapping[str, Place], outputs: Mapping[str, Place]) -> CellNetlist:
        """Everything that the output pins depend on.

        Args:
            inputs: Name of a port to the place of its pin.
            outputs: The same for the pins that the design drives.

        Raises:
            DecodeError: When it can not be followed.
        """
        self._check_pins(inputs.values(), outputs.values())
        for port, place in inputs.items():
            self._inputs[self._cell("io", place).wires[7]] = port
        for port, place in outputs.items():
            self._netlist.aliases.append((port, self.signal(self._cell("io", place).wires[5])))
        while self._waiting:
            self._make(self._waiting.pop())
        return self._netlist

    def signal(self, wire: int, default: str = ZERO) -> str:
        """The signal on a wire, or `default` when nothing drives it."""
        root = self._root(wire)
        if root in self._chain_starts:  # nothing drives it, or it were no root
            return ONE if self.setting(*self._chain_starts[root], "CarryInSet") else ZERO
        if root not in self._sources:
            if root != wire:
                raise DecodeError(f"the wire {self._names[root]} is used, but nothing drives it")
            return default
        if root not in self._done:
            self._done.add(root)
            self._waiting.append(root)
            self._netlist.signals.append(f"w{root}")
        return f"w{root}"

    def setting(self, x: int, y: int, name: str, index: int = 0) -> bool:
        """A bit of a setting of a tile."""
        row, column = self.database.settings[self.database.tiles[y, x]][name][index]
        return bool(self.bits.tiles[y, x, row, column])

    # --- Wires -----------------------------------------------------------------------------------

    @cached_property
    def _drivers(self) -> dict[int, int]:
        """Wire to the wire that the switches connect it to."""
        switches, pips = self.database.switches, self.database.pips
        value = np.zeros(len(switches), np.int16)
        x, y = switches["xy"][:, 0], switches["xy"][:, 1]
        for index in range(5):
            bit = self.bits.tiles[
                y, x, switches["bits"][:, index, 0], switches["bits"][:, index, 1]
            ]
            value = np.where(index < switches["count"], value << 1 | bit, value)
        # Connections inside a logic cell (inputs swapped, LUTs passed through) are not in bits.
        real = switches["bel"][pips["switch"]] < 0
        taken = pips[real & (pips["mask"] != 0) & (value[pips["switch"]] == pips["mask"])]
        found = dict(zip(taken["dst"].tolist(), taken["src"].tolist(), strict=True))
        if len(found) != len(taken):
            raise DecodeError("a wire has two drivers")
        return found

    @cached_property
    def _sources(self) -> dict[int, CellPlace]:
        """Wire to the cell that drives it."""
        found = {}
        for cell in self.database.cells:
            for wire in outputs_of(cell):
                found[wire] = cell
        for cell in self.database.cells:
            # A PLL in use takes the place of a pin's input.
            if cell.kind == "pll" and self._pll_setting(cell, "PLLTYPE", 3):
                found[cell.wires[PLL_PORTS.index("LOCK")]] = cell
                found[cell.wires[PLL_PORTS.index("PLLOUT_A")]] = cell
        return found

    @cached_property
    def _chain_starts(self) -> dict[int, tuple[int, int]]:
        """Wire into the first carry of a tile to the tile; undriven it is a constant."""
        cells = (cell for cell in self.database.cells if cell.kind == "lc" and cell.place[2] == 0)
        return {cell.wires[-5]: cell.place[:2] for cell in cells}

    @cached_property
    def _places(self) -> dict[tuple[str, Place], CellPlace]:
        return {(cell.kind, cell.place): cell for cell in self.database.cells}

    def _cell(self, kind: str, place: Place) -> CellPlace:
        return self._places[kind, place]

    def _root(self, wire: int) -> int:
        """Where the signal on a wire comes from."""
        seen = set()
        while wire not in self._sources and wire in self._drivers:
            if wire in seen:
                raise DecodeError("wires drive each other in a ring")
            seen.add(wire)
            wire = self._drivers[wire]
        return wire

    # --- Cells -----------------------------------------------------------------------------------

    def _make(self, root: int) -> None:
        """Add the cell that drives a wire."""
        cell = self._sources[root]
        make = {
            "lc": self._logic,
            "gb": self._global,
            "io": self._pin,
            "ram": self._memory,
            "mac16": self._multiplier,
            "spram": self._large_memory,
            "pll": self._pll,
        }.get(cell.kind)
        if make is None:
            raise DecodeError(f"the {cell.kind.upper()} at {_at(cell)} is in use")
        make(cell, root)

    def _add(self, kind: str, name: str, parameters: dict[str, str], **ports: Any) -> None:
        if name not in self._made:
            self._made.add(name)
            listed = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in ports.items()}
            self._netlist.instances.append(NetlistCell(kind, name, parameters, listed))

    def _logic(self, cell: CellPlace, root: int) -> None:
        x, y, z = cell.place
        carry_out, enable, clock, reset = cell.wires[-4:]
        bits = [self.setting(x, y, f"LC_{z}", index) for index in range(20)]
        if root == carry_out:
            self._carry(cell, bits)
        elif root == cell.wires[4] and bits[_REGISTER]:
            self._flip_flop(cell, bits, self.signal(enable, ONE), self.signal(reset), clock)
        else:
            self._lut(cell, bits, f"w{root}", f"lut_{_at(cell)}_{root}")

    def _input(self, cell: CellPlace, index: int) -> str:
        x, y, z = cell.place
        return self.signal(self.database.wires[x, y, f"lutff_{z}:in_{index}"])

    def _lut(self, cell: CellPlace, bits: list[bool], out: str, name: str) -> None:
        table = sum(bits[place] << index for index, place in enumerate(_LUT_BITS))
        inputs = {f"I{index}": self._input(cell, index) for index in range(4)}
        self._add("SB_LUT4", name, {"LUT_INIT": f"16'h{table:04x}"}, O=out, **inputs)

    def _flip_flop(
        self, cell: CellPlace, bits: list[bool], enable: str, reset: str, clock: int
    ) -> None:
        x, y, _ = cell.place
        kind = "SB_DFF" + ("N" if self.setting(x, y, "NegClk") else "")
        ports = {"C": self.signal(clock)}
        if enable != ONE:
            kind, ports["E"] = kind + "E", enable
        if reset != ZERO:
            port = "S" if bits[_SET] else "R"
            kind, ports[port] = kind + ("" if bits[_ASYNCHRONOUS] else "S") + port, reset
        out, data = f"w{cell.wires[4]}", f"d{cell.wires[4]}"
        self._netlist.signals.append(data)
        self._lut(cell, bits, data, f"lut_{_at(cell)}")
        self._add(kind, f"ff_{_at(cell)}", {}, Q=out, D=data, **ports)

    def _carry(self, cell: CellPlace, bits: list[bool]) -> None:
        name = f"carry_{_at(cell)}"
        if not bits[_CARRY]:
            raise DecodeError(f"the carry at {_at(cell)} is used but not enabled")
        carry_in = self.signal(cell.wires[-5])
        operands = {"I0": self._input(cell, 1), "I1": self._input(cell, 2)}
        self._add("SB_CARRY", name, {}, CO=f"w{cell.wires[-4]}", CI=carry_in, **operands)

    def _global(self, cell: CellPlace, root: int) -> None:
        number = int(self._names[root].rpartition("_")[2])
        net = self.database.globals[number]
        if net.bit in self.bits.extra:
            source = self.signal(self._cell("io", net.pad).wires[7])
        else:
            source = self.signal(cell.wires[0])
        self._netlist.aliases.append((f"w{root}", source))

    @cached_property
    def _names(self) -> dict[int, str]:
        return {index: name for (_, _, name), index in self.database.wires.items()}

    def _pll(self, cell: CellPlace, root: int) -> None:
        """A PLL passes its reference on: the board's clock is simulated at the design's speed."""
        kind = self._pll_setting(cell, "PLLTYPE", 3)
        path, select = (
            self._pll_setting(cell, "FEEDBACK_PATH", 3),
            self._pll_setting(cell, "PLLOUT_SELECT_A", 2),
        )
        if kind not in (_PLL_PAD, _PLL_CORE) or path != _PLL_SIMPLE or select != 0:
            raise DecodeError(f"the PLL at {_at(cell)} is not one with simple feedback")
        wires = dict(zip(PLL_PORTS, cell.wires, strict=True))
        divided = self._pll_setting(cell, "DIVR", 4) + 1 << self._pll_setting(cell, "DIVQ", 3)
        self._netlist.pll = Fraction(self._pll_setting(cell, "DIVF", 7) + 1, divided)
        if root == wires["LOCK"]:
            source = self.signal(wires["RESETB"])
        elif kind == _PLL_CORE:
            source = self.signal(wires["REFERENCECLK"])
        elif root in self._inputs:
            source = self._inputs[root]
        else:
            raise DecodeError(f"the pad of the PLL at {_at(cell)} is no input of the board")
        self._netlist.aliases.append((f"w{root}", source))

    def _pll_setting(self, cell: CellPlace, name: str, width: int) -> int:
        settings = self.database.extra[cell.place]
        bits = (settings[f"{name}_{index}"] for index in range(width))
        return sum(self.setting(x, y, f"PLL.{bit}") << i for i, (x, y, bit) in enumerate(bits))

    def _pin(self, cell: CellPlace, root: int) -> None:
        if root not in self._inputs:
            raise DecodeError(f"the pin at {_at(cell)} is read, but the board names it as no input")
        x, y, z = cell.place
        kind = self.setting(x, y, f"IOB_{z}.PINTYPE_0"), self.setting(x, y, f"IOB_{z}.PINTYPE_1")
        if kind != (True, False):
            raise DecodeError(f"the input at {_at(cell)} is registered or latched")
        place = self.database.input_enables.get(cell.place)
        if place is None or self.setting(*place[:2], f"IoCtrl.IE_{place[2]}") == self._low:
            raise DecodeError(f"the input at {_at(cell)} is not enabled")
        self._netlist.aliases.append((f"w{root}", self._inputs[root]))

    def _check_pins(self, inputs: Iterable[Place], outputs: Iterable[Place]) -> None:
        driven = set(outputs)
        for kind, place in self._places:
            x, y, z = place
            if kind != "io" or TILE_KINDS[self.database.tiles[y, x]] != "io":
                continue
            drive = [self.setting(x, y, f"IOB_{z}.PINTYPE_{index}") for index in range(2, 6)]
            if place in driven and drive != [False, True, True, False]:
                raise DecodeError(f"the output at {place} is registered, three-state or off")
            if place not in driven and any(drive[2:]):
                raise DecodeError(f"the pin at {place} is driven, but the board names it not")

    def _memory(self, cell: CellPlace, root: int) -> None:
        x, y, _ = cell.place
        if self.setting(x, y, "RamConfig.PowerUp") == self._low:
            raise DecodeError(f"the memory at {_at(cell)} is read but has no power")
        mode = [self.setting(x, y + 1, f"RamConfig.CBIT_{index}") for index in range(4)]
        below, above = self.setting(x, y, "NegClk"), self.setting(x, y + 1, "NegClk")
        # In dies of 7,680 cells the upper tile is the one that writes.
        writes_above = self._row(cell.wires[RAM_PORTS.index("WCLK")]) != y
        write_low, read_low = (above, below) if writes_above else (below, above)
        memory = self.bits.memories.get((x, y))
        parameters = {
            "WRITE_MODE": str(mode[0] + 2 * mode[1]),
            "READ_MODE": str(mode[2] + 2 * mode[3]),
        }
        if memory is not None:
            rows = np.packbits(memory.reshape(16, 256)[:, ::-1], axis=1)
            for index, row in enumerate(rows):
                parameters[f"INIT_{index:X}"] = f"256'h{row.tobytes().hex()}"
        wires = dict(zip(RAM_PORTS, cell.wires, strict=True))
        ports: dict[str, Any] = {"RDATA": self._out(wires, "RDATA", 16)}
        for port, width in (("WDATA", 16), ("MASK", 16), ("WADDR", 11), ("RADDR", 11)):
            ports[port] = [self.signal(wires[f"{port}_{i}"]) for i in reversed(range(width))]
        for port, default in (("WCLKE", ONE), ("RCLKE", ONE), ("WE", ZERO), ("RE", ZERO)):
            ports[port] = self.signal(wires[port], default)
        ports["WCLKN" if write_low else "WCLK"] = self.signal(wires["WCLK"])
        ports["RCLKN" if read_low else "RCLK"] = self.signal(wires["RCLK"])
        kind = "SB_RAM40_4K" + ("NR" if read_low else "") + ("NW" if write_low else "")
        self._add(kind, f"ram_{_at(cell)}", parameters, **ports)

    def _row(self, wire: int) -> int:
        return next(y for (_, y, _), index in self.database.wires.items() if index == wire)

    def _multiplier(self, cell: CellPlace, root: int) -> None:
        settings = self.database.extra[cell.place]
        value: dict[str, int] = {}
        for name, (x, y, bit) in settings.items():
            base, _, index = name.rpartition("_")
            two = base in TWO_BITS
            shift = int(index) if two else 0
            key = base if two else name
            value[key] = value.get(key, 0) | self.setting(x, y, f"IpConfig.{bit}") << shift
        parameters = {
            name: f"{2 if name in TWO_BITS else 1}'d{number}" for name, number in value.items()
        }
        parameters["NEG_TRIGGER"] = "1'b0"
        wires = dict(zip(MAC_PORTS, cell.wires, strict=False))
        ports: dict[str, Any] = {"O": self._out(wires, "O", 32)}
        for port in ("A", "B", "C", "D"):
            ports[port] = [self.signal(wires[f"{port}_{i}"]) for i in reversed(range(16))]
        for port in MAC_SINGLE:
            ports[port] = self.signal(wires[port], ONE if port == "CE" else ZERO)
        self._add("SB_MAC16", f"mac_{_at(cell)}", parameters, **ports)

    def _large_memory(self, cell: CellPlace, root: int) -> None:
        ((x, y, bit),) = self.database.extra[cell.place].values()
        if not self.setting(x, y, f"IpConfig.{bit}"):
            raise DecodeError(f"the large memory at {_at(cell)} is read but not enabled")
        wires = dict(zip(SPRAM_PORTS, cell.wires, strict=True))
        ports: dict[str, Any] = {"DATAOUT": self._out(wires, "DATAOUT", 16)}
        for port, width in (("ADDRESS", 14), ("DATAIN", 16), ("MASKWREN", 4)):
            ports[port] = [self.signal(wires[f"{port}_{i}"]) for i in reversed(range(width))]
        for port in ("WREN", "CHIPSELECT", "CLOCK", "STANDBY", "SLEEP", "POWEROFF"):
            ports[port] = self.signal(wires[port])
        self._add("SB_SPRAM256KA", f"spram_{_at(cell)}", {}, **ports)

    def _out(self, wires: Mapping[str, int], port: str, width: int) -> list[str]:
        """Signals of an output port; a bit that nobody reads gets a signal as well."""
        return [self.signal(wires[f"{port}_{index}"]) for index in reversed(range(width))]


def _at(cell: CellPlace) -> str:
    return "_".join(str(part) for part in cell.place)
