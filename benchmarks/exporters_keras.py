"""Small models of Keras 3, by kind of layer, as the ONNX files that Keras exports.

    KERAS_BACKEND=torch python -m benchmarks.exporters_keras FOLDER [KIND ...]

Keras writes ONNX on the engine PyTorch, and an engine is chosen once in a program, so this is a
program of its own. Maps are channels-last, as everywhere in Keras. Weights are random.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGE = (6, 5, 3)


def _in_a_row(*names: tuple[Any, ...]) -> Callable[[Any, Any], Any]:
    """Layers one after the other: name of the class, arguments, keywords."""

    def build(layers: Any, x: Any) -> Any:
        for name, *given in names:
            keywords = given.pop() if given and isinstance(given[-1], dict) else {}
            x = getattr(layers, name)(*given, **keywords)(x)
        return x

    return build


def _residual(layers: Any, x: Any) -> Any:
    y = layers.Conv2D(3, 3, padding="same")(x)
    return layers.Conv2D(2, 1)(layers.ReLU()(layers.Add()([x, y])))


def _concat(layers: Any, x: Any) -> Any:
    branches = [layers.Conv2D(2, 1, activation="relu")(x), layers.Conv2D(4, 1)(x)]
    return layers.Conv2D(2, 1)(layers.Concatenate()(branches))


def _gate(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 1)(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="sigmoid")(gate)
    return layers.Conv2D(2, 1)(layers.Multiply()([x, gate]))


def _attention(layers: Any, x: Any) -> Any:
    x = layers.Dense(8)(x)
    return layers.MultiHeadAttention(2, 4)(x, x)


def _function(name: str) -> Callable[[Any, Any], Any]:
    return _in_a_row(("Conv2D", 4, 2), ("Activation", name), ("Conv2D", 2, 1))


SAME = {"padding": "same"}
MODELS: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...]]] = {
    "convolution": (
        _in_a_row(("Conv2D", 4, 3, {"strides": (2, 1), **SAME}), ("ReLU",), ("Conv2D", 2, 1)),
        IMAGE,
    ),
    "batch normalization": (
        _in_a_row(("Conv2D", 4, (3, 2)), ("BatchNormalization",), ("ReLU",), ("Conv2D", 2, 1)),
        IMAGE,
    ),
    "depthwise": (
        _in_a_row(("DepthwiseConv2D", 3, SAME), ("ReLU", 6.0), ("Conv2D", 5, 1)),
        IMAGE,
    ),
    "groups, dilation": (
        _in_a_row(("Conv2D", 6, 2, {"groups": 2, "dilation_rate": 2}), ("ReLU",)),
        (6, 5, 4),
    ),
    "transposed": (
        _in_a_row(("Conv2DTranspose", 4, 3, {"strides": 2, **SAME}), ("ReLU",), ("Conv2D", 2, 1)),
        IMAGE,
    ),
    "1-D convolution": (
        _in_a_row(("Conv1D", 4, 3, SAME), ("ReLU",), ("MaxPooling1D", 2), ("Conv1D", 2, 1)),
        (9, 3),
    ),
    "dense": (_in_a_row(("Dense", 7), ("ReLU",), ("Dense", 5)), (12,)),
    "flatten": (_in_a_row(("Conv2D", 4, 2), ("ReLU",), ("Flatten",), ("Dense", 5)), IMAGE),
    "residual": (_residual, IMAGE),
    "concatenation": (_concat, IMAGE),
    "max pool": (
        _in_a_row(("Conv2D", 4, 1), ("MaxPooling2D", 3, 2, "same"), ("Conv2D", 2, 1)),
        IMAGE,
    ),
    "average pool": (
        _in_a_row(("Conv2D", 4, 1), ("AveragePooling2D", (2, 3)), ("Conv2D", 2, 1)),
        IMAGE,
    ),
    "global average pool": (
        _in_a_row(("Conv2D", 4, 1), ("GlobalAveragePooling2D",), ("Dense", 5)),
        IMAGE,
    ),
    "nearest": (_in_a_row(("Conv2D", 4, 1), ("UpSampling2D", 2), ("Conv2D", 2, 2)), IMAGE),
    "bilinear": (
        _in_a_row(
            ("Conv2D", 4, 1), ("UpSampling2D", 2, {"interpolation": "bilinear"}), ("Conv2D", 2, 1)
        ),
        IMAGE,
    ),
    "squeeze and excite": (_gate, IMAGE),
    "sigmoid, tanh": (
        _in_a_row(("Dense", 7, "sigmoid"), ("Dense", 6, "tanh"), ("Dense", 4)),
        (12,),
    ),
    "hard swish": (_function("hard_silu"), IMAGE),
    "gelu": (_function("gelu"), IMAGE),
    "silu": (_function("silu"), IMAGE),
    "leaky and parametric relu": (
        _in_a_row(
            ("Conv2D", 4, 2), ("LeakyReLU", 0.1), ("Conv2D", 3, 1),
            ("PReLU", {"shared_axes": [1, 2]}), ("Conv2D", 2, 1),
        ),
        IMAGE,
    ),
    "layer normalization": (
        _in_a_row(("Dense", 6), ("LayerNormalization",), ("Dense", 4)), (5, 8),
    ),
    "attention": (_attention, (5, 8)),
    "LSTM": (_in_a_row(("Dense", 4), ("LSTM", 3, {"return_sequences": True})), (5, 6)),
    "GRU": (_in_a_row(("Dense", 4), ("GRU", 3, {"return_sequences": True})), (5, 6)),
    "softmax at the end": (_in_a_row(("Dense", 7), ("Softmax",)), (12,)),
}  # fmt: skip
"""Kind of layer to what makes its model, and the shape of a frame."""


LACKS = {"layer normalization": "SymbolicValueError"}
"""Kind of layer that Keras 3 does not write on the engine PyTorch: the exception that says so."""


def export(kind: str, path: Path) -> None:
    """The model of a kind as an ONNX file of one frame."""
    import keras

    keras.utils.set_random_seed(7)
    build, shape = MODELS[kind]
    x = keras.layers.Input(shape, batch_size=1, name="x")
    model = keras.Model(x, build(keras.layers, x))
    for weights in model.weights:  # statistics and biases that do nothing would hide mistakes
        if weights.path.endswith(("moving_mean", "bias", "beta")):
            weights.assign(keras.random.uniform(weights.shape, -0.3, 0.3))
        if weights.path.endswith(("moving_variance", "gamma")):
            weights.assign(keras.random.uniform(weights.shape, 0.5, 1.5))
    model(keras.ops.zeros((1, *shape)))  # Keras exports what was called
    model.export(path, format="onnx", verbose=False)


def main() -> int:
    folder, *kinds = sys.argv[1:]
    warnings.simplefilter("ignore")
    for kind in kinds or MODELS:
        try:
            export(kind, Path(folder) / f"{kind}.onnx")
        except Exception as error:  # its reader asks whether it is the one in LACKS
            said = " ".join(str(error).split())[:300]
            (Path(folder) / f"{kind}.txt").write_text(f"{type(error).__name__}: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
