"""Predictions and traces of a model graph of hls4ml by the integers that are built from it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hwcompile.frontends.hls4ml.graph import ModelGraph
from hwcompile.frontends.hls4ml.load import import_with_tensors
from hwcompile.frontends.hls4ml.values import Fixed
from hwcompile.frontends.imported import ImportedModel
from hwcompile.ir.types import IntArray

if TYPE_CHECKING:
    from hwcompile.design import Design

Array = np.ndarray[Any, Any]
Outputs = Array | list[Array]

REFERENCE = "reference"
"""The level that computes the integers themselves, without a design."""

MEANING = {
    REFERENCE: "the network's integers in numpy; level='rtl' simulates the hardware",
    "hls": "the compiled C++",
    "rtl": "the simulated SystemVerilog",
    "netlist": "the simulated gates of a board's chip",
    "bitstream": "the simulated content of a bitstream",
}
"""What computes the outputs, by level."""


@dataclass
class Simulation:
    """What stands behind `predict`, `trace`, `write` and `build` of a model graph.

    Attributes:
        model: hls4ml's.
        folder: Where the design is written.
        options: Of `hwcompile.compile`.
        level: What `predict` runs unless it is told: one of `Design.simulate`.
    """

    model: ModelGraph
    folder: Path
    options: Mapping[str, Any]
    level: str = REFERENCE

    @cached_property
    def _read(self) -> tuple[ImportedModel, Mapping[str, Fixed]]:
        return import_with_tensors(self.model)

    def compile(self) -> None:
        """Read the network; make its design and the simulator, if `predict` is to run them.

        A line on the standard error says which level answers.

        Raises:
            CompileError: Those of `import_model_graph`, of `design`, and of `Design.simulate`, for
                example HW0702 where there is no Verilator.
        """
        shapes = [host.source_shape[1:] for host in self.imported.host_inputs]
        if self.level != REFERENCE:
            self._run([np.zeros((1, *shape)) for shape in shapes], self.level)
        answers = f"level {self.level}: {MEANING[self.level]}"
        sys.stderr.write(f"hwcompile: predict answers from {answers}\n")

    @property
    def imported(self) -> ImportedModel:
        """The network on integers."""
        return self._read[0]

    @property
    def tensors(self) -> Mapping[str, Fixed]:
        """The values of all of hls4ml's tensors."""
        return self._read[1]

    @cached_property
    def design(self) -> Design:
        """The build directory; made when it is first asked for, the fastest without a target.

        Raises:
            CompileError: When the network can not be built.
        """
        from hwcompile.compiler import build
        from hwcompile.design import Design
        from hwcompile.options import CompileOptions

        options = CompileOptions(force=True, **self.options)
        if options.aimless:
            options = replace(options, fastest=True)
        return Design(self.folder, build(self.imported, self.folder, options))

    def predict(self, x: Array | Sequence[Array], level: str = "") -> Outputs:
        """Outputs as hls4ml's `predict` returns them: [frames, elements], without frames for one.

        Args:
            x: An array for each input, float32 or float64, [frames, ...].
            level: Another one than the model's: "reference" for the verified integers; "rtl" and
                the other levels of `Design.simulate` run the design.
        """
        frames, dtype = self._frames(x)
        raw = self._run(frames, level or self.level)
        return _as_hls4ml([self._real(raw, name, dtype) for name in self.model.outputs])

    def _run(self, frames: list[Array], level: str) -> Mapping[str, IntArray]:
        """The integers of the outputs of frames at a level."""
        if level == REFERENCE:
            return self.imported.graph.evaluate(self._integers(frames))
        by_name = {h.source: f for h, f in zip(self.imported.host_inputs, frames, strict=True)}
        return self.design.simulate(by_name, level=level).raw

    def trace(self, x: Array | Sequence[Array]) -> tuple[Outputs, dict[str, Array]]:
        """Outputs, and the results [frames, ...] of all layers whose `Trace` is on, by name."""
        frames, dtype = self._frames(x)
        raw = self.imported.graph.evaluate(self._integers(frames), keep=True)
        outputs = [self._real(raw, name, dtype) for name in self.model.outputs]
        layers = {
            layer.name: self._real(raw, layer.outputs[0], dtype).reshape(
                frames[0].shape[0], *self.tensors[layer.outputs[0]].shape
            )
            for layer in self.model.get_layers()
            if layer.get_attr("trace", False) and layer.class_name != "Input"
        }
        return _as_hls4ml(outputs), layers

    def _frames(self, x: Array | Sequence[Array]) -> tuple[list[Array], np.dtype[Any]]:
        """Each input as [frames, ...] of its shape."""
        hosts = self.imported.host_inputs
        given = [x] if len(hosts) == 1 else list(x)
        arrays = [np.asarray(array) for array in given]
        if arrays[0].dtype not in (np.float32, np.float64):
            raise TypeError(f"inputs are float32 or float64, not {arrays[0].dtype}")
        shaped = zip(hosts, arrays, strict=True)
        return [a.reshape(-1, *h.source_shape[1:]) for h, a in shaped], arrays[0].dtype

    def _integers(self, frames: list[Array]) -> dict[str, IntArray]:
        hosts = zip(self.imported.host_inputs, frames, strict=True)
        return {host.value: host.run(x) for host, x in hosts}

    def _real(self, raw: Mapping[str, IntArray], name: str, dtype: np.dtype[Any]) -> Array:
        """A tensor as real numbers [frames, elements]; powers of two keep every integer exact."""
        fixed = self.tensors[name]
        integers = raw[fixed.value].astype(np.float64)
        return np.ldexp(integers, -fixed.fraction).reshape(integers.shape[0], -1).astype(dtype)


def _as_hls4ml(outputs: list[Array]) -> Outputs:
    """One array for one output, and no axis of frames for a single frame."""
    found = [array[0] if array.shape[0] == 1 else array for array in outputs]
    return found[0] if len(found) == 1 else found
