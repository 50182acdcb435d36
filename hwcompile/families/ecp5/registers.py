"""The registers inside ECP5's multipliers and memory blocks, which Yosys leaves empty.

Blocks stand in few rows, so that the wires between one and a flip-flop are long. A register inside
takes one of them away, and the other has its whole cycle:

    before:  flip-flop -> wire -> MULT18X18D (3.9 ns) -> wire -> flip-flop
    after:                wire -> [register, product, register] -> wire

Works on Yosys' JSON netlist, in which every bit of a net is a number and a constant bit is a text.
A flip-flop moves where nothing else can tell: it has no reset, and the register inside has the same
clock, the same clock enable, and the same zero after power-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = dict[str, Any]
"""`type`, `parameters`, `connections` and `port_directions`, as in Yosys' JSON."""
Bit = int | str

_FF, _MULTIPLIER, _MEMORY = "TRELLIS_FF", "MULT18X18D", "DP16KD"
_LUTS = ("LUT4", "PFUMX", "L6MUX21")
_LEVELS = 2
"""Levels of logic in front of a register that may still move into a multiplier, away from them."""
_ALWAYS = "1"


def absorb(module: Cell) -> None:
    """Move flip-flops around the blocks of a module into them.

    First those behind memories, then behind products, then in front of products: of two blocks
    with one register between them the first is the slower one. At last what stands behind products
    goes through those that have nothing in front.

    Args:
        module: A module of Yosys' JSON with `cells` and `ports`; changed.
    """
    netlist = _Netlist(module)
    for name in netlist.of(_MEMORY):
        for port in "AB":
            _behind_memory(netlist, name, port)
    for name in netlist.of(_MULTIPLIER):
        _behind_product(netlist, name)
    for name in netlist.of(_MULTIPLIER):
        _before_product(netlist, name)
    for name in netlist.of(_MULTIPLIER):
        _through_product(netlist, name)
    netlist.drop_unread()


@dataclass(frozen=True)
class _Control:
    """When a register takes a word: the bits of its clock and its clock enable, or `1`."""

    clock: Bit
    enable: Bit


def _control(cell: Cell) -> _Control | None:
    """Of a flip-flop; None when no block has such a register."""
    pins, settings = cell["connections"], cell["parameters"]
    plain = settings["CLKMUX"] == "CLK" and settings["REGSET"] == "RESET"
    if not plain or pins.get("LSR", ["0"])[0] not in ("0", "x"):
        return None
    # The blank after a digit tells a text from a number.
    mux = settings["CEMUX"].strip()
    enable = {"CE": pins.get("CE", ["x"])[0], _ALWAYS: _ALWAYS}.get(mux)
    return None if enable is None else _Control(pins["CLK"][0], enable)


def _behind_memory(netlist: _Netlist, name: str, port: str) -> None:
    """A register behind the outputs of a memory's `port` that always takes what is there.

    Words of 36 bits, which both ports hold together, are those of port B, as nextpnr has it.
    """
    cell = netlist.cells[name]
    pins, settings = cell["connections"], cell["parameters"]
    whole = [int(settings[f"DATA_WIDTH_{side}"], 2) == 36 for side in "AB"]
    always = all(pins[f"{pin}{port}"] == [_ALWAYS] for pin in ("CE", "OCE"))
    if not always or (any(whole) and (port == "A" or not all(whole))):
        return
    sides = "AB" if all(whole) else port
    behind = netlist.behind(name, [f"DO{side}{index}" for side in sides for index in range(18)])
    clock = pins[f"CLK{port}"][0] if settings[f"CLK{port}MUX"] == f"CLK{port}" else ""
    if behind and netlist.control(behind.values()) == _Control(clock, _ALWAYS):
        netlist.take_behind(name, behind)
        for side in sides:
            settings[f"REGMODE_{side}"] = "OUTREG"
            pins[f"OCE{side}"] = [_ALWAYS]


def _behind_product(netlist: _Netlist, name: str) -> None:
    """Registers behind all bits of a product that are read."""
    behind = netlist.behind(name, [f"P{index}" for index in range(36)])
    control = netlist.control(behind.values()) if behind else None
    if behind and control:
        netlist.take_behind(name, behind)
        _register(netlist.cells[name], "OUTPUT", "CE2", control)


def _before_product(netlist: _Netlist, name: str) -> None:
    """Registers in front of both operands, or of none: nextpnr has no timing of one alone."""
    cell = netlist.cells[name]
    fronts = [netlist.in_front(name, [f"{side}{index}" for index in range(18)]) for side in "AB"]
    controls = [netlist.control(front.values()) for front in fronts if front]
    if None in fronts or not controls:
        return
    # A constant is registered like the other operand.
    pair = controls[0], controls[-1]
    clocks = {control.clock for control in pair if control}
    if None in pair or len(clocks.union(cell["connections"].get("CLK0", ()))) > 1:
        return
    for side, enable, front, control in zip("AB", ("CE0", "CE1"), fronts, pair, strict=True):
        for pin, flip_flop in (front or {}).items():
            netlist.read_before(name, pin, flip_flop)
        if control:
            _register(cell, f"INPUT{side}", enable, control)


