"""Tests of `hw_axi_reader` against cocotbext-axi's memory, run by cocotb inside the simulator.

`reader.json` in the working directory says how the reader was built and what the memory holds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge
from cocotbext.axi import AxiRamRead, AxiReadBus

PLAN = json.loads(Path("reader.json").read_text())
BYTES: int = PLAN["data_bits"] // 8
IMAGE = bytes.fromhex(PLAN["image"])
ROWS = len(IMAGE) // BYTES
BASE = PLAN["base"]
LIMIT = 400_000
EXPECTED = [
    int.from_bytes(IMAGE[at : at + BYTES], "little") & ((1 << PLAN["row_bits"]) - 1)
    for at in range(0, len(IMAGE), BYTES)
]


class Dut(HierarchyObject):
    """The reader's ports."""

    clk_i: LogicObject
    rst_ni: LogicObject
    base_i: LogicArrayObject
    m_axi_arid: LogicArrayObject
    m_axi_araddr: LogicArrayObject
    m_axi_arlen: LogicArrayObject
    m_axi_arsize: LogicArrayObject
    m_axi_arburst: LogicArrayObject
    m_axi_arvalid: LogicObject
    m_axi_arready: LogicObject
    m_axi_rresp: LogicArrayObject
    m_axi_rvalid: LogicObject
    m_axi_rready: LogicObject
    row_valid_o: LogicObject
    row_ready_i: LogicObject
    row_data_o: LogicArrayObject
    starved_o: LogicArrayObject
    error_o: LogicObject


def pauses(seed: object, share: float, longest: int) -> Iterator[bool]:
    """Waits of up to `longest` cycles that fill a share of the time."""
    choice = random.Random(f"{seed}")
    while True:
        wait = choice.randint(1, longest) if share else 0
        go = round(wait * (1 - share) / share) if share else 1
        yield from [True] * wait + [False] * max(go, 1)


