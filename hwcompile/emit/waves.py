"""What a viewer of waveforms shows of a design: a group of signals for every port and every layer.

One description, printed for GTKWave (a save file) and for Surfer (a command file).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwcompile.emit.environment import render
from hwcompile.emit.interface import AxisPort, Interface, MemoryPort, memory_signals
from hwcompile.emit.licence import EXPRESSION, licensed
from hwcompile.emit.netlist import interface_of, signal_names
from hwcompile.schedule.plan import Plan

GTKWAVE, SURFER = ".gtkw", ".sucl"
"""Suffixes of the files that the two viewers read."""


@dataclass(frozen=True)
class WaveSignal:
    """A signal of the top level; `bits` is 0 when it is declared without a range."""

    name: str
    bits: int = 0


@dataclass(frozen=True)
class WaveGroup:
    """Signals that stand together, and what they are."""

    title: str
    signals: tuple[WaveSignal, ...]


def wave_groups(plan: Plan, interface: Interface) -> list[WaveGroup]:
    """Clock, inputs, what every layer produces, outputs and memories, in the order of the data.

    Args:
        plan: The design; its streams are called as in the emitted top level.
        interface: Its ports.
    """
    clock, inputs, outputs = port_groups(interface)
    signals = signal_names(plan.links)
    layers = []
    for stage, stream in zip(plan.stages, interface_of(plan).streams, strict=True):
        links = plan.links_from(stage.name)
        found = [s for link in links for s in _stream(signals[link.name], link.format.bits)]
        layers.append(WaveGroup(f"layer {stream.prefix}", tuple(found)))
    return [clock, *inputs, *layers, *outputs]


def port_groups(interface: Interface) -> tuple[WaveGroup, list[WaveGroup], list[WaveGroup]]:
    """The ports of the top level: the clock; the inputs; the outputs, and memories behind them."""
    clock = WaveGroup("clock and reset", (WaveSignal("aclk"), WaveSignal("aresetn")))
    inputs = [WaveGroup(f"input {port.name}", _axis(port)) for port in interface.inputs]
    outputs = [WaveGroup(f"output {port.name}", _axis(port)) for port in interface.outputs]
    outputs += [WaveGroup(f"weights {port.name}", _memory(port)) for port in interface.memories]
    return clock, inputs, outputs


def wave_views(groups: Sequence[WaveGroup], scope: str, waves: str) -> dict[str, str]:
    """Suffix to text of the file that a viewer reads beside the waveforms.

    Args:
        groups: What to show.
        scope: Where the top level's signals are in the waveforms, with dots.
        waves: Name of the waveform file, in the same folder.
    """
    view = {"groups": groups, "scope": scope, "waves": waves}
    templates = {GTKWAVE: "waves.gtkw.j2", SURFER: "waves.sucl.j2"}
    return {suffix: render(f"testbench/{name}", **view) for suffix, name in templates.items()}


def write_views(waves: Path, scope: str, groups: Sequence[WaveGroup]) -> None:
    """Write the views of a waveform file beside it, under its name.

    A file that is there and that the viewer saved is the user's, and stays.
    """
    for suffix, text in wave_views(groups, scope, waves.name).items():
        path = waves.with_suffix(suffix)
        if not path.exists() or EXPRESSION in path.read_text(errors="replace")[:400]:
            path.write_text(licensed(path.name, text), encoding="utf-8")


def _stream(name: str, bits: int) -> list[WaveSignal]:
    return [
        WaveSignal(f"{name}_valid"),
        WaveSignal(f"{name}_ready"),
        WaveSignal(f"{name}_data", bits),
    ]


def _axis(port: AxisPort) -> tuple[WaveSignal, ...]:
    flags = (WaveSignal(f"{port.prefix}_{name}") for name in ("tvalid", "tready", "tlast"))
    return (*flags, WaveSignal(f"{port.prefix}_tdata", 8 * port.tdata_bytes))


def _memory(port: MemoryPort) -> tuple[WaveSignal, ...]:
    shown = {"arvalid", "arready", "araddr", "arlen", "rvalid", "rready", "rlast", "rdata"}
    return tuple(
        WaveSignal(f"{port.prefix}_{name}", bits if bits > 1 else 0)
        for _, bits, name in memory_signals(port)
        if name in shown
    )
