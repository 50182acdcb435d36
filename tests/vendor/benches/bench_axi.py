"""Tests of a design behind AXI4-Streams and an AXI4-Lite register block, run by cocotb.

The plan (`bench_plan`) holds the register map, and for every port the bytes of some frames as a
driver packs them. What came out is left in `received.json`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import cocotb
from bench_plan import AT, FRAMES, PLAN, Dut, Memory, Port, coins
from cocotb.clock import Clock
from cocotb.handle import LogicArrayObject, LogicObject
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge, with_timeout
from cocotb.utils import get_sim_time
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiRamRead,
    AxiReadBus,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

LIMIT = 40 * PLAN["timeout_ns"]
Reset = dict[str, LogicObject | bool]


def frame_bytes(port: Port, first: int, count: int = 1) -> bytes:
    """Consecutive frames as one transfer."""
    return bytes.fromhex("".join(port["frames"][first : first + count]))


class Bench:
    """The wrapped design with sources, sinks, a bus master and watchers."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        Clock(dut.aclk, 10, unit="ns").start()
        reset: Reset = {"reset": dut.aresetn, "reset_active_level": False}
        self.host = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, **reset)
        self.sources = [
            AxiStreamSource(AxiStreamBus.from_prefix(dut, port["prefix"]), dut.aclk, **reset)
            for port in PLAN["inputs"]
        ]
        self.sinks = [
            AxiStreamSink(AxiStreamBus.from_prefix(dut, port["prefix"]), dut.aclk, **reset)
            for port in PLAN["outputs"]
        ]
        self.memories = [self.memory(dut, port, reset) for port in PLAN["memories"]]
        self.waited = {port["prefix"]: 0 for port in (*PLAN["inputs"], *PLAN["outputs"])}
        # ns, of every tlast
        self.ends: dict[str, list[float]] = {port["prefix"]: [] for port in PLAN["outputs"]}
        for port in PLAN["inputs"]:
            cocotb.start_soon(self.watch_input(port))
        for port in PLAN["outputs"]:
            cocotb.start_soon(self.watch_output(port))

    def memory(self, dut: Dut, port: Memory, reset: Reset) -> AxiRamRead:
        """A memory with weights behind an AXI4 read master."""
        bus = AxiReadBus.from_prefix(dut, port["prefix"])
        ram = AxiRamRead(bus, dut.aclk, **reset, size=1 << 20)
        ram.write(port["base"], bytes.fromhex(port["image"]))
        cocotb.start_soon(self.watch_requests(port["prefix"]))
        return ram

    def port(self, prefix: str, *names: str) -> tuple[LogicObject | LogicArrayObject, ...]:
        """Signals of a port by their names behind its prefix."""
        return tuple(getattr(self.dut, f"{prefix}_{name}") for name in names)

    async def watch_requests(self, prefix: str) -> None:
        """A request stays until it is taken, whatever is reset; responses end in it."""
        names = ("arvalid", "arready", "araddr", "arlen")
        valid, ready, address, length = self.port(prefix, *names)
        held = None
        while True:
            await RisingEdge(self.dut.aclk)
            if self.dut.aresetn.value != 1:
                held = None
                continue
            shown = (address.value, length.value) if valid.value == 1 else None
            assert held is None or shown == held, f"{prefix}: a request changed or went away"
            held = shown if ready.value != 1 else None

    async def start(self) -> None:
        """Tell the design where its weights are."""
        for index, port in enumerate(PLAN["memories"]):
            await self.write(f"MEM{index}_BASE", port["base"])
        if self.memories:
            assert await self.read("STATUS") == 1
            await self.write("CONTROL", 1)
            while await self.read("STATUS") & 1:
                pass
        self.forget()

    async def reset(self) -> None:
        """Reset everything."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        self.forget()
        self.dut.aresetn.value = 1
        # The wrapper's own reset lasts a little longer.
        await ClockCycles(self.dut.aclk, 20)
        await self.start()

    def forget(self) -> None:
        """Drop what sources and sinks hold, and count from zero."""
        for stream in (*self.sources, *self.sinks):
            stream.clear()
        self.waited = dict.fromkeys(self.waited, 0)

    async def watch_input(self, port: Port) -> None:
        """Count the cycles in which the design waits inside a frame."""
        valid, ready = self.port(port["prefix"], "tvalid", "tready")
        beats = 0
        while True:
            await RisingEdge(self.dut.aclk)
            if self.dut.aresetn.value != 1:
                beats = 0
            elif ready.value == 1 and valid.value == 1:
                beats = (beats + 1) % port["words"]
            elif ready.value == 1 and beats:
                self.waited[port["prefix"]] += 1

    async def watch_output(self, port: Port) -> None:
        """Count the cycles in which a beat waits; it must not change meanwhile."""
        prefix, names = port["prefix"], ("tvalid", "tready", "tdata", "tkeep", "tlast")
        valid, ready, data, keep, last = self.port(prefix, *names)
        held = None
        while True:
            await RisingEdge(self.dut.aclk)
            shown = (data.value, keep.value, last.value) if valid.value == 1 else None
            if PLAN["resetting"] or self.dut.aresetn.value != 1:
                held = None
            assert held is None or shown == held, f"{prefix}: a beat changed or went away"
            held = shown if ready.value != 1 else None
            if shown and not held and last.value == 1:
                self.ends[prefix].append(get_sim_time("ns"))
            self.waited[prefix] += held is not None

    async def read(self, name: str) -> int:
        """A register's value."""
        return int(await self.host.read_dword(AT[name]))

    async def write(self, name: str, value: int) -> None:
        """Write a register."""
        await self.host.write_dword(AT[name], value)

    def pause(self, source: float, sink: float, bus: float = 0.0) -> None:
        """Let all partners hold back with these probabilities."""
        for index, stream in enumerate(self.sources):
            stream.set_pause_generator(coins(f"source{index}", source))
        for index, stream in enumerate(self.sinks):
            stream.set_pause_generator(coins(f"sink{index}", sink))
        write, read = self.host.write_if, self.host.read_if
        channels = (write.aw_channel, write.w_channel, write.b_channel,
                    read.ar_channel, read.r_channel)  # fmt: skip
        for index, channel in enumerate(channels):
            channel.set_pause_generator(coins(f"bus{index}", bus))
        for index, ram in enumerate(self.memories):
            ram.r_channel.set_pause_generator(coins(f"memory{index}", sink / 2))
            ram.ar_channel.set_pause_generator(coins(f"request{index}", sink / 2))

    async def send(self, packets: list[tuple[int, int]]) -> None:
        """Queue transfers of (first frame, frames) at every input."""
        for port, source in zip(PLAN["inputs"], self.sources, strict=True):
            for first, count in packets:
                await source.send(AxiStreamFrame(frame_bytes(port, first, count)))

    async def expect(self, packets: list[tuple[int, int]]) -> list[list[str]]:
        """The transfers come out, each ended by tlast, and nothing else; their bytes."""
        received: list[list[str]] = []
        for port, sink in zip(PLAN["outputs"], self.sinks, strict=True):
            received.append([])
            for first, count in packets:
                packet = await with_timeout(sink.recv(), PLAN["timeout_ns"], "ns")
                got = bytes(packet.tdata)
                assert got == frame_bytes(port, first, count), f"{port['prefix']}, {first}"
                received[-1].append(got.hex())
        await ClockCycles(self.dut.aclk, 50)
        assert all(sink.empty() for sink in self.sinks), "more came out than should"
        return received

    async def counters(self, frames: int) -> None:
        """All counters are what the watchers saw."""
        for index, port in enumerate(PLAN["inputs"]):
            assert await self.read(f"IN{index}_FRAMES") == frames
            assert await self.read(f"IN{index}_STARVED") == self.waited[port["prefix"]]
            assert await self.read(f"IN{index}_ERRORS") == 0
        for index, port in enumerate(PLAN["outputs"]):
            assert await self.read(f"OUT{index}_FRAMES") == frames
            assert await self.read(f"OUT{index}_BLOCKED") == self.waited[port["prefix"]]
        assert await self.read("STATUS") == 0


