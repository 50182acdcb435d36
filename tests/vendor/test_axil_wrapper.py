"""Designs behind one AXI4-Lite port, against cocotbext-axi's own bus master."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import Interface
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.schedule.planner import plan
from hwcompile.toolchains.vendor.wrapper import lite_wrapper
from hwcompile_runtime import packing
from tests.protocol.test_designs import branches
from tests.vendor.test_axi_wrapper import PASSTHROUGH, _values
from tests.vendor.wrapped import IDENTITY, places, run
from tests.verify.passthrough import write_passthrough

TESTS = 7


@pytest.mark.parametrize("name", ["ragged", "wide", "broad"])
def test_frames_pass_through_registers(tmp_path: Path, name: str) -> None:
    shape, form, _ = PASSTHROUGH[name]
    interface = write_passthrough(tmp_path / "build", shape, form)
    wrapper = lite_wrapper(interface, IDENTITY)
    assert wrapper.inputs[0].packing.word_bytes == (8 if form.element.bits > 32 else 4)
    values = _values(form.element, shape, 2)
    work = tmp_path / "work"
    work.mkdir()
    passed = run(
        tmp_path / "build", wrapper, work, {"x": values}, {"y": values}, bench="bench_axil"
    )
    assert len(passed) == TESTS
    received = json.loads((work / "received.json").read_text())
    data = np.frombuffer(bytes.fromhex("".join(received[0])), np.uint8)
    got = packing.unpack(data, wrapper.outputs[0].packing).reshape(values.shape)
    np.testing.assert_array_equal(got, values)


def test_two_inputs_and_two_outputs(tmp_path: Path) -> None:
    graph = branches()
    planned, _ = plan(graph, target_cycles=400)
    write_files(tmp_path, rtl_files(planned))
    inputs = {
        name: _values(graph.types[name].element, graph.types[name].shape, 4)
        for name in graph.inputs
    }
    work = tmp_path / "work"
    work.mkdir()
    wrapper = lite_wrapper(Interface.read(tmp_path), IDENTITY)
    results = graph.evaluate(inputs)
    assert len(run(tmp_path, wrapper, work, inputs, results, bench="bench_axil")) == TESTS


FAULTS = {
    "a read twice": ("assign read_o  = read_q &&", "assign read_o  = read_q || "),
    "not lost": ("data_write && !in0_room", "data_write && in0_room"),
    "another address": ("write && write_address == OFFSET[AddressBits-1:2]", "write"),
}


def test_every_fault_has_its_place(tmp_path: Path) -> None:
    """Most faults are planted in slow tests alone; that their texts are there is seen at once."""
    shape, form, _ = PASSTHROUGH["ragged"]
    wrapper = lite_wrapper(write_passthrough(tmp_path, shape, form), IDENTITY)
    assert places(wrapper, FAULTS) == set(FAULTS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(tmp_path: Path, fault: str) -> None:
    shape, form, _ = PASSTHROUGH["ragged"]
    interface = write_passthrough(tmp_path / "build", shape, form)
    values = _values(form.element, shape, 2)
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(CompileError, match="HW0604"):
        run(
            tmp_path / "build",
            lite_wrapper(interface, IDENTITY),
            work,
            {"x": values},
            {"y": values},
            bench="bench_axil",
            edit=FAULTS[fault],
        )
