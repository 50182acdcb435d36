"""Small models of HGQ2, whose weights and elements have bits of their own."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers

from benchmarks.hls4ml_sample import PARALLEL, Sample


def heterogeneous() -> Any:
    """HGQ2: every weight and every element has bits of its own."""
    from hgq.config import LayerConfigScope, QuantizerConfigScope
    from hgq.layers import QConv2D, QDense, QMaxPooling2D
    from hgq.utils import trace_minmax

    weights = QuantizerConfigScope(q_type="kbi", place="weight", overflow_mode="SAT_SYM")
    data = QuantizerConfigScope(q_type="kif", place="datalane", overflow_mode="WRAP")
    with weights, data, LayerConfigScope(enable_ebops=False):
        x = layers.Input((8, 7, 2), name="x")
        first = QConv2D(4, (3, 3), activation="relu", name="first")(x)
        small = QMaxPooling2D((2, 2), name="small")(first)
        hidden = QDense(6, activation="relu", name="hidden")(layers.Flatten(name="flat")(small))
        model = keras.Model(x, QDense(3, name="last")(hidden))
    frames = np.random.default_rng(0).normal(size=(16, 8, 7, 2)).astype(np.float32)
    _spread_bits(model)
    trace_minmax(model, frames)
    return model


def _spread_bits(model: Any) -> None:
    """Bits of all quantizers, one more or less here and there."""
    rng = np.random.default_rng(1)
    for layer in model._flatten_layers():
        for name in ("_f", "_i", "_b"):
            bits = getattr(layer, name, None)
            if bits is not None and hasattr(bits, "assign"):
                now = keras.ops.convert_to_numpy(bits)
                bits.assign(now + rng.integers(-1, 2, now.shape))


MODELS = ((heterogeneous, PARALLEL),)


def samples() -> tuple[Sample, ...]:
    """All of them."""
    return tuple(
        Sample(model.__name__, "hgq2", io_type, model)
        for model, io_types in MODELS
        for io_type in io_types
    )