def _through_product(netlist: _Netlist, name: str) -> None:
    """The second of two registers behind a product goes in front of it, where there is none.

    What is multiplied a cycle later comes out of one register less:

        P(t) = A(t) * B(t), two registers:  out(t + 2) = A(t) * B(t)
        A'(t + 1) = A(t), B'(t + 1) = B(t), one register:  out(t + 2) = A'(t + 1) * B'(t + 1)
    """
    cell = netlist.cells[name]
    settings, pins = cell["parameters"], cell["connections"]
    if "REG_INPUTA_CLK" in settings or "REG_OUTPUT_CLK" not in settings:
        return
    always = _Control(pins["CLK0"][0], _ALWAYS)
    behind = netlist.behind(name, [f"P{index}" for index in range(36)])
    if behind and pins["CE2"] == [_ALWAYS] and netlist.control(behind.values()) == always:
        netlist.take_behind(name, behind)
        _register(cell, "INPUTA", "CE0", always)
        _register(cell, "INPUTB", "CE1", always)


def _registered(cell: Cell) -> bool:
    """A cell gives its outputs right after the clock."""
    settings = cell["parameters"]
    inside = "OUTREG" in (settings.get("REGMODE_A"), settings.get("REGMODE_B"))
    return cell["type"] == _FF or "REG_OUTPUT_CLK" in settings or inside


def _register(cell: Cell, place: str, enable: str, control: _Control) -> None:
    """Switch one of a multiplier's registers on."""
    cell["parameters"] |= {
        f"REG_{place}_CLK": "CLK0",
        f"REG_{place}_CE": enable,
        f"REG_{place}_RST": "RST0",
        "GSR": "DISABLED",
    }
    for pin, bit in (("CLK0", control.clock), (enable, control.enable), ("RST0", "0")):
        cell["connections"][pin] = [bit]
        cell["port_directions"][pin] = "input"


class _Netlist:
    """A module with the driver and the readers of every bit."""

    def __init__(self, module: Cell) -> None:
        self.cells: dict[str, Cell] = module["cells"]
        self._driver: dict[Bit, str] = {bit: name for name, _, bit in self._pins("output")}
        self._readers: dict[Bit, list[tuple[str, str]]] = {}
        for name, port, bit in self._pins("input"):
            self._readers.setdefault(bit, []).append((name, port))
        self._outside = {bit for port in module["ports"].values() for bit in port["bits"]}

    def of(self, kind: str) -> list[str]:
        """Names of the cells of a type."""
        return [name for name, cell in self.cells.items() if cell["type"] == kind]

    def control(self, names: Iterable[str]) -> _Control | None:
        """What flip-flops have in common; None when they differ or a block has no such register."""
        controls = {_control(self.cells[name]) for name in names}
        return controls.pop() if len(controls) == 1 else None

    def behind(self, name: str, pins: Sequence[str]) -> dict[str, str] | None:
        """For each of a block's outputs that is read, the flip-flop that alone reads it.

        None when something else reads one of them.
        """
        found = {}
        for pin in pins:
            bit = self.cells[name]["connections"].get(pin, ["x"])[0]
            readers = self._readers.get(bit, [])
            if bit in self._outside or len(readers) > 1:
                return None
            for reader, port in readers:
                if port != "DI" or self.cells[reader]["type"] != _FF:
                    return None
                found[pin] = reader
        return found

    def take_behind(self, name: str, behind: Mapping[str, str]) -> None:
        """Outputs of a block drive what flip-flops drove, which are gone then."""
        for pin, flip_flop in behind.items():
            output = self.cells.pop(flip_flop)["connections"]["Q"]
            self.cells[name]["connections"][pin] = output
            self._driver[output[0]] = name

    def read_before(self, name: str, pin: str, flip_flop: str) -> None:
        """An input of a block reads what a flip-flop in front of it does."""
        source = self.cells[flip_flop]["connections"]["DI"]
        self.cells[name]["connections"][pin] = source
        self._readers.setdefault(source[0], []).append((name, pin))

    def in_front(self, name: str, pins: Sequence[str]) -> dict[str, str] | None:
        """For each of a block's inputs that is not constant, the flip-flop that drives it.

        None when something else drives one of them, when one's own input comes late, and when a
        bit of an operand with such is always one: after power-up the register inside is zero.
        """
        found = {}
        constants = set()
        for pin in pins:
            bit = self.cells[name]["connections"][pin][0]
            if isinstance(bit, str):
                constants.add(bit)
                continue
            driver = self._driver.get(bit)
            cell = self.cells[driver] if driver else None
            if not driver or not cell or cell["type"] != _FF:
                return None
            if self._levels(cell["connections"]["DI"][0], _LEVELS) > _LEVELS:
                return None
            found[pin] = driver
        return None if found and "1" in constants else found

    def _levels(self, bit: Bit, most: int) -> int:
        """Levels of logic between registers and a bit; more than `_LEVELS` for slower things."""
        driver = self._driver.get(bit)
        if driver is None or _registered(self.cells[driver]):
            return 0
        cell = self.cells[driver]
        if cell["type"] not in _LUTS or most == 0:
            return _LEVELS + 1
        inputs = [pin for pin, side in cell["port_directions"].items() if side == "input"]
        return 1 + max(self._levels(cell["connections"][pin][0], most - 1) for pin in inputs)

    def drop_unread(self) -> None:
        """Remove flip-flops that nothing reads any longer."""
        read = {bit for _, _, bit in self._pins("input")} | self._outside
        for name in self.of(_FF):
            if self.cells[name]["connections"]["Q"][0] not in read:
                del self.cells[name]

    def _pins(self, direction: str) -> Iterator[tuple[str, str, Bit]]:
        """Cell, port and bit of every pin of a direction that has a net."""
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] == direction:
                    yield from ((name, port, bit) for bit in bits if isinstance(bit, int))
