"""Small models of QKeras 0.9 that hls4ml converts; they need an environment of their own.

QKeras stands on TensorFlow and Keras 2: `make test-qkeras` makes such an environment beside the
other. It is imported when a model is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.hls4ml_sample import BOTH, PARALLEL, Edit, Sample

BITS = {"alpha": 1}


def spread(model: Any) -> Any:
    """Random weights, so that biases and statistics are not nothing at all."""
    import numpy as np

    rng = np.random.default_rng(4)
    for layer in model.layers:
        if "BatchNormalization" in type(layer).__name__:
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
        else:
            layer.set_weights([rng.normal(0, 0.7, w.shape) for w in layer.get_weights()])
    return model


def dense() -> Any:
    """Plain fixed-point weights, and a scale of each channel that QKeras has found."""
    import qkeras as q
    import tensorflow as tf

    x = tf.keras.Input((11,), name="x")
    kernel = q.quantized_bits(4, 0, **BITS)
    hidden = q.QDense(8, kernel_quantizer=kernel, bias_quantizer=kernel, name="hidden")(x)
    kept = q.QActivation(q.quantized_relu(5, 2), name="kept")(hidden)
    scaled = q.quantized_bits(4, 0, alpha="auto")
    middle = q.QDense(6, kernel_quantizer=scaled, bias_quantizer=kernel, name="middle")(kept)
    signed = q.QActivation(q.quantized_bits(6, 2, **BITS), name="signed")(middle)
    powers = q.quantized_bits(5, 1, alpha="auto_po2")
    last = q.QDense(5, kernel_quantizer=powers, use_bias=False, name="last")(signed)
    return spread(tf.keras.Model(x, tf.keras.layers.Activation("softmax", name="classes")(last)))


def signs() -> Any:
    """Binary and ternary weights and activations, with a normalization between."""
    import qkeras as q
    import tensorflow as tf

    x = tf.keras.Input((10,), name="x")
    binary = q.QDense(8, kernel_quantizer=q.binary(**BITS), use_bias=False, name="binary")(x)
    normal = q.QBatchNormalization(name="normal")(binary)
    sign = q.QActivation(q.binary(**BITS), name="sign")(normal)
    ternary = q.ternary(threshold=0.4, **BITS)
    middle = q.QDense(6, kernel_quantizer=ternary, use_bias=False, name="ternary")(sign)
    levels = q.QActivation(q.ternary(threshold=0.4, **BITS), name="levels")(middle)
    scaled = q.binary(alpha="auto")
    last = q.QDense(5, kernel_quantizer=scaled, use_bias=False, name="last")(levels)
    return spread(tf.keras.Model(x, last))


def functions() -> Any:
    """The quantized activations, hard ones and those of tables."""
    import qkeras as q
    import tensorflow as tf

    kinds = {
        "rising": q.quantized_relu(6, 2),
        "leaking": q.quantized_relu(6, 2, negative_slope=0.25),
        "hard": q.quantized_sigmoid(6),
        "real": q.quantized_sigmoid(7, use_real_sigmoid=True),
        "hard_tanh": q.quantized_tanh(6),
        "real_tanh": q.quantized_tanh(7, use_real_tanh=True),
    }
    x = tf.keras.Input((7,), name="x")
    kernel = q.quantized_bits(5, 1, **BITS)
    value = q.QDense(6, kernel_quantizer=kernel, bias_quantizer=kernel, name="wide")(x)
    ends = [q.QActivation(kind, name=name)(value) for name, kind in kinds.items()]
    return spread(tf.keras.Model(x, ends))


def pictures() -> Any:
    """Convolutions, a depthwise one, a normalization, a pool, a classifier."""
    import qkeras as q
    import tensorflow as tf

    x = tf.keras.Input((9, 8, 3), name="x")
    bits = q.quantized_bits(4, 0, **BITS)
    first = q.QConv2D(4, (3, 2), kernel_quantizer=bits, bias_quantizer=bits, name="first")(x)
    normal = q.QBatchNormalization(
        gamma_quantizer=q.quantized_bits(7, 2, **BITS),
        beta_quantizer=q.quantized_bits(7, 2, **BITS),
        mean_quantizer=q.quantized_bits(7, 2, **BITS),
        variance_quantizer=q.quantized_bits(7, 2, **BITS),
        name="normal",
    )(first)
    kept = q.QActivation(q.quantized_relu(6, 3), name="kept")(normal)
    small = tf.keras.layers.MaxPooling2D(2, name="small")(kept)
    deep = q.QDepthwiseConv2D((2, 2), depthwise_quantizer=bits, bias_quantizer=bits, name="deep")(
        small
    )
    flat = tf.keras.layers.Flatten(name="flat")(q.QActivation("quantized_bits(6, 2, 1)")(deep))
    scaled = q.quantized_bits(4, 0, alpha="auto")
    last = q.QDense(5, kernel_quantizer=scaled, bias_quantizer=bits, name="last")(flat)
    return spread(tf.keras.Model(x, last))


def signals() -> Any:
    """One dimension, ternary weights."""
    import qkeras as q
    import tensorflow as tf

    x = tf.keras.Input((13, 3), name="x")
    bits = q.quantized_bits(5, 1, **BITS)
    first = q.QConv1D(4, 3, kernel_quantizer=q.ternary(**BITS), bias_quantizer=bits, name="first")(
        x
    )
    kept = q.QActivation(q.quantized_relu(4, 2), name="kept")(first)
    wide = q.QConv1D(5, 2, strides=2, kernel_quantizer=bits, bias_quantizer=bits, name="wide")(kept)
    return spread(tf.keras.Model(x, tf.keras.layers.GlobalMaxPooling1D(name="peaks")(wide)))


def exponents() -> Any:
    """Weights that are powers of two."""
    import qkeras as q
    import tensorflow as tf

    x = tf.keras.Input((7,), name="x")
    powers, bits = q.quantized_po2(4, max_value=2), q.quantized_bits(5, 1, **BITS)
    last = q.QDense(5, kernel_quantizer=powers, bias_quantizer=bits, name="last")(x)
    return spread(tf.keras.Model(x, last))


MODELS: tuple[tuple[Callable[[], Any], tuple[str, ...], Edit | None], ...] = (
    (dense, BOTH, None),
    (signs, BOTH, None),
    (functions, BOTH, None),
    (pictures, BOTH, None),
    (signals, BOTH, None),
    (exponents, PARALLEL, None),
)
"""Model, io types, edit."""


def samples() -> tuple[Sample, ...]:
    """All of them."""
    return tuple(
        Sample(f"qkeras_{model.__name__}", "qkeras", io_type, model, edit)
        for model, io_types, edit in MODELS
        for io_type in io_types
    )
