"""Recurrent models that hls4ml converts: LSTM, GRU, both directions; axes all differ in size."""

from __future__ import annotations

import os
from itertools import product
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
from keras import layers

from benchmarks.hls4ml_sample import BOTH, PARALLEL, Config, Edit, Sample, precise, with_resource


def _wild() -> dict[str, Any]:
    """Initializers that make sums large and biases count."""
    normal = keras.initializers.RandomNormal
    return {
        "kernel_initializer": normal(stddev=1.2),
        "recurrent_initializer": normal(stddev=0.9),
        "bias_initializer": normal(stddev=0.7),
    }


def lstm() -> Any:
    x = layers.Input((5, 3), name="x")
    last = layers.LSTM(4, name="cell", bias_initializer="random_normal")(x)
    return keras.Model(x, layers.Dense(2, name="last")(last))


def gru() -> Any:
    x = layers.Input((5, 3), name="x")
    last = layers.GRU(4, name="cell", bias_initializer="random_normal")(x)
    return keras.Model(x, layers.Dense(2, name="last")(last))


def recurrent_stack() -> Any:
    """Sequences from layer to layer."""
    x = layers.Input((6, 3), name="x")
    first = layers.LSTM(5, return_sequences=True, name="first", **_wild())(x)
    second = layers.GRU(4, return_sequences=True, name="second", **_wild())(first)
    return keras.Model(x, [second, layers.LSTM(2, name="third", **_wild())(second)])


def one_format(form: str, **of_layer: dict[str, str]) -> Edit:
    """hls4ml compiles an LSTM whose inputs, sums and results have one format, and no other."""
    lstms = {name: {"accum": form} for name in ("first", "third", "a")}
    return precise(form, form, **lstms | {n: lstms.get(n, {}) | k for n, k in of_layer.items()})


STACK = one_format(
    "fixed<12,4,RND_CONV,WRAP>",
    first={"weight": "fixed<9,4,RND>"},
    second={"accum": "fixed<16,6,TRN_ZERO,WRAP>", "table": "fixed<9,2,RND>"},
    third={"accum": "fixed<12,4,RND_CONV,WRAP>", "recurrent_weight": "fixed<5,3,RND,SAT>"},
)


def recurrent_pair() -> Any:
    """One of each over the same sequence."""
    x = layers.Input((4, 3), name="x")
    a = layers.LSTM(5, return_sequences=True, name="a", **_wild())(x)
    return keras.Model(x, [a, layers.GRU(2, name="b", **_wild())(x)])


def of_kept(config: Config) -> None:
    """Not static."""
    one_format("fixed<13,5,RND,WRAP>", b={"accum": "fixed<20,9,RND_INF,SAT>"})(config)
    for name in ("a", "b"):
        config["LayerName"][name]["Static"] = False


def of_tables(config: Config) -> None:
    """Tables of other sizes and formats, narrow sums that wrap."""
    kinds = {"table": "ufixed<8,1>"}
    one_format("fixed<9,4>", a=kinds, b=kinds | {"accum": "fixed<8,3,RND_ZERO>"})(config)
    config["LayerName"]["a"]["TableSize"] = 300
    config["LayerName"]["b"]["TableSize"] = 64


def recurrent_ends() -> Any:
    """The last state of an LSTM, and all of a GRU."""
    x = layers.Input((4, 3), name="x")
    a = layers.LSTM(6, name="a", **_wild())(x)
    return keras.Model(x, [a, layers.GRU(9, return_sequences=True, name="b", **_wild())(x)])


def of_limits(config: Config) -> None:
    """Sums that saturate on the way, so that their order counts; not static."""
    one_format("fixed<10,3,RND,SAT>", b={"accum": "fixed<12,4,TRN,SAT_SYM>"})(config)
    for name in ("a", "b"):
        config["LayerName"][name]["Static"] = False


