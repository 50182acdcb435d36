"""TFLite models that can not be built: HW0301 to HW0305, and files that are none."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.load import load_model
from tests.diagnostics.place import Place
from tests.frontends.tflite.streaming import begins, handle, lstm, svdf
from tests.frontends.tflite.writer import LiteWriter, Meaning

SAME = Meaning(0.05, 3)
Types = dict[str, str] | None


def read(
    at: Place, w: LiteWriter, inputs: list[int], outputs: list[int], types: Types = None
) -> None:
    load_model(w.save(at.folder / "m.tflite", inputs, outputs), types)


def one(at: Place, kind: str, result: Meaning | None = SAME, dtype: str = "int8") -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), result, dtype)
    w.op(kind, [x], y)
    read(at, w, [x], [y])


def hw0102_a_truncated_tflite_file(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), SAME)
    w.op("RELU", [x], y)
    (at.folder / "m.tflite").write_bytes(w.bytes([x], [y])[:60])
    load_model(at.folder / "m.tflite")


def hw0111_input_types_of_a_tflite_file(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), SAME)
    w.op("RELU", [x], y)
    read(at, w, [x], [y], {"t0": "uint8"})


def hw0301_an_operator_that_is_not_built(at: Place) -> None:
    one(at, "COS")


def hw0301_two_operators_that_are_not_built(at: Place) -> None:
    w = LiteWriter()
    x, h, y = (w.tensor((1, 4), SAME) for _ in range(3))
    w.op("COS", [x], h)
    w.op("WHERE", [h], y)
    read(at, w, [x], [y])


def hw0302_a_tensor_of_real_numbers(at: Place) -> None:
    w = LiteWriter()
    x, h, y = w.tensor((1, 4), SAME), w.tensor((1, 4), None, "float32"), w.tensor((1, 4), SAME)
    w.op("RELU", [x], h)
    w.op("RELU", [h], y)
    read(at, w, [x], [y])


def hw0302_weights_with_a_zero_point(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 3), SAME)
    weights = w.constant(np.ones((3, 4), np.uint8), Meaning(0.1, 128))
    w.op("FULLY_CONNECTED", [x, weights, -1], y, "FullyConnectedOptions")
    read(at, w, [x], [y])


def hw0303_a_pad_that_is_computed(at: Place) -> None:
    w = LiteWriter()
    x, n, y = w.tensor((1, 4), SAME), w.tensor((2, 2), None, "int32"), w.tensor((1, 6), SAME)
    w.op("PAD", [x, n], y)
    read(at, w, [x], [y])


def hw0303_a_reshape_to_another_size(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 6), SAME)
    w.op("RESHAPE", [x], y)
    read(at, w, [x], [y])


def hw0303_another_scale_behind_a_reshape(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((4,), Meaning(0.07, 3))
    w.op("RESHAPE", [x], y)
    read(at, w, [x], [y])


def hw0304_behind_the_host(at: Place) -> None:
    w = LiteWriter()
    x, h = w.tensor((1, 4), SAME), w.tensor((1, 4), None, "float32")
    y = w.tensor((1, 1, 4), None, "float32")
    w.op("DEQUANTIZE", [x], h)
    w.op("PACK", [h], y, "PackOptions", Axis=1, ValuesCount=1)
    read(at, w, [x], [y])


def hw0303_a_softmax_of_long_rows_inside(at: Place) -> None:
    w = LiteWriter()
    share = Meaning(1 / 256, -128)
    x, h, y = w.tensor((1, 300), SAME), w.tensor((1, 300), share), w.tensor((1, 300), share)
    w.op("SOFTMAX", [x], h, "SoftmaxOptions", Beta=1.0)
    w.op("RELU", [h], y)
    read(at, w, [x], [y])


def hw0303_a_function_of_sixteen_bits_with_another_scale(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME, "int16"), w.tensor((1, 4), SAME, "int16")
    w.op("TANH", [x], y)
    read(at, w, [x], [y])


def hw0303_a_variable_that_is_only_read(at: Place) -> None:
    w = LiteWriter()
    known = handle(w, "kept")
    x, old, y = (w.tensor((1, 4), SAME) for _ in range(3))
    w.op("READ_VARIABLE", [known], old, "ReadVariableOptions")
    w.op("ADD", [x, old], y, "AddOptions")
    read(at, w, [x], [y])


def hw0303_a_variable_from_nowhere(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), SAME)
    w.op("READ_VARIABLE", [x], y, "ReadVariableOptions")
    read(at, w, [x], [y])


def hw0303_a_variable_of_another_size(at: Place) -> None:
    w = LiteWriter()
    known = handle(w, "kept")
    x, old = w.tensor((1, 4), SAME), w.tensor((1, 3), SAME)
    w.op("READ_VARIABLE", [known], old, "ReadVariableOptions")
    w.op("ASSIGN_VARIABLE", [known, x], [], "AssignVariableOptions")
    read(at, w, [x], [old])


def hw0303_a_beginning_that_is_computed(at: Place) -> None:
    w = LiteWriter()
    begins(w, "kept", np.zeros((1, 4), np.int8), SAME)
    assert w.once is not None
    w.once.op("ADD", [1, 1], w.once.tensor((1, 4), SAME), "AddOptions")
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), SAME)
    w.op("RELU", [x], y)
    read(at, w, [x], [y])


def hw0303_an_lstm_of_many_steps(at: Place) -> None:
    w, inputs, outputs = lstm(np.random.default_rng(0), 28, peepholes=True)
    read(at, w, inputs, outputs)


def hw0303_an_lstm_that_normalizes(at: Place) -> None:
    w, inputs, outputs = lstm(np.random.default_rng(0))
    w.operators[0][1][21] = w.constant(np.ones(6, np.int16), Meaning(0.1))
    read(at, w, inputs, outputs)


def hw0303_an_lstm_with_diagonal_weights(at: Place) -> None:
    w, inputs, outputs = lstm(np.random.default_rng(0))
    w.operators[0][4]["DiagonalRecurrentTensors"] = True  # type: ignore[index]
    read(at, w, inputs, outputs)


def hw0303_slopes_of_sixteen_bits(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), SAME), w.tensor((1, 4), SAME)
    w.op("PRELU", [x, w.constant(np.ones((1, 4), np.int16), SAME)], y)
    read(at, w, [x], [y])


def hw0303_products_of_sixteen_bits(at: Place) -> None:
    w = LiteWriter()
    a, b = w.tensor((1, 3, 4), SAME), w.tensor((1, 4, 2), Meaning(0.05), "int16")
    y = w.tensor((1, 3, 2), SAME)
    w.op("BATCH_MATMUL", [a, b], y, "BatchMatMulOptions")
    read(at, w, [a, b], [y])


def hw0303_an_lstm_without_inner_scales(at: Place) -> None:
    w, inputs, outputs = lstm(np.random.default_rng(0))
    w.inner.clear()
    read(at, w, inputs, outputs)


def hw0303_an_svdf_without_its_activation(at: Place) -> None:
    w, inputs, outputs = svdf(np.random.default_rng(0), 1)
    w.operators[0][4]["FusedActivationFunction"] = 0  # type: ignore[index]
    read(at, w, inputs, outputs)


def hw0305_sums_that_overflow(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), Meaning(8.0)), w.tensor((1, 3), Meaning(1e-6))
    weights = w.constant(np.full((3, 4), 127, np.int8), Meaning(4.0))
    bias = w.constant(np.full(3, 2**31 - 1, np.int32), Meaning(32.0))
    w.op("FULLY_CONNECTED", [x, weights, bias], y, "FullyConnectedOptions")
    read(at, w, [x], [y])


def hw0302_a_tensor_without_elements(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 0, 4), SAME), w.tensor((1, 0, 4), SAME)
    w.op("RELU", [x], y)
    read(at, w, [x], [y])


def hw0303_a_constant_operand(at: Place) -> None:
    w = LiteWriter()
    x, c, y = (
        w.tensor((1, 4), SAME),
        w.constant(np.ones((1, 4), np.int8), SAME),
        w.tensor((1, 4), SAME),
    )
    w.op("RELU", [c], y)
    read(at, w, [x], [y])


def hw0303_a_tensor_that_nobody_computes(at: Place) -> None:
    w = LiteWriter()
    x, h, y = (w.tensor((1, 4), SAME) for _ in range(3))
    w.op("RELU", [h], y)
    read(at, w, [x], [y])


def hw0303_filters_for_other_channels(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 5, 5, 4), SAME), w.tensor((1, 5, 5, 2), SAME)
    weights = w.constant(np.ones((2, 1, 1, 3), np.int8), Meaning(0.1))
    w.op("CONV_2D", [x, weights, -1], y, "Conv2DOptions", StrideH=1, StrideW=1)
    read(at, w, [x], [y])


def hw0304_an_output_that_no_input_reaches(at: Place) -> None:
    w = LiteWriter()
    x, y, z = (w.tensor((1, 4), SAME) for _ in range(3))
    w.op("RELU", [x], y)
    read(at, w, [x], [y, z])


def hw0302_a_zero_point_outside_of_the_type(at: Place) -> None:
    w = LiteWriter()
    x, y = w.tensor((1, 4), Meaning(0.1, 300)), w.tensor((1, 4), SAME)
    w.op("RELU", [x], y)
    read(at, w, [x], [y])
