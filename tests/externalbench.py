"""The bench of kernels with weights in external memory, beside `kernelbench`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.loaded_memory import LoadedMemory
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import expected_cycles, one_node_plan, random_frames, travelling
from tests.together import simulator

MEMORIES = ((1, 0.0), (8, 0.0), (60, 0.0), (1, 0.5), (25, 0.9), (150, 0.3))
"""Latency of external memory in cycles, and how often it stalls."""


def check_external(
    site: Site,
    kernel: AnyKernel,
    parameters: Parameters,
    rows: int,
    memories: tuple[tuple[int, float], ...] = MEMORIES,
    *,
    frames: int = 5,
    seed: int = 0,
) -> list[int]:
    """Compare with `evaluate` and the prediction, for every memory and with stalls on all sides.

    A word leaves later than predicted by the starved cycles at most. Where the core reads a row in
    every cycle, so that nothing hides a late one, the last word is late by exactly these.

    Args:
        site: What is built.
        kernel: How.
        parameters: With `weights` external.
        rows: That a frame takes.
        memories: Latencies and stalls.
        frames: Of random inputs.
        seed: Of the inputs and the stalls.

    Returns:
        The starved cycles of each memory.
    """
    assert kernel.complaint(site, parameters) is None, kernel.complaint(site, parameters)
    plan = one_node_plan(site, kernel, parameters)
    rng = np.random.default_rng(seed)
    inputs = tuple(random_frames(kind, frames, rng) for kind in site.inputs)
    (expected,) = site.op.evaluate(site.inputs, inputs)
    ports = kernel.at(site, parameters).ports
    expected, inputs = (
        travelling(expected, ports.output),
        tuple(map(travelling, inputs, ports.inputs)),
    )
    named = {f"in{i}": array for i, array in enumerate(inputs)}
    trace = simulate(plan, frames)
    busy = set(np.diff(trace.frame_ends)) == {rows}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        cycles = (len(memories) + 2) * expected_cycles(plan, frames, 0.5)
        made = simulator(Path(folder), cycles)
        for latency, stall in memories:
            run = made.run(named, memory_latency=latency, memory_stall=stall, seed=seed)
            np.testing.assert_array_equal(run.outputs["dut"], expected)
            first = int(min(cycles[0] for cycles in run.input_cycles.values()))
            late = run.output_cycles["dut"] - first - trace.delivered[0]
            (starved,) = run.starved.values()
            assert late.min() >= 0
            assert late.max() <= starved
            if busy:
                assert late[-1] == starved
            found.append(starved)
        for stall in (0.3, 0.8):
            run = made.run(named, stall=stall, seed=seed + 1)
            np.testing.assert_array_equal(run.outputs["dut"], expected)
    return found


def check_loaded(
    site: Site,
    kernel: AnyKernel,
    parameters: Parameters,
    memories: tuple[tuple[int, float], ...] = MEMORIES,
    *,
    frames: int = 4,
    seed: int = 0,
) -> None:
    """Compare with `evaluate` and the prediction: when words are accepted, and when they leave.

    Args:
        site: What is built.
        kernel: How.
        parameters: With `weights` loaded.
        memories: Latencies and stalls.
        frames: Of random inputs.
        seed: Of the inputs and the stalls.
    """
    assert kernel.complaint(site, parameters) is None, kernel.complaint(site, parameters)
    plan = one_node_plan(site, kernel, parameters)
    built = kernel.at(site, parameters)
    memory = built.instance.external
    assert isinstance(memory, LoadedMemory)
    (inputs,) = (random_frames(kind, frames, np.random.default_rng(seed)) for kind in site.inputs)
    (expected,) = site.op.evaluate(site.inputs, (inputs,))
    expected = travelling(expected, built.ports.output)
    named = {"in0": travelling(inputs, built.ports.inputs[0])}
    trace = simulate(plan, frames)
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        cycles = len(memories) * (memory.load_cycles + expected_cycles(plan, frames, 0.5))
        made = simulator(Path(folder), cycles)
        for latency, stall in memories:
            run = made.run(named, memory_latency=latency, memory_stall=stall, seed=seed)
            np.testing.assert_array_equal(run.outputs["dut"], expected)
            first = int(run.input_cycles["in0"][0])
            assert first == memory.load_cycles + run.starved["dut"]
            np.testing.assert_array_equal(run.output_cycles["dut"] - first, trace.delivered[0])
        run = made.run(named, stall=0.6, seed=seed + 1)
        np.testing.assert_array_equal(run.outputs["dut"], expected)
