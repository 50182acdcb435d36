"""Recurrent layers and loops of hls4ml that have no hardware: HW0290 to HW0295."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np

from hwcompile.frontends.hls4ml.graph import ModelGraph
from hwcompile.frontends.hls4ml.load import import_model_graph
from tests.diagnostics.place import Place
from tests.frontends.hls4ml.stub import (
    ExponentPrecisionType,
    FixedPrecisionType,
    StubGraph,
    StubLayer,
    WeightVariable,
    XnorPrecisionType,
    named,
)


def read(layers: list[StubLayer], io_type: str = "io_parallel") -> None:
    import_model_graph(cast(ModelGraph, StubGraph(layers, io_type=io_type)))


def sequence(
    steps: int = 5, precision: FixedPrecisionType | XnorPrecisionType | None = None
) -> StubLayer:
    return StubLayer("x", "Input", [steps, 3], precision or FixedPrecisionType())


def cell(kind: str = "GRU", **attributes: object) -> StubLayer:
    """3 inputs, 2 units."""
    rows = 8 if kind == "LSTM" else 6
    form = FixedPrecisionType()
    weights = {
        "weight": WeightVariable(np.ones((3, rows)), form),
        "recurrent_weight": WeightVariable(np.ones((2, rows)), form),
        "bias": WeightVariable(np.zeros(rows), form),
        "recurrent_bias": WeightVariable(np.zeros(rows), form),
    }
    usual: dict[str, object] = {
        "n_out": 2,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "table_size": 64,
        "table_t": named(FixedPrecisionType(18, 8)),
        "accum_t": named(form),
    }
    return StubLayer("r", kind, [2], weights=weights, attributes=usual | attributes)


def hw0290_a_recurrent_layer_without_any_gate(at: Place) -> None:
    read([sequence(), cell("SimpleRNN")])


def hw0290_a_function_of_gates(at: Place) -> None:
    read([sequence(), cell(recurrent_activation="hard_sigmoid")])


def hw0290_both_directions_of_what_is_not_built(at: Place) -> None:
    read([sequence(), cell("Bidirectional", forward_class_name="SimpleRNN", forward_n_states=2)])


def hw0294_both_directions_added(at: Place) -> None:
    read([sequence(), cell("Bidirectional", merge_mode="sum")])


def hw0294_both_directions_on_streams(at: Place) -> None:
    read([sequence(), cell("Bidirectional")], "io_stream")


def hw0294_a_state_that_is_returned(at: Place) -> None:
    read([sequence(), cell("LSTM", return_state=True)])


def hw0294_bits_into_a_cell(at: Place) -> None:
    read([sequence(precision=XnorPrecisionType()), cell()])


def hw0294_steps_and_features_exchanged(at: Place) -> None:
    read([sequence(), cell(n_in=5)])


def hw0294_powers_of_two_in_a_cell(at: Place) -> None:
    layer = cell()
    powers = WeightVariable(np.full((2, 6), 2.0), ExponentPrecisionType(5))
    layer.weights["recurrent_weight"] = powers
    read([sequence(), layer])


def hw0295_a_long_sequence_in_steps(at: Place) -> None:
    read([sequence(100), cell(activation="relu")])


def loop(steps: int, inner: str) -> list[StubLayer]:
    end = StubLayer("t_end", "TimeDistributed", [steps, 3])
    begin = StubLayer("t", "TimeDistributed", [3])
    begin.attributes["wrapped_layer"] = SimpleNamespace(name="t_end")
    end.attributes["wrapped_layer"] = SimpleNamespace(name="t")
    return [sequence(steps), begin, StubLayer("i", inner, [3]), end]


def hw0294_a_loop_over_streams(at: Place) -> None:
    read(loop(5, "Softmax"), "io_stream")


def hw0295_a_long_loop_over_layers(at: Place) -> None:
    read(loop(100, "Softmax"))
