"""A plain register file beside `hw_axil_registers`: what software may rely on, and no more.

A write takes effect after its address and its data have been taken and before its response is
there, a read between its address and its response. `registers.json` in the working directory lists
the registers.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict


class Register(TypedDict):
    """A register: its byte address, its kind, and its value if it has one of its own."""

    offset: int
    kind: str
    value: int


class Plan(TypedDict):
    """How the module was built, and how long to look at it."""

    address_bits: int
    registers: list[Register]
    accesses: int
    seed: int


PLAN: Plan = json.loads(Path("registers.json").read_text())
REGISTERS = PLAN["registers"]
AT = {register["offset"]: index for index, register in enumerate(REGISTERS)}
WORD = (1 << 32) - 1


def merged(old: int, new: int, strobe: int) -> int:
    """A word of which some bytes are replaced."""
    mask = sum(0xFF << 8 * byte for byte in range(4) if strobe >> byte & 1)
    return old & ~mask | new & mask


def words(bits: int) -> list[int]:
    """The 32-bit words of a port."""
    return [bits >> 32 * index & WORD for index in range(len(REGISTERS))]


@dataclass(frozen=True)
class Write:
    """A write that the port has taken: the register, or None where there is none."""

    register: int | None
    data: int
    strobe: int

    @property
    def event(self) -> int | None:
        """The register whose event it is."""
        found = self.register
        if found is None or REGISTERS[found]["kind"] != "Write" or not self.strobe & 1:
            return None
        return found


@dataclass
class Read:
    """A read that the port has taken, and what it may give: the register's values since then."""

    register: int | None
    values: set[int] = field(default_factory=set)
    events: list[int] = field(default_factory=list)  # values at its events


class File:
    """The register file as software sees it, fed with every cycle of the port."""

    def __init__(self) -> None:
        self.start = tuple(r["value"] if r["kind"] == "Setting" else 0 for r in REGISTERS)
        self.reset()

    def reset(self) -> None:
        """Nothing is under way, and every setting is what it was."""
        self.settings = self.start
        self.addresses: deque[int | None] = deque()
        self.data: deque[tuple[int, int]] = deque()
        self.writes: deque[Write] = deque()  # taken, without response
        self.done = False  # the first of them has taken effect, or its event was seen
        self.reads: deque[Read] = deque()
        self.bresponse = self.rresponse = False  # there is one, and it was not taken
        self.rdata = 0
        self.answered = 0

    def take_address(self, address: int) -> None:
        """An address of a write was taken."""
        self.addresses.append(AT.get(address & ~3))
        self._pair()

    def take_data(self, data: int, strobe: int) -> None:
        """Data of a write were taken."""
        self.data.append((data, strobe))
        self._pair()

    def _pair(self) -> None:
        while self.addresses and self.data:
            self.writes.append(Write(self.addresses.popleft(), *self.data.popleft()))

    def take_read(self, address: int) -> None:
        """An address of a read was taken."""
        self.reads.append(Read(AT.get(address & ~3)))

    def effect(self, write: Write) -> tuple[int, ...]:
        """The settings behind a write."""
        at = write.register
        if at is None or REGISTERS[at]["kind"] != "Setting":
            return self.settings
        changed = merged(self.settings[at], write.data, write.strobe)
        return (*self.settings[:at], changed, *self.settings[at + 1 :])

    def see_settings(self, shown: tuple[int, ...]) -> None:
        """The settings are those of before the first write without response, or behind it."""
        if shown != self.settings:
            assert self.writes, "a setting changed that nobody wrote"
            assert shown == self.effect(self.writes[0]), "a write changed something else"
            self.settings, self.done = shown, True

    def see_write_events(self, events: int, data: int) -> None:
        """An event is that of the first write without response."""
        if events:
            assert self.writes, "an event without a write"
            assert self.writes[0].event is not None, "an event of a write that has none"
            assert not self.done, "a second event of a write"
            assert events == 1 << self.writes[0].event, "an event of another register"
            assert data == self.writes[0].data
            self.done = True

    def see_read_events(self, events: int, status: list[int]) -> None:
        """An event is that of the first read without response; what it finds is counted."""
        for read in list(self.reads)[:1]:
            read.values.add(self.value(read.register, status))
        if events:
            assert self.reads, "an event without a read"
            at = self.reads[0].register
            assert at is not None, "an event of a register that is not there"
            assert events == 1 << at, "an event of another register"
            assert REGISTERS[at]["kind"] == "Read"
            self.reads[0].events.append(status[at])

    def value(self, at: int | None, status: list[int]) -> int:
        """What a register reads now."""
        if at is None or REGISTERS[at]["kind"] == "Write":
            return 0
        kind = REGISTERS[at]["kind"]
        if kind == "Setting":
            return self.settings[at]
        return REGISTERS[at]["value"] if kind == "Constant" else status[at]

    def see_written(self, valid: bool, ready: bool) -> None:
        """A response is that of the first write, which must have happened, and stays."""
        assert valid or not self.bresponse, "a response to a write went away"
        if valid and not self.bresponse:
            assert self.writes, "a response without a write"
            write = self.writes.popleft()
            changed = self.settings if self.done else self.effect(write)
            assert changed == self.settings, "a response before the write took effect"
            assert self.done or write.event is None, "a response without the write's event"
            self.done = False
            self.answered += 1
        self.bresponse = valid and not ready

    def see_read(self, valid: bool, ready: bool, data: int) -> None:
        """A response is that of the first read, has a value of its time, and stays."""
        assert valid or not self.rresponse, "a response to a read went away"
        if valid and self.rresponse:
            assert data == self.rdata, "a response changed"
        elif valid:
            assert self.reads, "a response without a read"
            read = self.reads.popleft()
            assert data in read.values, f"{data:#x} was never there"
            if read.register is not None and REGISTERS[read.register]["kind"] == "Read":
                assert read.events == [data], "not the value of the read's only event"
            self.answered += 1
        self.rresponse, self.rdata = valid and not ready, data
