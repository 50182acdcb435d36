"""Small models of Keras 3 that hls4ml converts, one for each group of its layers, and all others.

Weights are random; Keras runs on the jax backend.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import product
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

from benchmarks import (
    hls4ml_hgq,
    hls4ml_qkeras,
    hls4ml_qonnx,
    hls4ml_recurrent_zoo,
    hls4ml_repeated_zoo,
    hls4ml_sums,
    hls4ml_torch,
)
from benchmarks.hls4ml_sample import (
    BOTH,
    PARALLEL,
    SATURATED,
    Config,
    Edit,
    Sample,
    precise,
    with_resource,
)

ROUNDINGS = ("TRN", "TRN_ZERO", "RND", "RND_ZERO", "RND_INF", "RND_MIN_INF", "RND_CONV")
OVERFLOWS = ("WRAP", "SAT", "SAT_SYM", "SAT_ZERO")


def dense() -> Any:
    x = layers.Input((16,), name="x")
    hidden = layers.Dense(8, activation="relu", name="hidden")(x)
    return keras.Model(x, layers.Dense(5, activation="softmax", name="last")(hidden))


def autoencoder() -> Any:
    x = layers.Input((12,), name="x")
    code = layers.Dense(3, activation="tanh", name="code")(x)
    wide = layers.Dense(7, activation="elu", name="wide")(code)
    return keras.Model(x, layers.Dense(12, activation="sigmoid", name="last")(wide))


def normalized() -> Any:
    x = layers.Input((6, 5), name="x")
    first = layers.BatchNormalization(name="first")(x)
    kept = layers.Activation("relu", name="kept")(first)
    model = keras.Model(x, layers.BatchNormalization(name="second")(kept))
    return with_statistics(model)


def with_statistics(model: Any) -> Any:
    """Random statistics for batch normalizations, which start as nothing at all."""
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return model


def pictures() -> Any:
    """Convolutions, depthwise and pointwise ones, pools of two dimensions."""
    x = layers.Input((9, 8, 3), name="x")
    first = layers.Conv2D(4, (3, 2), padding="same", activation="relu", name="first")(x)
    normal = layers.BatchNormalization(name="normal")(first)
    small = layers.MaxPooling2D((2, 2), name="small")(normal)
    deep = layers.DepthwiseConv2D((2, 2), name="deep")(small)
    point = layers.Conv2D(3, 1, name="point")(layers.Conv2D(5, (2, 2), name="wide")(small))
    ends = [
        layers.AveragePooling2D((2, 2), name="mean")(normal),
        layers.GlobalAveragePooling2D(name="means")(point),
        layers.GlobalMaxPooling2D(name="peaks")(deep),
        layers.Dense(3, name="last")(layers.Flatten(name="flat")(point)),
    ]
    return with_statistics(keras.Model(x, ends))


def padded_pools() -> Any:
    """Windows that reach over the edge, which only io_parallel has."""
    x = layers.Input((7, 6, 3), name="x")
    first = layers.Conv2D(2, (3, 3), padding="same", activation="relu6", name="first")(x)
    pools = (layers.MaxPooling2D, layers.AveragePooling2D)
    ends = [
        p((3, 2), strides=(2, 1), padding="same", name=p.__name__.lower())(first) for p in pools
    ]
    return keras.Model(x, ends)


def signals() -> Any:
    """The same in one dimension."""
    x = layers.Input((13, 3), name="x")
    first = layers.Conv1D(4, 3, padding="same", activation="relu", name="first")(x)
    small = layers.MaxPooling1D(3, name="small")(first)
    wide = layers.Conv1D(5, 2, name="wide")(small)
    ends = [
        layers.AveragePooling1D(2, name="mean")(first),
        layers.DepthwiseConv1D(2, name="deep")(small),
        layers.Conv1D(2, 1, name="point")(wide),
        layers.GlobalAveragePooling1D(name="means")(wide),
        layers.GlobalMaxPooling1D(name="peaks")(wide),
    ]
    return keras.Model(x, ends)


def enlarged() -> Any:
    x = layers.Input((4, 3, 2), name="x")
    y = layers.Input((5, 3), name="y")
    ends = [
        layers.ZeroPadding2D(((1, 0), (2, 1)), name="pad2")(x),
        layers.UpSampling2D((2, 3), name="up2")(x),
        layers.ZeroPadding1D((2, 1), name="pad1")(y),
        layers.UpSampling1D(2, name="up1")(y),
    ]
    return keras.Model([x, y], ends)


def moved() -> Any:
    """What only moves elements, in io_parallel."""
    x = layers.Input((4, 3, 2), name="x")
    scaled = layers.Activation("relu", name="scaled")(x)
    ends = [
        layers.Permute((3, 1, 2), name="order")(scaled),
        layers.Cropping2D(((1, 0), (1, 1)), name="crop")(scaled),
        layers.Dense(3, name="last")(layers.Reshape((6, 4), name="shape")(scaled)),
    ]
    return keras.Model(x, ends)


ACTIVATIONS = (
    "linear",
    "relu",
    "sigmoid",
    "tanh",
    "softplus",
    "softsign",
    "hard_sigmoid",
    "elu",
    "selu",
)


def functions() -> Any:
    """Streams can be read seven times at most."""
    x = layers.Input((7,), name="x")
    spread = layers.Dense(6, name="spread")(x)
    chosen = [layers.Activation(a, name=f"as_{a}")(spread) for a in ACTIVATIONS[:5]]
    return keras.Model(x, chosen)


def more_functions() -> Any:
    x = layers.Input((7,), name="x")
    spread = layers.Dense(6, name="spread")(x)
    ends = [layers.Activation(a, name=f"as_{a}")(spread) for a in ACTIVATIONS[5:]]
    ends += [
        layers.LeakyReLU(negative_slope=0.3, name="leaky")(spread),
        layers.ELU(alpha=0.7, name="elu7")(spread),
        layers.PReLU(name="slopes", alpha_initializer="random_normal")(spread),
    ]
    return keras.Model(x, ends)


SOFTMAXES = ("stable", "latency", "legacy", "argmax")


def softmaxes() -> Any:
    x = layers.Input((9,), name="x")
    return keras.Model(x, [layers.Softmax(name=name)(x) for name in (*SOFTMAXES, "wrapped")])


def of_softmaxes(config: Config) -> None:
    precise("fixed<16,6>", "fixed<12,5>")(config)
    for name in SOFTMAXES:
        config["LayerName"][name]["Implementation"] = name
    config["LayerName"]["wrapped"]["Implementation"] = "latency"
    config["LayerName"]["wrapped"]["Precision"]["accum"] = "fixed<20,10,RND,WRAP>"


MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


def merges() -> Any:
    x, y = layers.Input((5, 4), name="x"), layers.Input((5, 4), name="y")
    return keras.Model([x, y], [getattr(layers, m)(name=m.lower())([x, y]) for m in MERGES])


def residual() -> Any:
    x = layers.Input((6, 5, 3), name="x")
    first = layers.Conv2D(3, (3, 3), padding="same", activation="relu", name="first")(x)
    again = layers.Conv2D(3, (3, 3), padding="same", name="again")(first)
    total = layers.Activation("relu", name="total")(layers.Add(name="plus")([first, again]))
    flat = layers.Flatten(name="flat")(total)
    return keras.Model(x, layers.Dense(4, activation="softmax", name="last")(flat))


def mobile() -> Any:
    x = layers.Input((8, 8, 2), name="x")
    value = layers.Conv2D(4, 3, activation="relu", name="stem")(x)
    for i, channels in enumerate((6, 5)):
        value = layers.DepthwiseConv2D(2, activation="relu", name=f"deep{i}")(value)
        value = layers.Conv2D(channels, 1, activation="relu", name=f"point{i}")(value)
    pooled = layers.GlobalAveragePooling2D(name="means")(value)
    return keras.Model(x, layers.Dense(3, activation="softmax", name="last")(pooled))


WIDTHS = ((6, 2), (5, 6), (8, -1), (1, 1), (9, 3), (4, 4))


def roundings() -> Any:
    """A layer for each pair of rounding and overflow."""
    x = layers.Input((6,), name="x")
    pairs = enumerate(product(ROUNDINGS, OVERFLOWS))
    return keras.Model(
        x, [layers.Activation("relu" if i % 2 else "linear", name=f"l{i}")(x) for i, _ in pairs]
    )


def of_roundings(config: Config) -> None:
    config["LayerName"]["x"]["Precision"]["result"] = "fixed<9,4>"
    for i, (rounding, overflow) in enumerate(product(ROUNDINGS, OVERFLOWS)):
        width, integer = WIDTHS[i % len(WIDTHS)]
        text = f"{'u' if i % 3 == 1 else ''}fixed<{width},{integer},{rounding},{overflow}>"
        config["LayerName"][f"l{i}"]["Precision"]["result"] = text


ACCUMULATORS = {
    "a0": {"accum": "fixed<12,5,TRN,WRAP>", "weight": "fixed<9,2>"},
    "a1": {"accum": "fixed<10,4,RND,WRAP>", "weight": "fixed<9,2>"},
    "a2": {"accum": "fixed<9,4,RND_CONV,WRAP>", "weight": "fixed<7,2,RND,SAT>"},
    "a3": {"accum": "fixed<10,4,RND_ZERO,WRAP>", "weight": "ufixed<7,1>"},
    "a4": {"accum": "fixed<18,8,TRN_ZERO,SAT>", "weight": "fixed<6,1,RND_CONV>"},
    "a5": {"accum": "ufixed<9,3,RND_INF>", "weight": "int<3>"},
    "a6": {"accum": "int<9>", "weight": "fixed<9,2>"},
}


def accumulators() -> Any:
    """Layers whose accumulators drop digits of products, wrap, or both."""
    x = layers.Input((6,), name="x")
    ends = [layers.Dense(4, name=n, bias_initializer="random_normal")(x) for n in ACCUMULATORS]
    return keras.Model(x, ends)


def of_accumulators(config: Config) -> None:
    more = {n: a | {"bias": "fixed<8,3,RND>"} for n, a in ACCUMULATORS.items()}
    precise("fixed<11,6,RND,SAT>", "fixed<9,4>", **more)(config)


def truncating_convolution() -> Any:
    x = layers.Input((6, 5, 2), name="x")
    first = layers.Conv2D(3, (2, 3), padding="same", activation="relu", name="first")(x)
    deep = layers.DepthwiseConv2D((2, 2), name="deep")(first)
    return keras.Model(x, layers.AveragePooling2D((2, 2), name="mean")(deep))


def embedded() -> Any:
    x = layers.Input((5,), name="x")
    return keras.Model(x, layers.Embedding(16, 3, name="rows")(x))


KERAS: tuple[tuple[Callable[[], Any], tuple[str, ...], Edit | None, str], ...] = (
    (dense, BOTH, None, "name"),
    (autoencoder, BOTH, None, "name"),
    (autoencoder, PARALLEL, None, "model"),
    (normalized, BOTH, SATURATED, "name"),
    (pictures, BOTH, SATURATED, "name"),
    (padded_pools, PARALLEL, SATURATED, "name"),
    (signals, BOTH, SATURATED, "name"),
    (enlarged, BOTH, SATURATED, "name"),
    (moved, PARALLEL, SATURATED, "name"),
    (functions, BOTH, SATURATED, "name"),
    (more_functions, BOTH, SATURATED, "name"),
    (softmaxes, BOTH, of_softmaxes, "name"),
    (merges, BOTH, SATURATED, "name"),
    (residual, BOTH, None, "name"),
    (mobile, BOTH, SATURATED, "name"),
    (roundings, PARALLEL, of_roundings, "name"),
    (accumulators, PARALLEL, of_accumulators, "name"),
    (accumulators, PARALLEL, with_resource(of_accumulators), "name"),
    (truncating_convolution, BOTH, None, "model"),
    (embedded, PARALLEL, precise("fixed<9,3>", "uint<4>"), "name"),
)
"""Model, io types, edit, granularity."""


def samples() -> tuple[Sample, ...]:
    """Models of all sources, also of those that are absent here; see `absent`."""
    found: list[Sample] = []
    for model, io_types, edit, granularity in KERAS:
        name = model.__name__ if granularity == "name" else f"{model.__name__}_default"
        taken = sum(s.name.startswith(name) for s in found)
        name = f"{name}_resource" if taken and edit not in (None, SATURATED) else name
        found += [Sample(name, "keras3", io, model, edit, granularity) for io in io_types]
    others = (
        hls4ml_hgq,
        hls4ml_qkeras,
        hls4ml_qonnx,
        hls4ml_recurrent_zoo,
        hls4ml_repeated_zoo,
        hls4ml_sums,
        hls4ml_torch,
    )
    return (*found, *(sample for module in others for sample in module.samples()))
