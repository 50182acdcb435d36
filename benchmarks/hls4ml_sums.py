"""Sums of every kind: those that saturate, whose order counts, of powers of two, along any axes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from hls4ml.model.graph import ModelGraph
from hls4ml.model.quantizers import Quantizer
from hls4ml.model.types import ExponentPrecisionType
from keras import layers

from benchmarks.hls4ml_sample import BOTH, PARALLEL, STREAM, Config, Edit, Sample, precise

SATURATING = {
    "a0": {"accum": "fixed<9,4,TRN,SAT>", "weight": "fixed<9,2>"},
    "a1": {"accum": "fixed<10,4,RND,SAT>", "weight": "fixed<7,2,RND,SAT>"},
    "a2": {"accum": "fixed<12,4,TRN,SAT_SYM>", "weight": "fixed<6,2>"},
    "a3": {"accum": "fixed<9,4,RND_CONV,SAT_ZERO>", "weight": "ufixed<7,1>"},
    "a4": {"accum": "ufixed<9,3,RND_INF,SAT>", "weight": "fixed<8,3>"},
    "a5": {"accum": "fixed<16,3,TRN,SAT_ZERO>", "weight": "fixed<6,1>"},
}


def saturated_sums() -> Any:
    """Dense layers; 12 inputs have reuse factors below and above them."""
    x = layers.Input((12,), name="x")
    ends = [
        layers.Dense(
            4, name=name, bias_initializer=random(i), kernel_initializer=random(10 + i, 1.3)
        )(x)
        for i, name in enumerate(SATURATING)
    ]
    return keras.Model(x, ends)


def few_sums() -> Any:
    """One layer, quickly compiled."""
    x = layers.Input((6,), name="x")
    last = layers.Dense(3, name="a0", kernel_initializer=random(1, 1.3), **biased(2))(x)
    return keras.Model(x, last)


def random(seed: int, spread: float = 0.7) -> Any:
    """Weights that drive sums far out."""
    return keras.initializers.RandomNormal(stddev=spread, seed=seed)


def of_sums(config: Config) -> None:
    more = {n: a | {"bias": "fixed<8,3,RND>"} for n, a in SATURATING.items()}
    precise("fixed<14,6,RND,SAT>", "fixed<9,4>", **more)(config)


def reused(edit: Edit, strategy: str, factor: int, **of_layer: int) -> Edit:
    """Another strategy, and a reuse factor for all layers that have one."""

    def edited(config: Config) -> None:
        edit(config)
        config["Model"]["Strategy"] = strategy
        for name, entry in config["LayerName"].items():
            if "ReuseFactor" in entry:
                entry.update(Strategy=strategy, ReuseFactor=of_layer.get(name, factor))

    return edited


def saturated_pictures() -> Any:
    """Windows, padding, one filter per channel, one pixel."""
    x = layers.Input((5, 6, 2), name="x")
    first = layers.Conv2D(
        3, (2, 3), padding="same", name="first", kernel_initializer=random(1), **biased(2)
    )(x)
    deep = layers.DepthwiseConv2D(
        (3, 2), name="deep", depthwise_initializer=random(3), **biased(4)
    )(first)
    point = layers.Conv2D(4, 1, name="point", kernel_initializer=random(5), **biased(6))(first)
    return keras.Model(x, [deep, point])


def biased(seed: int) -> dict[str, Any]:
    return {"bias_initializer": random(seed)}


def saturated_signals() -> Any:
    """The same in one dimension."""
    x = layers.Input((9, 4), name="x")
    first = layers.Conv1D(3, 3, name="first", kernel_initializer=random(7), **biased(8))(x)
    deep = layers.DepthwiseConv1D(2, name="deep", depthwise_initializer=random(9), **biased(1))(
        first
    )
    point = layers.Conv1D(5, 1, name="point", kernel_initializer=random(2), **biased(3))(first)
    return keras.Model(x, [deep, point])


def of_windows(config: Config) -> None:
    narrow = {"accum": "fixed<10,4,TRN,SAT>", "weight": "fixed<7,2,RND>", "bias": "fixed<6,2>"}
    rounded = {"accum": "fixed<8,3,RND,SAT_SYM>", "weight": "fixed<7,2,RND>", "bias": "fixed<6,2>"}
    more = {"first": narrow, "deep": rounded, "point": narrow}
    precise("fixed<9,4,RND,SAT>", "fixed<8,3>", **more)(config)


def saturated_pools() -> Any:
    """Averages; those of io_parallel add in order, streams as a tree."""
    x, y = layers.Input((6, 7, 3), name="x"), layers.Input((11, 2), name="y")
    ends = [
        layers.AveragePooling2D((3, 2), name="mean2")(x),
        layers.GlobalAveragePooling2D(name="means2")(x),
        layers.AveragePooling1D(5, name="mean1")(y),
        layers.GlobalAveragePooling1D(name="means1")(y),
    ]
    return keras.Model([x, y], ends)


def of_pools(config: Config) -> None:
    kinds = ("TRN,SAT", "RND,SAT_SYM", "TRN,SAT_ZERO", "RND,SAT")
    names = ("mean2", "means2", "mean1", "means1")
    more = {n: {"accum": f"fixed<9,5,{k}>"} for n, k in zip(names, kinds, strict=True)}
    precise("fixed<12,5>", "fixed<10,5>", **more)(config)


def saturated_softmax() -> Any:
    x = layers.Input((7,), name="x")
    return keras.Model(x, layers.Softmax(name="shares")(x))


def of_softmax(config: Config) -> None:
    precise("fixed<12,5>", "fixed<12,5>")(config)
    config["LayerName"]["shares"]["Implementation"] = "legacy"
    config["LayerName"]["shares"]["Precision"]["table"] = "fixed<18,8,RND,SAT>"


class PowersOfTwo(Quantizer):  # type: ignore[misc]
    """What hls4ml makes of QKeras' `quantized_po2`, without QKeras.

    Args:
        bits: Of the exponents.
    """

    def __init__(self, bits: int) -> None:
        super().__init__(bits, ExponentPrecisionType(width=bits, signed=True))

    def __call__(self, data: Any) -> Any:
        """The nearest powers of two, in the middle of their logarithms."""
        least = -(1 << (self.bits - 1))
        exponents = np.rint(np.log2(np.abs(np.asarray(data, np.float64)) + 1e-30))
        return np.where(data < 0, -1.0, 1.0) * 2.0 ** np.clip(exponents, least, -1 - least)


@dataclass(frozen=True)
class Quantized(Sample):
    """A model some of whose weights are powers of two.

    Attributes:
        bits: Of the exponents, by layer.
    """

    bits: Mapping[str, int] = field(default_factory=dict)

    def graph(self, folder: Path, backend: str = "Vitis", **more: Any) -> Any:
        """The layers get quantizers on their way to hls4ml's graph."""
        made = ModelGraph.from_layer_list

        def from_layers(config: Any, layers: list[dict[str, Any]], *rest: Any) -> Any:
            for layer in layers:
                if layer["name"] in self.bits:
                    what = "depthwise" if "Depthwise" in layer["class_name"] else "weight"
                    layer[f"{what}_quantizer"] = PowersOfTwo(self.bits[layer["name"]])
            return made(config, layers, *rest)

        # hls4ml 1.3 calls this when it writes such weights; NumPy 2 has it no longer.
        vars(np)["product"] = np.prod
        with patch.object(ModelGraph, "from_layer_list", from_layers):
            return super().graph(folder, backend, **more)


