"""What a technique's network is: the model, its frames, and what the technique says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx

from hwcompile.ir.graph import Graph

Array = np.ndarray[Any, Any]
Frames = dict[str, Array]
"""Name of an input or output to its numbers, [frames, ...]."""

FRAMES = 6
FIRST = 3
"""Frames of extremes: all least, all greatest, both in turn."""


@dataclass(frozen=True, eq=False)
class Network:
    """A small network in the form that the technique's tools write.

    Attributes:
        row: Of the list of techniques.
        name: Of the technique.
        build: Writes a QONNX or ONNX file, or returns a graph on integers.
        codes: Least and greatest integer of the inputs.
        step: What one of them means.
        frames: Makes the inputs from the model's file instead, extremes first.
        expected: The technique's formula of inputs and outputs, for models that no executor of ONNX
            or QONNX runs; None asks the executor.
        options: Of `hwcompile.compile`: the target, a schedule.
        multipliers: That the design may have at most, requantizers included; None where nothing is
            said.
        ideal_bits: What the technique says that weights take; None where nothing is said.
        bound: Cycles per frame that the technique says; None where nothing is said.
        plain: Writes the same network with plain weights of 8 bits, as `build`; None without one.
        gains: What has to be less than that of `plain`.
    """

    row: int
    name: str
    build: Callable[[Path], Graph | None]
    codes: tuple[int, int] = (-128, 127)
    step: float = 1.0
    frames: Callable[[Path], Frames] | None = None
    expected: Callable[[Path, Frames], Frames] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    multipliers: int | None = None
    ideal_bits: float | None = None
    bound: int | None = None
    plain: Callable[[Path], Graph | None] | None = None
    gains: tuple[Literal["lut", "dsp"], ...] = ()

    def inputs(self, path: Path) -> Frames:
        """Frames for every input: extremes, then random ones, always the same."""
        if self.frames is not None:
            return self.frames(path)
        low, high = self.codes
        return {
            name: extremes_first(np.random.default_rng(self.row), shape, low, high) * self.step
            for name, shape in input_shapes(path).items()
        }

    def outputs(self, path: Path, inputs: Frames) -> Frames:
        """What the model makes of inputs: the technique's formula, or what an executor says."""
        if self.expected is not None:
            return self.expected(path, inputs)
        return executed(path, inputs)


def extremes_first(
    random: np.random.Generator, shape: tuple[int, ...], low: int, high: int, frames: int = FRAMES
) -> Array:
    """Integers as float32 [frames, *shape]: all least, all greatest, both in turn, random ones."""
    x = random.integers(low, high + 1, (frames, *shape))
    x[0], x[1] = low, high
    x[2] = np.where(np.arange(prod(shape)).reshape(shape) % 2, low, high)
    return x.astype(np.float32)


def input_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of a file's inputs, without the batch."""
    graph = onnx.load(path).graph
    constants = {tensor.name for tensor in graph.initializer}
    return {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)[1:]
        for value in graph.input
        if value.name not in constants
    }


def only_output(path: Path) -> str:
    """Name of a file's output."""
    (output,) = onnx.load(path).graph.output
    return str(output.name)


def executed(path: Path, inputs: Frames) -> Frames:
    """Outputs by ONNX Runtime, or where a model has operators of QONNX, by that one's executor.

    Frames run one after the other, as files say a batch of one.
    """
    model = onnx.load(path)
    foreign = any(node.domain not in ("", "com.microsoft") for node in model.graph.node)
    run = _qonnx_session(path) if foreign else _session(path)
    count = len(next(iter(inputs.values())))
    rows = [run({name: x[n : n + 1] for name, x in inputs.items()}) for n in range(count)]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _session(path: Path) -> Callable[[Frames], Frames]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return lambda feed: dict(zip(names, session.run(names, feed), strict=True))


@cache
def _qonnx_session(path: Path) -> Callable[[Frames], Frames]:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    model = ModelWrapper(str(path)).transform(InferShapes())
    return lambda feed: dict(execute_onnx(model, feed))