ONE_EACH = [(frame, 1) for frame in range(FRAMES)]


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def constants(dut: Dut) -> None:
    """The design identifies itself; what is not there reads zero and can not be written."""
    bench = Bench(dut)
    await bench.reset()
    for name, value in PLAN["constants"].items():
        assert await bench.read(name) == value, name
        await bench.write(name, 0xFFFFFFFF)
        assert await bench.read(name) == value, name
    assert int(await bench.host.read_dword(0xFFC)) == 0
    await bench.host.write_dword(0xFFC, 5)
    assert int(await bench.host.read_dword(0xFFC)) == 0
    assert await bench.read("CONTROL") == 0
    first, second = await bench.read("CYCLES"), await bench.read("CYCLES")
    assert first < second < first + 100


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def settings_byte_by_byte(dut: Dut) -> None:
    """A setting keeps the bytes that a write leaves out, whatever the bus waits."""
    bench = Bench(dut)
    await bench.reset()
    bench.pause(0, 0, bus=0.5)
    choice, value = random.Random(3), 1
    for _ in range(40):
        at, byte = choice.randrange(4), choice.randrange(256)
        await bench.host.write(AT["PACKET_FRAMES"] + at, bytes([byte]))
        value = value & ~(0xFF << 8 * at) | byte << 8 * at
        await bench.host.write_dword(0xFFC, choice.randrange(1 << 32))  # nothing is there
        assert await bench.read("PACKET_FRAMES") == value
    tasks = [cocotb.start_soon(bench.write("PACKET_FRAMES", number)) for number in range(8)]
    reads = [cocotb.start_soon(bench.read("ID")) for _ in range(8)]
    for task in tasks:
        await task
    assert {await task for task in reads} == {PLAN["constants"]["ID"]}
    assert await bench.read("PACKET_FRAMES") == 7


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def frames_back_to_back(dut: Dut) -> None:
    """Every frame is a transfer of its own."""
    bench = Bench(dut)
    await bench.reset()
    await bench.send(ONE_EACH)
    received = await bench.expect(ONE_EACH)
    Path("received.json").write_text(json.dumps(received))
    await bench.counters(FRAMES)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def the_bus_costs_no_speed(dut: Dut) -> None:
    """Frames leave as often as the design makes them, or as their longer side has beats."""
    bench = Bench(dut)
    await bench.reset()
    await bench.send(4 * ONE_EACH)
    await bench.expect(4 * ONE_EACH)
    for port in PLAN["outputs"]:
        ends = bench.ends[port["prefix"]]
        gaps = [round((b - a) / 10) for a, b in zip(ends[-6:], ends[-5:], strict=False)]
        if bench.memories:
            # This memory does not keep up; every cycle it misses costs one at most.
            late = sum(gaps) - 5 * PLAN["interval"]
            assert 0 <= late <= await bench.read("MEM0_STARVED"), f"{gaps}"
            continue
        assert gaps == [PLAN["interval"]] * 5, f"{port['prefix']}: {gaps}"


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(pauses=[(0.0, 0.7), (0.7, 0.0), (0.5, 0.5)])
async def frames_with_pauses(dut: Dut, pauses: tuple[float, float]) -> None:
    """Slow memory at either side; the counters tell which."""
    bench = Bench(dut)
    await bench.reset()
    source, sink = pauses
    bench.pause(source, sink, bus=0.3)
    await bench.send(ONE_EACH)
    await bench.expect(ONE_EACH)
    bench.pause(0, 0)
    await bench.counters(FRAMES)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def several_frames_in_a_transfer(dut: Dut) -> None:
    """One transfer in; tlast comes out where the host asked for it, and not before."""
    bench = Bench(dut)
    await bench.reset()
    await bench.write("PACKET_FRAMES", 2)
    bench.pause(0.3, 0.3)
    await bench.send([(0, FRAMES)])
    await bench.expect([(first, 2) for first in range(0, FRAMES, 2)])
    await bench.write("PACKET_FRAMES", FRAMES)
    await bench.send([(0, FRAMES)])
    await bench.expect([(0, FRAMES)])
    bench.pause(0, 0)
    await bench.counters(2 * FRAMES)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(cycles=[3, 9, 30, 75, 200])
