"""Tests of `hw_axil_registers` against a plain register file, run by cocotb inside the simulator.

The file (`register_file`) is shown every cycle of the port, and says what is wrong.
"""

from __future__ import annotations

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.triggers import FallingEdge, RisingEdge
from register_file import AT, PLAN, REGISTERS, File, words

LIMIT = 400_000


class Dut(HierarchyObject):
    """The module's ports."""

    clk_i: LogicObject
    rst_ni: LogicObject
    awvalid_i: LogicObject
    awready_o: LogicObject
    awaddr_i: LogicArrayObject
    wvalid_i: LogicObject
    wready_o: LogicObject
    wdata_i: LogicArrayObject
    wstrb_i: LogicArrayObject
    bvalid_o: LogicObject
    bready_i: LogicObject
    bresp_o: LogicArrayObject
    arvalid_i: LogicObject
    arready_o: LogicObject
    araddr_i: LogicArrayObject
    rvalid_o: LogicObject
    rready_i: LogicObject
    rdata_o: LogicArrayObject
    rresp_o: LogicArrayObject
    status_i: LogicArrayObject
    setting_o: LogicArrayObject
    read_o: LogicArrayObject
    write_o: LogicArrayObject
    write_data_o: LogicArrayObject


STALLS = {  # how often the host waits in AW, W, B, AR and R
    "none": (0.0, 0.0, 0.0, 0.0, 0.0),
    "address late": (0.8, 0.0, 0.0, 0.8, 0.0),
    "data late": (0.0, 0.8, 0.0, 0.0, 0.5),
    "slow host": (0.0, 0.0, 0.8, 0.0, 0.8),
    "all": (0.5, 0.5, 0.5, 0.5, 0.5),
}


class Host:
    """Offers what waits in a channel, with pauses, and keeps it until it is taken."""

    def __init__(self, ready: LogicObject, pause: float, choice: random.Random) -> None:
        self.ready, self.pause, self.choice = ready, pause, choice
        self.waiting: deque[tuple[int, ...]] = deque()
        self.shown: tuple[int, ...] | None = None

    def offer(self) -> tuple[int, ...] | None:
        """What is offered in the next cycle."""
        if self.shown is None and self.waiting and self.choice.random() >= self.pause:
            self.shown = self.waiting.popleft()
        return self.shown

    def taken(self) -> tuple[int, ...] | None:
        """What is taken in this cycle."""
        if self.shown is None or not self.ready.value:
            return None
        found, self.shown = self.shown, None
        return found

    def drop(self) -> None:
        """Offer nothing any more."""
        self.shown = None
        self.waiting.clear()