def powers() -> Any:
    """Weights that are powers of two in every kind of sum; some too small to keep all digits."""
    x = layers.Input((6, 5, 3), name="x")
    first = layers.Conv2D(
        4, (2, 3), padding="same", name="first", kernel_initializer=random(1), **biased(2)
    )(x)
    deep = layers.DepthwiseConv2D((2, 2), name="deep", depthwise_initializer=random(3, 0.05))(first)
    point = layers.Conv2D(3, 1, name="point", kernel_initializer=random(4, 0.02))(first)
    flat = layers.Flatten(name="flat")(point)
    last = layers.Dense(5, name="last", kernel_initializer=random(5, 0.1), **biased(6))(flat)
    return keras.Model(x, [deep, last])


def of_powers(config: Config) -> None:
    wide = {"accum": "fixed<28,12>", "bias": "fixed<8,3>"}
    more = dict.fromkeys(("first", "deep", "point", "last"), wide)
    precise("fixed<7,3,RND,SAT>", "fixed<8,3>", **more)(config)


def of_saturated_powers(config: Config) -> None:
    narrow = {"accum": "fixed<9,3,RND,SAT>", "bias": "fixed<6,2>"}
    more = dict.fromkeys(("first", "deep", "point", "last"), narrow)
    precise("fixed<7,3,RND,SAT>", "fixed<8,3>", **more)(config)


