"""From a model file to a graph on integers and the host's part around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.model import Array, SourceModel
from hwcompile.frontends.names import identifier
from hwcompile.frontends.onnx.inputs import start_values
from hwcompile.frontends.onnx.operators import OPERATORS
from hwcompile.frontends.onnx.outputs import finish_outputs
from hwcompile.frontends.onnx.recurrent import RECURRENT
from hwcompile.frontends.reading.read import read_model
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.host import HostInput, HostOutput
from hwcompile.frontends.symbolic.interpreter import interpret
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray
from hwcompile.ir.verify import verify
from hwcompile.rnn.description import Description, must_name_nodes, read_description


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


def load_model(
    path: str | Path,
    input_types: Mapping[str, str] | None = None,
    formats: Path | Mapping[str, Any] | None = None,
) -> ImportedModel:
    """Import the ONNX or QONNX model at `path`.

    Args:
        path: The file.
        input_types: For model inputs whose integers the hardware receives as they are: name to
            type and scale, for example `{"image": "uint8:1/255"}`. The name "" stands for the
            only input.
        formats: Number formats of recurrent nodes, see `hwcompile.rnn.description`.

    Raises:
        CompileError: With everything that cannot be compiled.
    """
    model = read_model(path)
    description = read_description(formats)
    recurrent = (node.name for node in model.nodes if node.op_type in RECURRENT)
    must_name_nodes(description, frozenset(recurrent))
    first, wishes = _attempt(model, input_types or {}, description, {})
    if not wishes:
        return first
    # An input's natural order met a permutation: let the host deliver the permuted order.
    second, _ = _attempt(model, input_types or {}, description, wishes)
    return second if _gathers(second.graph) < _gathers(first.graph) else first


def _gathers(graph: Graph) -> int:
    return sum(1 for node in graph.nodes if node.op.family == "gather")


def _attempt(
    model: SourceModel,
    input_types: Mapping[str, str],
    formats: Description,
    layouts: Mapping[int, IntArray],
) -> tuple[ImportedModel, dict[int, IntArray]]:
    ctx = Context(model, Builder(identifier(model.name, "network")), layouts, formats=formats)
    values, problems = interpret(ctx, OPERATORS, start_values(ctx, input_types))
    outputs, host, more = finish_outputs(ctx, values)
    if problems or more:
        raise CompileError([*problems, *more])
    graph = ctx.builder.build(outputs)
    verify(graph, "import")
    imported = ImportedModel(graph, tuple(ctx.inputs), tuple(host), tuple(ctx.notes))
    return imported, ctx.wishes


__all__ = ["ImportedModel", "load_model"]