async def reset_through_the_register(dut: Dut, cycles: int) -> None:
    """A reset at any place leaves nothing behind."""
    bench = Bench(dut)
    await bench.reset()
    await bench.write("PACKET_FRAMES", 2)
    bench.pause(0.2, 0.2)
    await bench.send(ONE_EACH)
    # Memory gets slow, so that bursts are under way for longer than the reset's 16 cycles.
    for ram in bench.memories:
        ram.r_channel.set_pause_generator(coins(f"slow{cycles}", 0.95))
    await ClockCycles(dut.aclk, cycles)
    PLAN["resetting"] = True
    # The host resets the DMA engine first.
    for stream in (*bench.sources, *bench.sinks):
        stream.assert_reset(True)
    await bench.write("CONTROL", 1)
    assert await bench.read("STATUS") & 1
    bench.forget()
    # Bursts from memory end first.
    await ClockCycles(dut.aclk, 20)
    while bench.memories and await bench.read("STATUS") & 1:
        pass
    PLAN["resetting"] = False
    for stream in (*bench.sources, *bench.sinks):
        stream.assert_reset(False)
    assert await bench.read("STATUS") == 0
    assert await bench.read("PACKET_FRAMES") == 2, "settings stay"
    await bench.write("PACKET_FRAMES", 1)
    bench.pause(0.2, 0.2)
    await bench.send(ONE_EACH)
    await bench.expect(ONE_EACH)
    bench.pause(0, 0)
    assert await bench.read("OUT0_FRAMES") == FRAMES
    assert await bench.read("STATUS") == 0


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def damaged_transfers_are_counted(dut: Dut) -> None:
    """A tlast inside a frame, a byte that is not there; padding may be missing."""
    bench = Bench(dut)
    await bench.reset()
    for port, source in zip(PLAN["inputs"], bench.sources, strict=True):
        data = frame_bytes(port, 0)
        size = len(data) // port["words"]
        await source.send(AxiStreamFrame(data[:size]))  # tlast after the first beat
        if port["words"] > 1:
            await source.send(AxiStreamFrame(data[size:]))
        keep = [1] * len(data)
        keep[port["used"] :] = [0] * (len(data) - port["used"])
        await source.send(AxiStreamFrame(data, tkeep=keep))  # only padding is missing
        for byte in (port["full"] - 1, port["used"] - 1):
            missing = [*keep[:byte], 0, *keep[byte + 1 :]]
            await source.send(AxiStreamFrame(data, tkeep=missing))
    for source in bench.sources:
        await source.wait()
    await ClockCycles(dut.aclk, 20)
    for index, port in enumerate(PLAN["inputs"]):
        assert await bench.read(f"IN{index}_ERRORS") == 2 + (port["words"] > 1)
        assert await bench.read(f"IN{index}_FRAMES") == 4


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def nothing_moves_in_reset(dut: Dut) -> None:
    """While the reset lasts no beat is taken and none is offered."""
    bench = Bench(dut)
    await bench.reset()
    for sink in bench.sinks:
        sink.pause = True
    await bench.send(ONE_EACH)
    await ClockCycles(dut.aclk, 60)
    PLAN["resetting"] = True
    dut.aresetn.value = 0
    for _ in range(12):
        await RisingEdge(dut.aclk)
        await ReadOnly()
        for port in PLAN["inputs"]:
            assert bench.port(port["prefix"], "tready")[0].value == 0
        for port in PLAN["outputs"]:
            assert bench.port(port["prefix"], "tvalid")[0].value == 0
    PLAN["resetting"] = False
