"""What a front end makes of a model file: a graph on integers, and the host's part around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile_runtime.host import HostInput, HostOutput


@dataclass(frozen=True, eq=False)
class ImportedModel:
    """A model after its front end.

    Attributes:
        graph: The network on integers.
        host_inputs: How the host makes the network's inputs, one for each input of `graph`.
        host_outputs: How the host makes the model's outputs, in the model's order.
        notes: Remarks for the user.
    """

    graph: Graph
    host_inputs: tuple[HostInput, ...]
    host_outputs: tuple[HostOutput, ...]
    notes: tuple[str, ...]

    def run_host_inputs(self, inputs: Array | Mapping[str, Array]) -> dict[str, IntArray]:
        """Integers of the network's inputs.

        Args:
            inputs: Real numbers by the model's input name; an array when there is one input.
                [frames, ...] or one frame.

        Returns:
            int64 [frames, H, W, C] by the network's input name.
        """
        if not isinstance(inputs, Mapping):
            inputs = dict.fromkeys({h.source for h in self.host_inputs}, inputs)
        return {h.value: h.run(np.asarray(inputs[h.source])) for h in self.host_inputs}

    def run_host_outputs(self, outputs: Mapping[str, IntArray]) -> dict[str, Array]:
        """The model's outputs [frames, ...] by name, from the network's outputs."""
        return {h.name: h.run(outputs) for h in self.host_outputs}

    def run(self, inputs: Array | Mapping[str, Array]) -> dict[str, Array]:
        """The whole model on the integer reference: real numbers in, real numbers out."""
        return self.run_host_outputs(self.graph.evaluate(self.run_host_inputs(inputs)))
