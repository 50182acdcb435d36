"""What a test asks of a network without its simulators, and of several in one design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

import hwcompile
from benchmarks.techniques import complaints
from benchmarks.techniques_networks import all_networks
from benchmarks.techniques_networks.network import Frames, Network
from hwcompile.compiler import planned_network
from hwcompile.design import Design
from hwcompile.explore.encodings import weight_bits
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.built import Built
from hwcompile.options import CompileOptions


@dataclass(frozen=True, eq=False)
class Planned:
    """A network as it is planned.

    Attributes:
        parts: In order, by name.
        interval: Cycles per frame that are predicted.
    """

    parts: dict[str, Built[Any]]
    interval: int

    @property
    def lanes(self) -> int:
        """Of all parts."""
        return sum(built.lanes for built in self.parts.values())

    @property
    def weight_bits(self) -> int:
        """Of all memories of weights, their indices and code books."""
        return sum(map(weight_bits, self.parts.values()))

    @property
    def products(self) -> int:
        """Multipliers."""
        needs = [each for built in self.parts.values() for each in built.needs.products]
        return sum(each.count for each in needs)

    def of(self, *families: str) -> list[Built[Any]]:
        """Those of some families."""
        return [built for built in self.parts.values() if built.op.family in families]

    @property
    def work(self) -> int:
        """Products of weights that lanes do in a frame, idle cycles included."""
        return sum(one.lanes * one.interval for one in self.of("matmul", "depthwise"))


def networks_of(row: int) -> list[Network]:
    """All networks of a row."""
    return [network for network in all_networks() if network.row == row]


def plan_of(model: Path | Graph, network: Network) -> Planned:
    """A model planned as a network asks."""
    planned, prediction, _ = planned_network(model, CompileOptions(**network.options))
    parts = {part.node.name: part.built for stage in planned.stages for part in stage.parts}
    return Planned(parts, prediction.interval)


def check_plan(network: Network, folder: Path) -> Planned:
    """Integers are the executor's or the formula's, and the plan is what the technique says."""
    path = folder / "network.onnx"
    graph = network.build(path)
    planned = plan_of(graph or path, network)
    design = _compiled(graph or path, folder, network.options)
    inputs = network.inputs(path)
    check_outputs(design, inputs, network.outputs(path, inputs))
    row = {
        "multipliers": planned.products,
        "weight_bits": planned.weight_bits,
        "interval_cycles": planned.interval,
    }
    assert complaints(network, row) == []
    return planned


def plan_plain(network: Network, folder: Path) -> Planned:
    """What a network is compared with."""
    assert network.plain is not None
    path = folder / "plain.onnx"
    return plan_of(network.plain(path) or path, network)


def check_chain(network: Network, folder: Path, cycles: int) -> None:
    """A chain of thin layers equals their product, on fewer lanes and bits, in as many cycles.

    What is expected is what an executor says of the one layer that the chain stands for.
    """
    found, plain = check_plan(network, folder), plan_plain(network, folder)
    assert found.lanes < plain.lanes
    assert found.weight_bits < plain.weight_bits
    assert found.interval == plain.interval == cycles


def _compiled(model: Path | Graph, folder: Path, options: Any) -> Design:
    if isinstance(model, Graph):
        return hwcompile.compile_graph(model, folder / "build", **options)
    return hwcompile.compile(model, folder / "build", **options)


def check_outputs(design: Design, inputs: Frames, expected: Frames) -> None:
    """Every output of the reference equals the expected one."""
    found = design.simulate(inputs, level="reference").real
    assert found.keys() == expected.keys()
    for name, y in found.items():
        np.testing.assert_array_equal(y, expected[name].reshape(y.shape))


def together(networks: Sequence[Network]) -> Network:
    """Networks side by side in one model, without a stream in common: one pair of simulators."""
    options = networks[0].options
    assert all(network.options == options for network in networks)
    return Network(
        0, "together", partial(_side_by_side, networks), frames=partial(_frames, networks),
        expected=partial(_expected, networks), options=options,
    )  # fmt: skip


def _prefix(number: int) -> str:
    return f"n{number}_"


def _own(path: Path, number: int) -> Path:
    folder = path.parent / str(number)
    folder.mkdir(exist_ok=True)
    return folder / "network.onnx"


def _side_by_side(networks: Sequence[Network], path: Path) -> None:
    parts = []
    for number, network in enumerate(networks):
        network.build(_own(path, number))
        parts.append(onnx.compose.add_prefix(onnx.load(_own(path, number)), _prefix(number)))
    graphs = [part.graph for part in parts]
    joined = helper.make_graph(
        [node for graph in graphs for node in graph.node],
        "together",
        [value for graph in graphs for value in graph.input],
        [value for graph in graphs for value in graph.output],
        [tensor for graph in graphs for tensor in graph.initializer],
    )
    versions = parts[0].opset_import
    onnx.save(helper.make_model(joined, opset_imports=versions, ir_version=8), path)


def _frames(networks: Sequence[Network], path: Path) -> Frames:
    return {
        _prefix(number) + name: x
        for number, network in enumerate(networks)
        for name, x in network.inputs(_own(path, number)).items()
    }


def _expected(networks: Sequence[Network], path: Path, inputs: Frames) -> Frames:
    found: Frames = {}
    for number, network in enumerate(networks):
        prefix = _prefix(number)
        own = {n.removeprefix(prefix): x for n, x in inputs.items() if n.startswith(prefix)}
        outputs = network.outputs(_own(path, number), own)
        found |= {prefix + name: y for name, y in outputs.items()}
    return found