class Bench:
    """The module, a host of five channels, and a design that says something else every cycle."""

    def __init__(self, dut: Dut, stall: str, seed: int) -> None:
        self.dut, self.choice = dut, random.Random(f"{PLAN['seed']} {stall} {seed}")
        self.pauses = STALLS[stall]
        aw, w, _, ar, _ = self.pauses
        self.aw = Host(dut.awready_o, aw, self.choice)
        self.w = Host(dut.wready_o, w, self.choice)
        self.ar = Host(dut.arready_o, ar, self.choice)
        self.file = File()
        self.asked = self.cycles = 0
        self.addresses_first = self.data_first = 0
        Clock(dut.clk_i, 10, unit="ns").start()

    def address(self) -> int:
        """A byte address: mostly of a register, sometimes of none, inside of a word as well."""
        any_word = 4 * self.choice.randrange(1 << PLAN["address_bits"] - 2)
        return self.choice.choice([*AT, *AT, any_word]) + self.choice.choice([0, 0, 1, 2, 3])

    def ask(self, count: int) -> None:
        """Queue as many writes and reads."""
        for _ in range(count):
            self.aw.waiting.append((self.address(),))
            self.w.waiting.append((self.choice.randrange(1 << 32), self.choice.randrange(16)))
            self.ar.waiting.append((self.address(),))
        self.asked += 2 * count

    async def cycle(self, reset: bool = False) -> None:
        """One cycle: drive after its edge, look when all has settled."""
        dut = self.dut
        await RisingEdge(dut.clk_i)
        dut.rst_ni.value = not reset
        aw, w, ar = (None if reset else host.offer() for host in (self.aw, self.w, self.ar))
        dut.awvalid_i.value, dut.wvalid_i.value, dut.arvalid_i.value = (
            offered is not None for offered in (aw, w, ar)
        )
        (dut.awaddr_i.value,) = aw or (0,)
        dut.wdata_i.value, dut.wstrb_i.value = w or (0, 0)
        (dut.araddr_i.value,) = ar or (0,)
        bready, rready = (self.choice.random() >= self.pauses[k] for k in (2, 4))
        dut.bready_i.value, dut.rready_i.value = bready, rready
        status = [self.choice.randrange(1 << 32) for _ in REGISTERS]
        dut.status_i.value = sum(word << 32 * k for k, word in enumerate(status))
        await FallingEdge(dut.clk_i)
        self.cycles += 1
        if not reset:
            self.look(bready, rready, status)

    def look(self, bready: bool, rready: bool, status: list[int]) -> None:
        """Show the file what there is: first what the past explains, then what is taken now."""
        dut, seen = self.dut, self.file
        seen.see_settings(tuple(words(int(dut.setting_o.value))))
        seen.see_written(bool(dut.bvalid_o.value), bready)
        seen.see_read(bool(dut.rvalid_o.value), rready, int(dut.rdata_o.value))
        seen.see_write_events(int(dut.write_o.value), int(dut.write_data_o.value))
        seen.see_read_events(int(dut.read_o.value), status)
        assert int(dut.bresp_o.value) == int(dut.rresp_o.value) == 0
        address, data, read = self.aw.taken(), self.w.taken(), self.ar.taken()
        if address:
            seen.take_address(*address)
        if data:
            seen.take_data(*data)
        if read:
            seen.take_read(*read)
        self.addresses_first += bool(address and seen.addresses)
        self.data_first += bool(data and seen.data)

    async def reset(self, cycles: int = 3) -> None:
        """Nothing is offered, and from the second cycle on nothing is there."""
        for host in (self.aw, self.w, self.ar):
            host.drop()
        for number in range(cycles):
            await self.cycle(reset=True)
            if number:
                dut = self.dut
                for port in (
                    dut.awready_o,
                    dut.wready_o,
                    dut.arready_o,
                    dut.bvalid_o,
                    dut.rvalid_o,
                ):
                    assert not port.value, "something is there in reset"
                assert int(dut.write_o.value) == int(dut.read_o.value) == 0
                assert tuple(words(int(dut.setting_o.value))) == self.file.start
        self.file.reset()
        self.asked = self.cycles = 0

    async def answer(self) -> None:
        """All that was asked is answered."""
        while self.file.answered < self.asked:
            await self.cycle()

    async def finish(self) -> None:
        """All that was asked is answered, and then nothing more."""
        await self.answer()
        for _ in range(20):
            await self.cycle()
        assert self.file.answered == self.asked
        assert not self.file.writes
        assert not self.file.reads


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(stall=list(STALLS))
async def random_traffic(dut: Dut, stall: str) -> None:
    """Reads and writes of all registers, and of none, with pauses in every channel."""
    bench = Bench(dut, stall, 0)
    await bench.reset()
    bench.ask(PLAN["accesses"])
    await bench.answer()
    if stall == "none":
        assert bench.cycles <= 2 * PLAN["accesses"] + 5, "more than two cycles for an access"
    if stall == "address late":
        assert bench.data_first > PLAN["accesses"] // 2
    if stall == "data late":
        assert bench.addresses_first > PLAN["accesses"] // 2
    await bench.finish()


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def resets_in_the_midst(dut: Dut) -> None:
    """Whatever is under way is forgotten, and settings are what they were."""
    bench = Bench(dut, "all", 1)
    await bench.reset()
    for _ in range(PLAN["accesses"] // 8):
        bench.ask(12)
        for _ in range(bench.choice.randrange(1, 30)):
            await bench.cycle()
        await bench.reset(bench.choice.choice([1, 2, 5]))
    bench.ask(20)
    await bench.finish()


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def every_byte_of_every_word(dut: Dut) -> None:
    """Every register and what lies beside is written with every strobe and read back, in order."""
    bench = Bench(dut, "none", 2)
    await bench.reset()
    ends = {0, (1 << PLAN["address_bits"]) - 4}
    for at in sorted({*AT, *ends, *(offset ^ 4 for offset in AT)}):
        for strobe in range(16):
            bench.aw.waiting.append((at,))
            bench.w.waiting.append((bench.choice.randrange(1 << 32), strobe))
            bench.asked += 1
            await bench.answer()
            bench.ar.waiting.append((at,))
            bench.asked += 1
            await bench.answer()
