"""Tests of a design behind one AXI4-Lite port, run by cocotb: frames pass through registers.

The plan is that of `bench_plan`. The host pushes words while there is room and pops what is there.
"""

from __future__ import annotations

import json
from pathlib import Path

import cocotb
from bench_plan import AT, FRAMES, PLAN, Dut, Port, coins
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

LIMIT = 60 * PLAN["timeout_ns"]
ROOM = 64


def words(port: Port, first: int, count: int) -> list[int]:
    """The 32-bit words of consecutive frames."""
    data = bytes.fromhex("".join(port["frames"][first : first + count]))
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


class Bench:
    """The wrapped design and a processor."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        Clock(dut.aclk, 10, unit="ns").start()
        self.host = AxiLiteMaster(
            AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, dut.aresetn, reset_active_level=False
        )

    async def reset(self) -> None:
        """Reset everything."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        self.dut.aresetn.value = 1
        await ClockCycles(self.dut.aclk, 20)

    async def read(self, name: str) -> int:
        """A register's value."""
        return int(await self.host.read_dword(AT[name]))

    async def write(self, name: str, value: int) -> None:
        """Write a register."""
        await self.host.write_dword(AT[name], value)

    def pause(self, probability: float) -> None:
        """Let the bus hold back in every channel."""
        write, read = self.host.write_if, self.host.read_if
        channels = (write.aw_channel, write.w_channel, write.b_channel,
                    read.ar_channel, read.r_channel)  # fmt: skip
        for index, channel in enumerate(channels):
            channel.set_pause_generator(coins(index, probability))

    async def push(self, waiting: list[list[int]]) -> None:
        """Write what there is room for."""
        for index, data in enumerate(waiting):
            for _ in range(min(await self.read(f"IN{index}_SPACE"), len(data))):
                await self.write(f"IN{index}_DATA", data.pop(0))

    async def pop(self, got: list[list[int]]) -> None:
        """Read what is there."""
        for index, data in enumerate(got):
            for _ in range(await self.read(f"OUT{index}_LEVEL")):
                data.append(await self.read(f"OUT{index}_DATA"))

    async def exchange(self, first: int, count: int) -> list[list[int]]:
        """Frames in, frames out: the words of every output."""
        waiting = [words(port, first, count) for port in PLAN["inputs"]]
        expected = [words(port, first, count) for port in PLAN["outputs"]]
        got: list[list[int]] = [[] for _ in expected]
        silent = 0
        while any(len(g) < len(e) for g, e in zip(got, expected, strict=True)) and silent < 40:
            before = [len(data) for data in (*waiting, *got)]
            await self.push(waiting)
            await self.pop(got)
            silent = silent + 1 if before == [len(data) for data in (*waiting, *got)] else 0
        assert got == expected
        return got


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def constants(dut: Dut) -> None:
    """The design identifies itself."""
    bench = Bench(dut)
    await bench.reset()
    for name, value in PLAN["constants"].items():
        assert await bench.read(name) == value, name
    for index in range(len(PLAN["inputs"])):
        assert await bench.read(f"IN{index}_SPACE") == ROOM


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(probability=[0.0, 0.4])
async def frames_through_registers(dut: Dut, probability: float) -> None:
    """Results equal the reference; nothing is lost and nothing is left."""
    bench = Bench(dut)
    await bench.reset()
    bench.pause(probability)
    got = await bench.exchange(0, FRAMES)
    for frame in range(FRAMES):
        await bench.exchange(frame, 1)
    data = [b"".join(word.to_bytes(4, "little") for word in port).hex() for port in got]
    Path("received.json").write_text(json.dumps([[text] for text in data]))
    for index in range(len(PLAN["inputs"])):
        assert await bench.read(f"IN{index}_FRAMES") == 2 * FRAMES
        assert await bench.read(f"IN{index}_LOST") == 0
        assert await bench.read(f"IN{index}_ERRORS") == 0
    for index in range(len(PLAN["outputs"])):
        assert await bench.read(f"OUT{index}_FRAMES") == 2 * FRAMES
        assert await bench.read(f"OUT{index}_EMPTY") == 0
        assert await bench.read(f"OUT{index}_LEVEL") == 0
    assert await bench.read("STATUS") == 0


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def careless_software_is_counted(dut: Dut) -> None:
    """A read that finds nothing is zero; a word without room is dropped; both are counted."""
    bench = Bench(dut)
    await bench.reset()
    assert await bench.read("OUT0_DATA") == 0
    assert await bench.read("OUT0_EMPTY") == 1
    frame = words(PLAN["inputs"][0], 0, 1)
    lost = written = 0
    # Nobody reads, so the design fills up and then its input does.
    while written < 4096 and not lost:
        await bench.write("IN0_DATA", frame[written % len(frame)])
        written += 1
        lost = await bench.read("IN0_LOST")
    assert lost == 1
    assert await bench.read("IN0_SPACE") == 0
    await bench.write("CONTROL", 1)
    await ClockCycles(dut.aclk, 20)
    assert await bench.read("IN0_LOST") == 0
    assert await bench.read("IN0_SPACE") == ROOM
    await bench.exchange(0, 1)


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(count=[1, 2, 5])
async def reset_inside_a_frame(dut: Dut, count: int) -> None:
    """After a reset the next word is the first of a frame."""
    bench = Bench(dut)
    await bench.reset()
    for index, port in enumerate(PLAN["inputs"]):
        for word in words(port, 0, FRAMES)[:count]:
            await bench.write(f"IN{index}_DATA", word)
    await bench.write("CONTROL", 1)
    assert await bench.read("STATUS") & 1
    await ClockCycles(dut.aclk, 20)
    assert await bench.read("STATUS") == 0
    await bench.exchange(0, FRAMES)
