"""Frames for test benches, and what the integer reference makes of them."""

from __future__ import annotations

import numpy as np

from hwcompile.emit.interface import AxisPort, Interface, packing_of
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray, TensorType
from hwcompile_runtime.packing import pack

FRAMES = 8
"""Frames of a test bench."""


def golden_vectors(graph: Graph, interface: Interface) -> dict[str, str]:
    """Random frames at every input, the extremes among them, and what the reference makes of them.

    Returns:
        Prefix of a port to a line of text for every beat: hexadecimal digits of tdata, the most
        significant first.
    """
    rng = np.random.default_rng(0)
    inputs = {port.name: _frames(graph.types[port.name], rng) for port in interface.inputs}
    values = graph.evaluate(inputs)
    sides = ((interface.inputs, inputs), (interface.outputs, values))
    return {
        port.prefix: _lines(frames[port.name], port) for ports, frames in sides for port in ports
    }


def _frames(kind: TensorType, rng: np.random.Generator) -> IntArray:
    shape = (FRAMES, *kind.shape)
    values = rng.integers(kind.element.low, kind.element.high, size=shape, endpoint=True)
    if kind.element.kind == "bipolar":
        values = 2 * rng.integers(0, 2, size=shape) - 1
    values[-2], values[-1] = kind.element.low, kind.element.high
    return values


def _lines(frames: IntArray, port: AxisPort) -> str:
    beats = pack(frames, packing_of(port.format, port.tdata_bytes))
    return "".join(f"{beat[::-1].tobytes().hex()}\n" for beat in beats)
