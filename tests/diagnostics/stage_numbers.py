"""Models whose numbers have no exact integers: HW0220 to HW0236, HW0260 to HW0285, HW0299."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from hwcompile.frontends.held import named_held, with_held
from hwcompile.frontends.load import load_model
from hwcompile.frontends.rounding import named_roundings
from tests.diagnostics.place import Place
from tests.diagnostics.stage_operators import by_channel, picture, vector
from tests.frontends.oracle import Model
from tests.frontends.test_quant_lstm import Layer

MS = "com.microsoft"


def hw0220_no_exact_form_is_small_enough(at: Place) -> None:
    m = Model(opset=21)
    wide = m.op("MatMul", m.quantize(m.input(1, 999), 0.01, 0, np.int16), m.weights(999, 2))
    at.read(m, m.quantize(m.op("Abs", wide), 0.01))


def hw0221_a_logarithm_of_what_may_be_negative(at: Place) -> None:
    m = Model()
    at.read(m, m.quantize(m.op("Log", vector(m))))


def hw0221_a_weight_that_is_no_number(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", vector(m), m.constant(np.full((6, 4), np.nan))))


def hw0222_streams_without_a_common_step(at: Place) -> None:
    m = Model(opset=21)
    x, y = (m.quantize(m.input(1, 600, name=n), 0.5, 0, np.int16) for n in "xy")
    a, b = (m.op("MatMul", v, m.weights(600, 3, scale=s)) for v, s in ((x, 0.1), (y, 0.3)))
    at.read(m, m.quantize(m.op("Mul", a, b), 0.3))


def hw0223_a_cast_that_overflows(at: Place) -> None:
    m = Model()
    at.read(m, m.quantize(m.op("Cast", m.op("Cast", _large(m), to=TensorProto.INT8), to=1)))


def _large(m: Model) -> str:
    return m.op("Mul", vector(m), m.constant(1000.0))


def hw0230_weights_that_are_real(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", vector(m), m.constant(m.rng.normal(size=(6, 3)))))


def hw0231_filters_that_the_network_computes(at: Place) -> None:
    m = Model()
    filters = m.quantize(m.input(3, 4, 2, name="filters"))
    at.read(m, m.op("Conv", m.quantize(m.input(1, 4, 8)), filters))


def hw0231_a_bias_that_the_network_computes(at: Place) -> None:
    m = Model()
    bias = m.quantize(m.input(4, name="bias"))
    at.read(m, m.op("Gemm", vector(m), m.weights(6, 4), bias))


def hw0232_a_volume(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Conv", m.quantize(m.input(1, 2, 4, 5, 6)), m.weights(3, 2, 2, 2, 2)))


def hw0232_a_matrix_for_each_entry(at: Place) -> None:
    m = Model()
    x = m.input(1, 3, 4, 6, kind=TensorProto.INT8)
    at.read(m, m.op("MatMulInteger", x, m.constant(np.ones((3, 6, 2)), np.int8)))


def hw0233_padding_of_channels_with_several_zeros(at: Place) -> None:
    m = Model()
    x = by_channel(m, (1, 2, 3))
    at.read(m, m.op("Conv", x, m.weights(2, 3, 3, 3), pads=[1, 1, 1, 1]))


def hw0233_spreading_of_channels_with_several_zeros(at: Place) -> None:
    m = Model()
    at.read(m, m.op("ConvTranspose", by_channel(m, (1, 2, 3)), m.weights(3, 2, 2, 2)))


def hw0233_padded_averages_of_channels_with_several_zeros(at: Place) -> None:
    m = Model()
    x = by_channel(m, (1, 2, 3))
    at.read(m, m.op("AveragePool", x, kernel_shape=[2, 2], pads=[1, 1, 0, 0]))


def hw0233_a_convolution_of_integers_with_several_zeros(at: Place) -> None:
    m = Model()
    x = m.input(1, 3, 6, 7, kind=TensorProto.UINT8)
    w = m.constant(m.rng.integers(-8, 8, (2, 3, 2, 2)), np.int8)
    zeros = m.constant([1, 2, 3], np.uint8)
    at.read(m, m.op("ConvInteger", x, w, zeros))


def hw0234_a_kernel_longer_than_any_map(at: Place) -> None:
    m = Model()
    x = picture(m)
    at.read(m, m.op("AveragePool", x, kernel_shape=[1 << 31, 2], pads=[1] * 4))


def hw0234_strides_of_zero(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Conv", picture(m), m.weights(2, 3, 2, 2), strides=[0, 1]))


def hw0234_padding_alone(at: Place) -> None:
    m = Model()
    padded = m.op("Pad", m.quantize(m.input(1, 2, 5)), m.constant([0, 0, 3, 0, 0, 0], np.int64))
    alone = m.op("Slice", padded, *(m.constant([n], np.int64) for n in (0, 3, 2)))
    at.read(m, m.op("MatMul", alone, m.weights(3, 4)))


def hw0235_scales_that_differ_among_products(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", vector(m, 8), m.weights(8, 3, scale=[0.1, 0.3] * 4, axis=0)))


def hw0236_a_loop(at: Place) -> None:
    m = Model()
    body = helper.make_graph([], "body", [], [])
    x = vector(m)
    (y,) = m.ops("Loop", "", "", x, outputs=1, body=body)
    at.read(m, y)


def hw0236_a_cell_whose_signals_round_differently(at: Place) -> None:
    load_model(Layer(5, output={"rounding_mode": "CEIL"}).save(at.folder))


def hw0260_unsigned_arithmetic_of_64_bits(at: Place) -> None:
    m = Model()
    x = m.input(1, 6, kind=TensorProto.UINT64)
    y = m.op("Sub", x, m.constant(3, np.uint64))
    at.read(m, m.quantize(m.op("Cast", y, to=TensorProto.FLOAT)), input_types={"x": "uint8"})


def _int8(m: Model) -> str:
    return m.input(1, 3, kind=TensorProto.INT8)


def hw0261_a_division_by_zero(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Div", _int8(m), m.constant([1, 0, 2], np.int8)))


def hw0262_an_attribute_that_is_not_implemented(at: Place) -> None:
    m = Model(opset=19)
    sizes = m.constant([1, 3, 12, 14], np.int64)
    at.read(m, m.op("Resize", picture(m), "", "", sizes, antialias=1))


def hw0263_an_old_operator_set(at: Place) -> None:
    m = Model(opset=6)
    proto = m.proto([m.op("Relu", m.input(1, 6))])
    load_model(at.write(proto), {"x": "uint8"})


def hw0264_an_attribute_that_is_misspelt(at: Place) -> None:
    m = Model()
    at.read(m, m.op("LeakyRelu", vector(m), aplha=0.5))


def hw0265_dilations_that_are_padded_in_two_ways(at: Place) -> None:
    m = Model()
    pool = m.op("MaxPool", picture(m), kernel_shape=[2, 3], dilations=[2, 2], auto_pad="SAME_UPPER")
    at.read(m, pool)


def _pool(at: Place, kind: str, scales: tuple[float, float], size: int = 6, **more: object) -> None:
    m = Model()
    x = m.input(1, 3, size, size + 1, kind=TensorProto.UINT8)
    zero = m.constant(119, np.uint8)
    first, second = (m.constant(s) for s in scales)
    at.read(m, m.op(kind, x, first, zero, second, zero, domain=MS, **more))


def hw0270_a_factor_that_the_runtime_refuses(at: Place) -> None:
    _pool(at, "QLinearGlobalAveragePool", (100.0, 0.001))


def hw0271_dilations_that_the_kernel_does_not_read(at: Place) -> None:
    _pool(at, "QLinearAveragePool", (0.1, 0.07), kernel_shape=[2, 2], dilations=[2, 1])


def hw0274_a_choice_that_the_network_makes(at: Place) -> None:
    m = Model()
    numbers = [m.constant(0.1), m.constant(3, np.uint8)]
    x, y = (m.input(1, 3, 5, name=n, kind=TensorProto.UINT8) for n in "xy")
    choice = m.input(1, 3, 5, name="choice", kind=TensorProto.BOOL)
    at.read(m, m.op("QLinearWhere", choice, x, *numbers, y, *numbers, *numbers, domain=MS))


def hw0275_an_operator_that_the_runtime_lacks(at: Place) -> None:
    _pool(at, "QLinearReduceMean", (0.1, 0.07), axes=[2], keepdims=1)


def hw0276_averages_beyond_32_bits(at: Place) -> None:
    _pool(at, "QLinearAveragePool", (1e9, 1e-9), kernel_shape=[2, 2])


def hw0280_a_branch_that_the_network_chooses(at: Place) -> None:
    m = Model()
    x = vector(m)
    branches = {}
    for name, kind in (("then_branch", "Identity"), ("else_branch", "Relu")):
        node = helper.make_node(kind, [x], [name])
        result = helper.make_empty_tensor_value_info(name)
        branches[name] = helper.make_graph([node], name, [], [result])
    choice = m.input(1, name="choice", kind=TensorProto.BOOL)
    at.read(m, m.op("If", choice, **branches))


def hw0282_a_first_axis_that_is_no_batch(at: Place) -> None:
    m = Model()
    x = m.op("Conv", m.quantize(m.input(4, 3, 6, 7)), m.weights(2, 3, 3, 3))
    backwards = (m.constant([n], np.int64) for n in (-1, -9, 0, -1))
    at.read(m, m.quantize(m.op("Slice", x, *backwards)))


def hw0283_two_types_for_one_input(at: Place) -> None:
    m = Model()
    y = m.op("MatMul", m.input(1, 6), m.weights(6, 3))
    at.read(m, y, input_types={"x": "int8", "": "uint8"})


def hw0284_a_model_without_a_quantizer(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", m.input(1, 6), m.constant(m.rng.normal(size=(6, 3)))))


def hw0285_a_name_that_no_quantizer_has(at: Place) -> None:
    m = Model()
    y = m.op("MatMul", m.quantize(m.input(1, 6)), m.weights(6, 3))
    at.read(m, m.quantize(y), rounding={"fc1": "exact"})


def hw0285_a_curve(at: Place) -> None:
    m = Model()
    y = m.op("Sigmoid", m.op("MatMul", m.quantize(m.input(1, 6)), m.weights(6, 3)))
    z = m.quantize(y, 0.01)
    name = next(n.name for n in reversed(m.nodes) if n.op_type == "QuantizeLinear")
    at.read(m, z, rounding={name: "exact"})


def hw0285_no_mode(at: Place) -> None:
    load_model(at.folder / "m.onnx", rounding="nearest")


def hw0285_two_modes(at: Place) -> None:
    named_roundings(["exact", "model"])


def hw0285_a_format_that_says_how(at: Place) -> None:
    load_model(at.folder / "m.tflite", rounding="exact")


def hw0299_an_input_that_no_branch_gives(at: Place) -> None:
    m = Model()
    y = m.quantize(m.op("Relu", vector(m)))
    with_held(at.read(m, y), {"x": y})


def hw0299_an_input_that_is_not_there(at: Place) -> None:
    m = Model()
    y = m.quantize(m.op("Relu", vector(m)))
    with_held(at.read(m, y), {"held": y})


def hw0299_words_that_name_no_output(at: Place) -> None:
    named_held(["held"])