def recurrent_functions() -> Any:
    """Functions other than Keras' own choice."""
    x = layers.Input((4, 3), name="x")
    a = layers.LSTM(5, activation="relu", recurrent_activation="tanh", name="a", **_wild())(x)
    b = layers.GRU(2, activation="sigmoid", recurrent_activation="relu", name="b", **_wild())(x)
    return keras.Model(x, [a, b])


FUNCTIONS = one_format("fixed<11,5,RND_MIN_INF>", b={"accum": "fixed<22,10,RND_ZERO,SAT_ZERO>"})


def both_directions() -> Any:
    x = layers.Input((5, 3), name="x")
    a = layers.Bidirectional(
        layers.LSTM(4, return_sequences=True, **_wild()),
        backward_layer=layers.LSTM(2, return_sequences=True, go_backwards=True, **_wild()),
        name="a",
    )(x)
    return keras.Model(x, [a, layers.Bidirectional(_unbiased(3), name="b")(x)])


def _unbiased(units: int) -> Any:
    """hls4ml does not find the biases of a GRU in both directions."""
    free = {name: value for name, value in _wild().items() if name != "bias_initializer"}
    return layers.GRU(units, use_bias=False, **free)


DIRECTIONS = precise(
    "fixed<12,4,RND,SAT>",
    "fixed<10,4>",
    a={"accum": "fixed<20,9,RND_CONV,SAT>", "forward_weight": "fixed<9,4,RND>"},
    b={"accum": "fixed<10,4,TRN_ZERO,WRAP>", "backward_recurrent_weight": "fixed<5,3,RND,SAT>"},
)

KERAS: tuple[tuple[str, Any, tuple[str, ...], Edit | None], ...] = (
    ("lstm", lstm, BOTH, None),
    ("gru", gru, BOTH, None),
    ("recurrent_stack", recurrent_stack, BOTH, STACK),
    ("recurrent_resource", recurrent_stack, PARALLEL, with_resource(STACK)),
    ("recurrent_unkept", recurrent_pair, BOTH, of_kept),
    ("recurrent_tables", recurrent_pair, PARALLEL, of_tables),
    ("recurrent_limits", recurrent_ends, BOTH, of_limits),
    ("recurrent_limits_resource", recurrent_ends, BOTH, with_resource(of_limits)),
    ("recurrent_functions", recurrent_functions, PARALLEL, FUNCTIONS),
    ("both_directions", both_directions, PARALLEL, DIRECTIONS),
)
"""Name, model, io types, edit."""


def _torch_cell(kind: str) -> Any:
    """Of PyTorch: gates in another order, and biases for both matrices."""
    import torch
    from torch import nn

    class Cell(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(nn, kind)(3, 5, batch_first=True)
            self.last = nn.Linear(5, 2)
            for weights in self.cell.parameters():
                nn.init.normal_(weights, std=0.8)

        def forward(self, x: torch.Tensor) -> Any:
            states, _ = self.cell(x)
            return self.last(states)

    return Cell(), (None, 6, 3)


def torch_lstm() -> Any:
    return _torch_cell("LSTM")


def torch_gru() -> Any:
    return _torch_cell("GRU")


def torch_states() -> Any:
    """A GRU whose first state is an input of the model."""
    import torch
    from torch import nn

    class Cell(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.GRU(3, 5, batch_first=True)
            for weights in self.cell.parameters():
                nn.init.normal_(weights, std=0.8)

        def forward(self, x: torch.Tensor, state: torch.Tensor) -> Any:
            states, _ = self.cell(x, state)
            return states

    return Cell(), [(None, 6, 3), (None, 5)]


def samples() -> tuple[Sample, ...]:
    """All of them."""
    keras3 = [
        Sample(name, "keras3", io, model, edit) for name, model, ios, edit in KERAS for io in ios
    ]
    cells = (*product((torch_lstm, torch_gru), BOTH), (torch_states, PARALLEL[0]))
    turned = {"channels_last_conversion": "off"}  # Sequences have their features last already.
    torch = [Sample(m.__name__, "pytorch", io, m, settings=turned) for m, io in cells]
    return (*keras3, *torch)
