"""Tests of a design's AXI4-Stream ports, run by cocotb inside the simulator.

`protocol.json` in the working directory names the ports and holds the beats of some frames:
`{"inputs": [...], "outputs": [...], "seed": ..., "timeout_ns": ...}`, each port with `prefix` and
`frames`, a list of frames, each a list of beats as hexadecimal numbers. `"memories"` names
the ports to external memory: `prefix`, `status`, and `image`, a file.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import (
    AxiRamRead,
    AxiReadBus,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

PLAN = json.loads(Path("protocol.json").read_text())
FRAMES = len(PLAN["inputs"][0]["frames"])
SEED = PLAN["seed"]
BASE = 0x5A000
"""Where the images lie in external memory."""
LIMIT = (4 * FRAMES + 4) * PLAN["timeout_ns"]


def beats(port: dict, frame: int) -> list[int]:
    """The beats of a frame as numbers."""
    return [int(text, 16) for text in port["frames"][frame]]


class Bench:
    """The design with a source at every input, a sink and a watcher at every output."""

    def __init__(self, dut) -> None:
        self.dut = dut
        cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
        wires = {"reset": dut.aresetn, "reset_active_level": False, "byte_lanes": 1}
        self.sources = [
            AxiStreamSource(AxiStreamBus.from_prefix(dut, p["prefix"]), dut.aclk, **wires)
            for p in PLAN["inputs"]
        ]
        self.sinks = [
            AxiStreamSink(AxiStreamBus.from_prefix(dut, p["prefix"]), dut.aclk, **wires)
            for p in PLAN["outputs"]
        ]
        self.memories = [self.memory(port) for port in PLAN["memories"]]
        for port in PLAN["outputs"]:
            cocotb.start_soon(self.watch(port["prefix"]))

    def memory(self, port: dict) -> AxiRamRead:
        """External memory with its image."""
        dut, image = self.dut, Path(port["image"]).read_bytes()
        getattr(dut, f"{port['status']}_base_i").value = BASE
        bus = AxiReadBus.from_prefix(dut, port["prefix"])
        size = 1 << (BASE + len(image)).bit_length()
        ram = AxiRamRead(bus, dut.aclk, dut.aresetn, reset_active_level=False, size=size)
        ram.write(BASE, image)
        return ram

    async def reset(self) -> None:
        """Reset the design and forget what was on its way."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, 4)
        for stream in (*self.sources, *self.sinks):
            stream.clear()
        self.dut.aresetn.value = 1
        await RisingEdge(self.dut.aclk)

    async def watch(self, prefix: str) -> None:
        """A beat that is not taken stays: tvalid, tdata and tlast do not change."""
        valid, ready, data, last = (
            getattr(self.dut, f"{prefix}_{name}") for name in ("tvalid", "tready", "tdata", "tlast")
        )
        held = None
        while True:
            await RisingEdge(self.dut.aclk)
            if self.dut.aresetn.value != 1:
                held = None
                continue
            shown = (data.value, last.value) if valid.value == 1 else None
            assert held is None or shown == held, f"{prefix}: a beat changed or went away"
            held = shown if ready.value != 1 else None

    def stall(self, source: float, sink: float, seed: int) -> None:
        """Let sources and sinks hold back with these probabilities."""
        for index, streams in enumerate((self.sources, self.sinks)):
            probability = (source, sink)[index]
            for port, stream in enumerate(streams):
                choice = random.Random(f"{seed}-{index}-{port}")
                stream.set_pause_generator(coins(choice, probability))

    def slow_memory(self, probability: float, seed: int) -> None:
        """Let external memory hold back addresses and data."""
        for port, memory in enumerate(self.memories):
            for channel in (memory.ar_channel, memory.r_channel):
                choice = random.Random(f"{seed}-memory-{port}-{channel is memory.r_channel}")
                channel.set_pause_generator(coins(choice, probability))

    async def send(self, frames: range) -> None:
        """Queue frames at every input."""
        for port, source in zip(PLAN["inputs"], self.sources, strict=True):
            for frame in frames:
                await source.send(AxiStreamFrame(beats(port, frame)))

    async def expect(self, frames: range) -> None:
        """The frames come out, each ended by tlast, and nothing after them."""
        for port, sink in zip(PLAN["outputs"], self.sinks, strict=True):
            for frame in frames:
                received = await with_timeout(sink.recv(), PLAN["timeout_ns"], "ns")
                assert list(received.tdata) == beats(port, frame), f"{port['prefix']}, {frame}"
        await ClockCycles(self.dut.aclk, 50)
        assert all(sink.empty() for sink in self.sinks), "more frames than were sent"
        assert self.dut.frame_error_o.value == 0
        assert all(getattr(self.dut, f"{p['status']}_error_o").value == 0 for p in PLAN["memories"])


def coins(choice: random.Random, probability: float):
    """True with a probability, forever."""
    while True:
        yield choice.random() < probability


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def frames_back_to_back(dut) -> None:
    """Sources and sinks are always ready."""
    bench = Bench(dut)
    await bench.reset()
    await bench.send(range(FRAMES))
    await bench.expect(range(FRAMES))


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(probabilities=[(0.0, 0.7), (0.7, 0.0), (0.5, 0.5)])
async def frames_with_stalls(dut, probabilities) -> None:
    """Slow sources, slow sinks, both."""
    bench = Bench(dut)
    await bench.reset()
    bench.stall(*probabilities, SEED)
    bench.slow_memory(max(probabilities), SEED)
    await bench.send(range(FRAMES))
    await bench.expect(range(FRAMES))


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def a_frame_after_a_pause(dut) -> None:
    """Nothing is left over from a frame, and none needs the next one to come out."""
    bench = Bench(dut)
    await bench.reset()
    for frame in range(FRAMES):
        await bench.send(range(frame, frame + 1))
        await bench.expect(range(frame, frame + 1))


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
@cocotb.parametrize(share=[0.3, 0.9, 1.5])
async def reset_inside_a_frame(dut, share) -> None:
    """After a reset at any place, whole frames come out right."""
    bench = Bench(dut)
    await bench.reset()
    bench.stall(0.2, 0.2, SEED + 1)
    bench.slow_memory(0.2, SEED + 1)
    await bench.send(range(FRAMES))
    longest = max(len(port["frames"][0]) for port in (*PLAN["inputs"], *PLAN["outputs"]))
    await ClockCycles(dut.aclk, 2 + int(share * longest))
    await bench.reset()
    await bench.send(range(FRAMES))
    await bench.expect(range(FRAMES))


@cocotb.test(timeout_time=LIMIT, timeout_unit="ns")
async def a_wrong_tlast_is_reported(dut) -> None:
    """A frame of another length raises frame_error_o, which stays until the next reset."""
    bench = Bench(dut)
    await bench.reset()
    assert dut.frame_error_o.value == 0
    for port, source in zip(PLAN["inputs"], bench.sources, strict=True):
        frame = beats(port, 0)
        await source.send(AxiStreamFrame(frame + frame[:1]))  # tlast comes one beat late
    for _ in range(PLAN["timeout_ns"] // 10):
        await RisingEdge(dut.aclk)
        if dut.frame_error_o.value == 1:
            break
    assert dut.frame_error_o.value == 1
    await ClockCycles(dut.aclk, 5)
    assert dut.frame_error_o.value == 1
    await bench.reset()
    assert dut.frame_error_o.value == 0
    await bench.send(range(1))
    await bench.expect(range(1))