POWERS = {"first": 4, "deep": 4, "point": 5, "last": 3}


def einsums() -> Any:
    """Products with constants along one axis or several, with axes in place and moved."""
    x = layers.Input((5, 4, 3), name="x")
    ends = [
        layers.EinsumDense(
            equation, shape, bias_axes=bias, name=f"e{i}", kernel_initializer=random(i), **biased(i)
        )(x)
        for i, (equation, shape, bias) in enumerate(EINSUMS)
    ]
    return keras.Model(x, ends)


EINSUMS = (
    ("abcd,de->abce", (5, 4, 6), "e"),
    ("abcd,dce->abe", (5, 2), "be"),
    ("abcd,bde->aebc", (2, 5, 4), "e"),
    ("abcd,cd->ab", (5,), None),
)


def of_einsums(config: Config) -> None:
    wide = {"accum": "fixed<18,9>", "weight": "fixed<8,3>", "bias": "fixed<9,4>"}
    narrow = {"accum": "fixed<9,4,RND,SAT>", "weight": "fixed<7,2>", "bias": "fixed<9,4>"}
    precise("fixed<12,6,RND,SAT>", "fixed<9,4>", e0=narrow, e1=wide, e2=narrow, e3=wide)(config)


def layernorms() -> Any:
    """Normalizations over the last axis: hls4ml's default, a saturating sum, a smaller table."""
    x = layers.Input((5, 6), name="x")
    ends = [
        layers.LayerNormalization(
            axis=[2], name=f"n{i}", gamma_initializer=random(i), epsilon=10.0**-e
        )(x)
        for i, e in enumerate((3, 2, 1))
    ]
    model = keras.Model(x, ends)
    for i, layer in enumerate(model.layers[1:]):
        gamma, beta = layer.get_weights()
        layer.set_weights([gamma, np.random.default_rng(i).normal(size=beta.shape)])
    return model


def of_layernorms(config: Config) -> None:
    narrow = {"accum": "fixed<10,5,TRN,SAT>", "table": "ufixed<9,3,RND,SAT>"}
    wrapped = {"accum": "fixed<14,7,RND>", "table": "fixed<10,4>", "scale": "fixed<7,3>"}
    precise("fixed<14,6,RND,SAT>", "fixed<10,4>", n1=narrow, n2=wrapped)(config)
    config["LayerName"]["n2"].update(TableSize=200, TableRangePower2=1)


ONE = precise("fixed<12,5,RND,SAT>", "fixed<9,4>", a0=SATURATING["a0"])

MODELS: tuple[tuple[str, Callable[[], Any], tuple[str, ...], Edit], ...] = (
    ("_resource2", few_sums, PARALLEL, reused(ONE, "resource", 2)),
    ("", saturated_sums, BOTH, of_sums),
    ("_resource4", saturated_sums, BOTH, reused(of_sums, "resource", 4)),
    ("_resource24", saturated_sums, PARALLEL, reused(of_sums, "resource", 24)),
    ("_unrolled6", saturated_sums, PARALLEL, reused(of_sums, "resource_unrolled", 6)),
    ("", saturated_pictures, BOTH, of_windows),
    ("_resource3", saturated_pictures, STREAM, reused(of_windows, "resource", 3)),
    ("", saturated_signals, BOTH, of_windows),
    ("_resource2", saturated_signals, STREAM, reused(of_windows, "resource", 2, point=3)),
    ("", saturated_pools, BOTH, of_pools),
    ("", saturated_softmax, BOTH, of_softmax),
    ("", einsums, PARALLEL, of_einsums),
    ("", layernorms, PARALLEL, of_layernorms),
)
"""Suffix of the name, model, io types, edit."""


def samples() -> tuple[Sample, ...]:
    """All of them."""
    plain = tuple(
        Sample(f"{model.__name__}{suffix}", "keras3", io_type, model, edit)
        for suffix, model, io_types, edit in MODELS
        for io_type in io_types
    )
    quantized = tuple(
        Quantized(name, "keras3", io_type, powers, edit, bits=POWERS)
        for name, edit in (("powers", of_powers), ("saturated_powers", of_saturated_powers))
        for io_type in BOTH
    )
    return plain + quantized
