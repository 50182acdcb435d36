"""Designs behind AXI4-Streams and registers, against cocotbext-axi's own bus models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import Interface
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.planner import plan
from hwcompile.toolchains.vendor.wrapper import dma_wrapper
from hwcompile_runtime import packing
from tests.protocol.test_designs import branches
from tests.vendor.recurrent import recurrent
from tests.vendor.wrapped import IDENTITY, places, run
from tests.verify.passthrough import write_passthrough

FRAMES = 4

# (height, width, channels), the design's words, and the bus words that must come of them.
PASSTHROUGH = {
    "ragged": ((2, 3, 5), StreamFormat(6, 5, 4, IntType(-3, 4)), (4, 8)),
    "bipolar": ((1, 1, 70), StreamFormat(1, 70, 7, BIPOLAR), (4, 32)),
    "odd": ((1, 7, 3), StreamFormat(7, 3, 3, IntType(-300, 300)), (4, 3)),
    "wide": ((1, 2, 3), StreamFormat(2, 3, 1, IntType(-(1 << 39), 5)), (8, 1)),
    "broad": ((1, 2, 24), StreamFormat(2, 24, 24, IntType(0, 200)), (16, 16)),
    "single": ((1, 1, 1), StreamFormat(1, 1, 1, IntType(0, 9)), (4, 1)),
}


def _values(kind: IntType, shape: tuple[int, ...], seed: int) -> IntArray:
    rng = np.random.default_rng(seed)
    if kind == BIPOLAR:
        return rng.choice(kind.values(), size=(FRAMES, *shape))
    return rng.integers(kind.low, kind.high, (FRAMES, *shape), endpoint=True)


@pytest.mark.parametrize("name", PASSTHROUGH)
def test_bytes_of_a_driver_pass_through(tmp_path: Path, name: str) -> None:
    shape, form, (width, parallel) = PASSTHROUGH[name]
    interface = write_passthrough(tmp_path / "build", shape, form)
    wrapper = dma_wrapper(interface, IDENTITY)
    bus = wrapper.inputs[0].packing
    assert (bus.word_bytes, bus.parallel) == (width, parallel)
    values = _values(form.element, shape, 2)
    work = tmp_path / "work"
    work.mkdir()
    passed = run(
        tmp_path / "build", wrapper, work, {"x": values}, {"y": values}, bench="bench_axi",
        interval=form.words,
    )  # fmt: skip
    assert len(passed) == 15
    received = json.loads((work / "received.json").read_text())
    data = np.frombuffer(bytes.fromhex("".join(received[0])), np.uint8)
    got = packing.unpack(data, wrapper.outputs[0].packing).reshape(values.shape)
    np.testing.assert_array_equal(got, values)


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    graph = branches()
    planned, prediction = plan(graph, target_cycles=400)
    write_files(tmp_path, rtl_files(planned))
    inputs = {
        name: _values(graph.types[name].element, graph.types[name].shape, 4)
        for name in graph.inputs
    }
    work = tmp_path / "work"
    work.mkdir()
    passed = run(
        tmp_path,
        dma_wrapper(Interface.read(tmp_path), IDENTITY),
        work,
        inputs,
        graph.evaluate(inputs),
        bench="bench_axi",
        interval=prediction.interval,
        timeout_cycles=20 * prediction.latency + 2000,
    )
    assert len(passed) == 15


def test_weights_in_external_memory(tmp_path: Path) -> None:
    """Frames equal the reference, also after resets in the middle of bursts."""
    graph, design = recurrent(tmp_path / "build")
    inputs = {
        name: _values(graph.types[name].element, graph.types[name].shape, 4)
        for name in graph.inputs
    }
    work = tmp_path / "work"
    work.mkdir()
    passed = _run_recurrent(design, graph, inputs, work)
    assert len(passed) == 15


def _run_recurrent(
    design: Design,
    graph: Graph,
    inputs: dict[str, IntArray],
    work: Path,
    edit: tuple[str, str] = ("", ""),
) -> tuple[str, ...]:
    interval = design.report["design"]["interval_cycles"]["predicted"]
    return run(
        design.directory, dma_wrapper(design.interface, IDENTITY), work, inputs,
        graph.evaluate(inputs), bench="bench_axi", interval=interval,
        timeout_cycles=8 * interval + 500, edit=edit,
    )  # fmt: skip


DRAIN_FAULTS = {
    "a request withdrawn": ("take || (arvalid_o && !arready_i)", "take"),
    "not waited for": ("(idle_i && !held_q)", "!held_q"),
    "not held": ("held_q <= Held;", "held_q <= 1'b0;"),
    "ended early": ("rready_o && rlast_i", "rready_o"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", DRAIN_FAULTS)
def test_faults_of_the_memory_port_are_found(tmp_path: Path, fault: str) -> None:
    graph, design = recurrent(tmp_path / "build")
    inputs = {
        name: _values(graph.types[name].element, graph.types[name].shape, 4)
        for name in graph.inputs
    }
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(CompileError, match="HW0604"):
        _run_recurrent(design, graph, inputs, work, DRAIN_FAULTS[fault])


FAULTS = {
    "bytes left out": (".FullBytes(", ".FullBytes(1 + 0*"),
    "last bytes left out": (".LastBytes(", ".LastBytes(1 + 0*"),
    "tlast": ("frame_last && packet_last", "frame_last"),
    "an error not seen": ("tlast_i && !frame_last", "1'b0"),
    "not starved": ("inside_o && tready_o", "tready_o"),
    "not blocked": ("tvalid_o && !tready_i", "tvalid_o"),
    "no reset": ("left_q <= CountBits'(Cycles)", "left_q <= CountBits'(0)"),
    "strobes": ("if (write_strobe[b])", "if (write_strobe[b] || 1'b1)"),
    "an address lost": ("address_q && data_q &&", "data_q &&"),
    "withdrawn": ("rvalid_o && !rready_i", "1'b0"),
    "in reset": ("beat_valid && rst_ni", "beat_valid"),
}


def test_every_fault_has_its_place(tmp_path: Path) -> None:
    """Most faults are planted in slow tests alone; that their texts are there is seen at once."""
    shape, form, _ = PASSTHROUGH["ragged"]
    wrapper = dma_wrapper(write_passthrough(tmp_path / "plain", shape, form), IDENTITY)
    assert places(wrapper, FAULTS) == set(FAULTS)
    _, design = recurrent(tmp_path / "recurrent")
    wrapper = dma_wrapper(design.interface, IDENTITY)
    assert places(wrapper, DRAIN_FAULTS) == set(DRAIN_FAULTS)


QUICK = ("bytes left out", "tlast", "withdrawn")


@pytest.mark.parametrize(
    "fault",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FAULTS],
)
def test_faults_are_found(tmp_path: Path, fault: str) -> None:
    shape, form, _ = PASSTHROUGH["ragged"]
    interface = write_passthrough(tmp_path / "build", shape, form)
    values = _values(form.element, shape, 2)
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(CompileError, match="HW0604"):
        run(
            tmp_path / "build",
            dma_wrapper(interface, IDENTITY),
            work,
            {"x": values},
            {"y": values},
            bench="bench_axi",
            interval=form.words,
            edit=FAULTS[fault],
        )
