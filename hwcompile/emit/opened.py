"""What a build directory says about its network, with its parts held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import to_builtins as plain

from hwcompile.build_directory import (
    GRAPH,
    HOST,
    SCHEDULE,
    parsing,
    read_host,
    read_report,
    read_text,
)
from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import parse_graph
from hwcompile.ir.verify import verify
from hwcompile.ops import op_classes
from hwcompile.schedule.choose.widths import without_widths
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import plan_again
from hwcompile_runtime.host import HostInput, HostOutput


@dataclass(frozen=True)
class HostSide:
    """What computers do before and after the network.

    Attributes:
        inputs: How the network's inputs come from the model's.
        outputs: How the model's outputs come from the network's.
        notes: Remarks of the front end.
    """

    inputs: tuple[HostInput, ...]
    outputs: tuple[HostOutput, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Opened:
    """A build directory; every part is read when it is first asked for.

    Attributes:
        directory: The folder.
    """

    directory: Path

    @cached_property
    def graph(self) -> Graph:
        """The network on integers, as it was planned."""
        return read_graph(self.directory)

    @cached_property
    def interface(self) -> Interface:
        """Ports of the top level."""
        return Interface.read(self.directory)

    @cached_property
    def host(self) -> HostSide:
        """What computers do before and after the network."""
        return read_host_side(self.directory)

    @property
    def report(self) -> dict[str, Any]:
        """`report.json` as it stands now; verification adds measurements."""
        return read_report(self.directory)

    @property
    def schedule(self) -> str:
        """`schedule.toml` as text."""
        return read_text(self.directory, SCHEDULE)


def read_graph(directory: Path) -> Graph:
    """The network on integers, with the inputs and outputs that the ports have.

    Raises:
        CompileError: HW0510 when it is damaged or is not the network of these ports.
    """
    ports = Interface.read(directory)
    with parsing(directory, GRAPH):
        graph = parse_graph(read_text(directory, GRAPH), op_classes())
        verify(graph)
        _agree(graph, graph.inputs, ports.inputs)
        _agree(graph, graph.outputs, ports.outputs)
    return graph


def read_plan(directory: Path) -> Plan:
    """The plan that the build directory was made from: its schedule, on its graph.

    Raises:
        CompileError: HW0510 when one of them is damaged, HW0402 when they do not fit.
    """
    graph = without_widths(read_graph(directory))
    read_text(directory, SCHEDULE)  # refuses a damaged one
    return plan_again(graph, directory / SCHEDULE)


def _agree(graph: Graph, values: tuple[str, ...], ports: tuple[AxisPort, ...]) -> None:
    if values != tuple(port.name for port in ports):
        raise ValueError("its inputs and outputs are not those of the ports")
    for port in ports:
        kind = graph.types[port.name]
        if (kind.shape, kind.element) != (port.shape, port.format.element):
            raise ValueError(f"the type of '{port.name}' is not that of the port")


def read_host_side(directory: Path) -> HostSide:
    """What the host does; one frame of zeros shows whether its numbers fit together.

    Raises:
        CompileError: HW0510 when it is damaged or does not fit the ports.
    """
    data, ports = read_host(directory), Interface.read(directory)
    with parsing(directory, HOST), np.errstate(all="ignore"):
        inputs = tuple(HostInput.from_json(plain(entry)) for entry in data.inputs)
        outputs = tuple(HostOutput.from_json(plain(entry)) for entry in data.outputs)
        made = {host.value: host.run(np.zeros(host.source_shape)) for host in inputs}
        if {name: array.shape for name, array in made.items()} != _shapes(ports.inputs):
            raise ValueError("its inputs are not those of the ports")
        zeros = {name: np.zeros(shape, np.int64) for name, shape in _shapes(ports.outputs).items()}
        for host in outputs:
            host.run(zeros)
    return HostSide(inputs, outputs, tuple(data.notes))


def _shapes(ports: tuple[AxisPort, ...]) -> dict[str, tuple[int, ...]]:
    return {port.name: (1, *port.shape) for port in ports}
