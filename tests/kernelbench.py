"""The shared bench of all kernels: a one-node design, simulated, against meaning and prediction.

`check_kernel` builds a design with one node between AXI4-Stream ports, runs it in Verilator, and
demands that outputs equal the op's `evaluate` and that every output word leaves in the cycle the
token simulation says.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site, StreamFormat
from hwcompile.schedule.plan import Link, Placed, Plan, Stage
from hwcompile.schedule.time.tokens import simulate
from tests.together import in_its_turn, simulator

ORIGIN = Origin("bench", "dut", "Bench")


def one_node_plan(
    site: Site, kernel: AnyKernel, parameters: Parameters, depth: int | None = None
) -> Plan:
    """A plan with one stage that holds only this kernel; `depth` is that of the output FIFO."""
    builder = Builder("bench")
    values = tuple(builder.input(f"in{i}", kind) for i, kind in enumerate(site.inputs))
    (output,) = builder.add("dut", site.op, values, ORIGIN, types=site.outputs)
    graph = builder.build((output,))
    built = kernel.at(site, parameters)
    stage = Stage((Placed(graph.nodes[0], built),))
    ports = built.ports
    links = [
        Link(value, output, port, form, depth=2)
        for port, (value, form) in enumerate(zip(values, ports.inputs, strict=True))
    ]
    links.append(Link(output, None, 0, ports.output, depth=depth or stage.registers + 2))
    return Plan(graph, (stage,), tuple(links), ports.inputs)


def random_frames(kind: TensorType, frames: int, rng: np.random.Generator) -> IntArray:
    """Random values of a type with its extremes over-represented, int64 [frames, H, W, C].

    With three or more frames the last two are all-low and all-high.
    """
    values = kind.element.values() if kind.element.levels <= 2**20 else None
    shape = (frames, *kind.shape)
    if values is not None:
        array = rng.choice(values, size=shape)
    else:
        array = rng.integers(kind.element.low, kind.element.high, size=shape, endpoint=True)
    extreme = rng.choice([kind.element.low, kind.element.high], size=shape)
    array = np.where(rng.random(shape) < 0.2, extreme, array)
    if frames >= 3:
        array[-2], array[-1] = kind.element.low, kind.element.high
    return array.astype(np.int64)


def expected_cycles(plan: Plan, frames: int, stall: float) -> float:
    """About how many cycles a plan with one stage takes for frames."""
    (stage,) = plan.stages
    interval = max(part.built.interval for part in stage.parts)
    return (frames + 1) * interval / (1.0 - stall) ** 2


def travelling(values: IntArray, form: StreamFormat) -> IntArray:
    """Frames with the elements of every vector in the order in which they travel, same shape."""
    if form.order is None:
        return values
    vectors = values.reshape(-1, form.size)[:, form.order.positions(form.size)]
    return vectors.reshape(values.shape)


def check_kernel(
    site: Site,
    kernel: AnyKernel,
    parameters: Parameters,
    *,
    frames: int = 3,
    seed: int = 0,
    stall: float = 0.0,
    depth: int | None = None,
    inputs: tuple[IntArray, ...] | None = None,
) -> None:
    """Assert RTL == evaluate and, without stalls, RTL cycles == predicted cycles.

    In a property this may happen after the last example.
    """
    check = partial(_check, site, kernel, parameters, frames, seed, stall, depth, inputs)
    options = f"frames={frames}, seed={seed}, stall={stall}, depth={depth}"
    in_its_turn(check, f"{kernel.name} of {site} with {parameters}, {options}")


def _check(
    site: Site,
    kernel: AnyKernel,
    parameters: Parameters,
    frames: int,
    seed: int,
    stall: float,
    depth: int | None,
    inputs: tuple[IntArray, ...] | None,
) -> None:
    assert kernel.refuses(site) is None, kernel.refuses(site)
    assert kernel.complaint(site, parameters) is None, kernel.complaint(site, parameters)
    built = kernel.at(site, parameters)
    assert built.timing.interval == built.interval
    plan = one_node_plan(site, kernel, parameters, depth)
    rng = np.random.default_rng(seed)
    if inputs is None:
        inputs = tuple(random_frames(kind, frames, rng) for kind in site.inputs)
    frames = inputs[0].shape[0]
    (expected,) = site.op.evaluate(site.inputs, inputs)
    expected = travelling(expected, built.ports.output)
    inputs = tuple(map(travelling, inputs, built.ports.inputs))
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        few = sum(expected_cycles(plan, frames, part) for part in (stall, 0.4))
        made = simulator(Path(folder), few)
        named = {f"in{i}": array for i, array in enumerate(inputs)}
        result = made.run(named, stall=stall, seed=seed)
        stalled = None if stall else made.run(named, stall=0.4, seed=seed + 1)
    np.testing.assert_array_equal(result.outputs["dut"], expected)
    if stalled is not None:
        np.testing.assert_array_equal(stalled.outputs["dut"], expected)
        trace = simulate(plan, frames)
        first = int(min(cycles[0] for cycles in result.input_cycles.values()))
        for value, cycles in trace.accepted.items():
            np.testing.assert_array_equal(result.input_cycles[value] - first, cycles)
        for value, cycles in zip(plan.graph.outputs, trace.delivered, strict=True):
            np.testing.assert_array_equal(result.output_cycles[value] - first, cycles)