class Bench:
    """The reader with a memory in front, a consumer behind, and watchers beside it."""

    def __init__(self, dut: Dut, memory: bool = True) -> None:
        self.dut = dut
        self.rows: list[int] = []
        self.cycles: list[int] = []  # of the rows
        self.asked = self.came = self.waited = self.cycle = 0
        self.idle = pauses(0, 0.0, 1)
        dut.base_i.value = BASE
        dut.row_ready_i.value = 0
        Clock(dut.clk_i, 10, unit="ns").start()
        if memory:
            self.ram = AxiRamRead(
                AxiReadBus.from_prefix(dut, "m_axi"), dut.clk_i, dut.rst_ni,
                reset_active_level=False, size=1 << PLAN["address_bits"],
            )  # fmt: skip
            self.ram.write(BASE, IMAGE)

    async def reset(self, cycles: int = 4) -> None:
        """Reset both sides."""
        self.dut.rst_ni.value = 0
        await ClockCycles(self.dut.clk_i, cycles)
        self.rows, self.cycles = [], []
        self.asked = self.came = self.waited = self.cycle = 0
        self.dut.rst_ni.value = 1

    def memory_pauses(self, address: float, data: float, longest: int, seed: int) -> None:
        """Let the memory wait before it takes an address and before it gives a beat."""
        channels = ((self.ram.ar_channel, address), (self.ram.r_channel, data))
        for index, (channel, share) in enumerate(channels):
            channel.set_pause_generator(pauses((seed, index), share, longest))

    async def watch(self) -> None:
        """Look at every cycle: the rules of the channels, the rows, and the cycles waited."""
        dut, held, position = self.dut, None, 0
        while True:
            await RisingEdge(dut.clk_i)
            dut.row_ready_i.value = not next(self.idle)
            await ReadOnly()
            if dut.rst_ni.value != 1:
                held, position = None, 0
                continue
            shown = None
            if dut.m_axi_arvalid.value == 1:
                shown = (int(dut.m_axi_araddr.value), int(dut.m_axi_arlen.value))
            assert held is None or shown == held, "an address changed or went away"
            held = shown if shown and dut.m_axi_arready.value != 1 else None
            if shown and held is None:
                position = self.check_burst(*shown, position)
            if dut.m_axi_rvalid.value == 1:
                assert dut.m_axi_rready.value == 1
                self.came += 1
            self.look_at_row()

    def look_at_row(self) -> None:
        """Collect a row, or count a cycle in which there was none."""
        valid, ready = self.dut.row_valid_o.value == 1, self.dut.row_ready_i.value == 1
        if valid and ready:
            self.rows.append(int(self.dut.row_data_o.value))
            self.cycles.append(self.cycle)
        self.waited += ready and not valid
        self.cycle += 1
        assert self.asked - len(self.rows) <= PLAN["depth"], "more beats than there are places"

    def check_burst(self, address: int, length: int, position: int) -> int:
        """A burst is the next piece of the image, within 4 KiB; returns the beat behind it."""
        dut, beats = self.dut, length + 1
        assert address == BASE + position * BYTES
        assert beats == min(PLAN["burst"], ROWS - position)
        assert address // 4096 == (address + beats * BYTES - 1) // 4096
        assert dut.m_axi_arburst.value == 1
        assert 1 << int(dut.m_axi_arsize.value) == BYTES
        assert dut.m_axi_arid.value == 0
        self.asked += beats
        return (position + beats) % ROWS

    async def collect(self, count: int) -> None:
        """Wait for rows, and compare them with the image."""
        while len(self.rows) < count:
            await RisingEdge(self.dut.clk_i)
        await RisingEdge(self.dut.clk_i)
        for index, row in enumerate(self.rows):
            assert row == EXPECTED[index % ROWS], f"row {index}"
        assert int(self.dut.starved_o.value) in (self.waited, self.waited - 1)
        assert self.dut.error_o.value == 0


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def an_ideal_memory_never_lets_wait(dut: Dut) -> None:
    """Once the first row is there, a row comes in every cycle, round after round."""
    bench = Bench(dut)
    cocotb.start_soon(bench.watch())
    await bench.reset()
    await bench.collect(3 * ROWS + 5)
    assert bench.waited < 30
    if PLAN["fast"]:
        assert bench.cycles[-1] - bench.cycles[0] == len(bench.cycles) - 1


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(shares=[(0.0, 0.6, 0.0), (0.7, 0.0, 0.3), (0.5, 0.5, 0.5), (0.0, 0.0, 0.8)])
@cocotb.parametrize(longest=[1, 25])
async def pauses_lose_nothing(dut: Dut, shares: tuple[float, float, float], longest: int) -> None:
    """Slow addresses, slow data, a slow consumer."""
    bench = Bench(dut)
    bench.memory_pauses(shares[0], shares[1], longest, PLAN["seed"])
    bench.idle = pauses(PLAN["seed"] + 1, shares[2], longest)
    cocotb.start_soon(bench.watch())
    await bench.reset()
    await bench.collect(2 * ROWS + 3)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def it_fills_its_places_and_no_more(dut: Dut) -> None:
    """Without a consumer as many bursts come as have room; then nothing."""
    bench = Bench(dut)
    bench.idle = iter(lambda: True, False)
    cocotb.start_soon(bench.watch())
    await bench.reset()
    await ClockCycles(dut.clk_i, 4 * PLAN["depth"] + 100)
    assert bench.rows == []
    assert PLAN["depth"] - PLAN["burst"] < bench.came <= PLAN["depth"]
    assert int(dut.starved_o.value) == 0


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(after=[3, 17, 40])
async def a_reset_begins_anew(dut: Dut, after: int) -> None:
    """A reset at any time, in the middle of bursts, begins with row 0 again."""
    bench = Bench(dut)
    bench.memory_pauses(0.2, 0.2, 5, PLAN["seed"] + 2)
    cocotb.start_soon(bench.watch())
    await bench.reset()
    await ClockCycles(dut.clk_i, after)
    await bench.reset()
    await bench.collect(ROWS + 2)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(response=[2, 3])
async def an_error_response_is_kept(dut: Dut, response: int) -> None:
    """SLVERR and DECERR raise error_o until the next reset."""
    bench = Bench(dut, memory=False)
    dut.m_axi_arready.value = 1
    dut.m_axi_rvalid.value = 0
    await bench.reset()
    await RisingEdge(dut.clk_i)
    while dut.m_axi_arvalid.value != 1:
        await RisingEdge(dut.clk_i)
    for kind in (0, response, 0):
        assert dut.error_o.value == 0
        dut.m_axi_rresp.value = kind
        dut.m_axi_rvalid.value = 1
        await RisingEdge(dut.clk_i)
    dut.m_axi_rvalid.value = 0
    await ClockCycles(dut.clk_i, 3)
    assert dut.error_o.value == 1
    await bench.reset()
    await RisingEdge(dut.clk_i)
    assert dut.error_o.value == 0
