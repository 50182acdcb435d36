"""Trains a small CNN with Keras and converts it to int8 with TensorFlow Lite, beside this script.

    pip install tensorflow-cpu scikit-learn
    python examples/digits/train_lite.py

Takes about a minute. The network has a residual sum, a depthwise layer, an average pool and a
softmax, as converters write them. Another version of TensorFlow may give other weights.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from data import load_split

HERE = Path(sys.argv[0]).resolve().parent


def channels_last() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The split with images [n, 8, 8, 1]."""
    train_x, train_y, test_x, test_y = load_split()
    return np.moveaxis(train_x, 1, 3), train_y, np.moveaxis(test_x, 1, 3), test_y


def network() -> keras.Model:
    """Two branches that meet, then a depthwise-separable layer."""
    image = keras.layers.Input((8, 8, 1), name="image")
    first = keras.layers.Conv2D(12, 3, padding="same", activation="relu", name="first")(image)
    second = keras.layers.Conv2D(12, 3, padding="same", name="second")(first)
    joined = keras.layers.ReLU(name="joined")(keras.layers.Add(name="sum")([first, second]))
    deep = keras.layers.DepthwiseConv2D(
        3, strides=2, padding="same", activation="relu", name="depthwise"
    )(joined)
    wide = keras.layers.Conv2D(24, 1, activation="relu", name="pointwise")(deep)
    pooled = keras.layers.AveragePooling2D(2, name="pool")(wide)
    flat = keras.layers.Flatten(name="flat")(pooled)
    return keras.Model(image, keras.layers.Dense(10, activation="softmax", name="scores")(flat))


def main() -> None:
    """Train, convert, count."""
    keras.utils.set_random_seed(1)
    train_x, train_y, test_x, test_y = channels_last()
    net = network()
    rate = keras.optimizers.schedules.CosineDecay(3e-3, 60 * 22)
    net.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
    net.fit(train_x, train_y, batch_size=64, epochs=60, verbose=0)
    print(f"float: {net.evaluate(test_x, test_y, verbose=0)[1]:.4f}")

    def images() -> Iterator[list[np.ndarray]]:
        for image in train_x[:300]:
            yield [image[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(net)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = images
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    (HERE / "digits_cnn.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()
