"""Models whose operators have no hardware or do not fit together: HW0201 to HW0219."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from hwcompile.frontends.load import load_model
from tests.diagnostics.place import Place
from tests.frontends.oracle import Model

QONNX = "qonnx.custom_op.general"


def vector(m: Model, size: int = 6, name: str = "x") -> str:
    return m.quantize(m.input(1, size, name=name))


def picture(m: Model) -> str:
    return m.quantize(m.input(1, 3, 6, 7))


def by_channel(m: Model, zeros: tuple[int, int, int]) -> str:
    """A picture that is quantized with other numbers in each channel."""
    s, z = m.constant([0.5, 0.5, 0.5]), m.constant(zeros, np.int8)
    q = m.op("QuantizeLinear", m.input(1, 3, 6, 7), s, z, axis=1)
    return m.op("DequantizeLinear", q, s, z, axis=1)


def hw0201_a_constant_whose_size_nobody_knows(at: Place) -> None:
    m = Model()
    ones, places = m.constant(np.ones((1, 1, 1, 1))), m.constant(np.zeros((1, 1, 1, 1)), np.int64)
    shape = m.constant([1, 1, 1, 1 << 26], np.int64)
    y = m.op("MaxUnpool", ones, places, shape, kernel_shape=[1, 1])
    at.read(m, m.op("Add", vector(m), m.op("ReduceMax", y, keepdims=0)))


def hw0201_an_unknown_operator(at: Place) -> None:
    m = Model()
    at.read(m, m.op("NonZero", vector(m)))


def hw0201_an_operator_of_an_unknown_domain(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Relu", vector(m), domain="acme"))


def hw0201_indices_of_a_pool(at: Place) -> None:
    m = Model()
    y, places = m.ops("MaxPool", picture(m), outputs=2, kernel_shape=[2, 2])
    at.read(m, y, places)


def hw0202_a_product_and_a_third(at: Place) -> None:
    m = Model()
    x, y = (m.quantize(m.input(1, 6, name=name), 0.1) for name in "xy")
    at.read(m, m.quantize(m.op("Add", m.op("Mul", x, y), x)))


def hw0202_behind_the_host(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", m.quantize(m.op("LogSoftmax", vector(m))), m.weights(6, 3)))


def hw0203_a_free_axis(at: Place) -> None:
    m = Model()
    at.read(m, m.quantize(m.input("n", 3, "height", 8)))


def hw0203_no_shape(at: Place) -> None:
    m = Model()
    proto = m.proto([vector(m)])
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    load_model(at.write(proto))


def hw0204_weights_of_another_size(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", vector(m), m.weights(9, 3)))


def hw0204_shapes_that_do_not_meet(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Add", vector(m), m.constant(np.ones(7))))


def hw0205_padding_with_two_numbers(at: Place) -> None:
    m = Model()
    pads, y = m.constant([0, 1, 0, 1], np.int64), vector(m)
    for fill in (0.25, 0.5):
        y = m.op("Pad", y, pads, m.constant(fill))
    at.read(m, m.quantize(y))


def hw0205_padding_of_a_sum(at: Place) -> None:
    m = Model()
    both = m.op("Add", vector(m), vector(m, name="y"))
    at.read(m, m.quantize(m.op("Pad", both, m.constant([0, 1, 0, 1], np.int64))))


def hw0206_an_input_of_wide_integers(at: Place) -> None:
    m = Model()
    x = m.op("Cast", m.input(1, 6, kind=TensorProto.INT64), to=TensorProto.FLOAT)
    at.read(m, m.quantize(x))


def hw0207_an_output_without_a_quantizer(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Relu", m.input(1, 8)))


def hw0207_an_output_that_is_constant(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Relu", vector(m)), m.op("Abs", m.constant([1, 2])))


def hw0208_the_input_is_not_quantized(at: Place) -> None:
    m = Model()
    at.read(m, m.op("MatMul", m.input(1, 8), m.weights(8, 3)))


def hw0209_a_tanh_in_front_of_a_product(at: Place) -> None:
    m = Model()
    first = m.op("MatMul", vector(m), m.weights(6, 8))
    at.read(m, m.op("MatMul", m.op("Tanh", first), m.weights(8, 3)))


def _quant(at: Place, scale: object, zero: object, bits: object, mode: str = "ROUND") -> None:
    m = Model()
    numbers = [m.constant(n) for n in (scale, zero, bits)]
    attributes = {"signed": 1, "narrow": 0, "rounding_mode": mode}
    proto = m.proto([m.op("Quant", m.input(1, 6), *numbers, domain=QONNX, **attributes)])
    proto.opset_import.append(helper.make_opsetid(QONNX, 1))
    load_model(at.write(proto))


def hw0210_bits_that_are_no_whole_number(at: Place) -> None:
    _quant(at, 0.5, 0, 3.5)


def hw0210_too_many_bits(at: Place) -> None:
    _quant(at, 0.5, 0, 64)


def hw0210_single_bits_beside_others(at: Place) -> None:
    _quant(at, 0.5, 0, [1, 3, 3, 3, 3, 3])


def hw0210_a_minifloat_of_many_exponents(at: Place) -> None:
    m = Model()
    numbers = [m.constant(n) for n in (1.0, 5.0, 2.0, 15.0, 57344.0)]
    proto = m.proto([m.op("FloatQuant", m.input(1, 6), *numbers, domain=QONNX)])
    proto.opset_import.append(helper.make_opsetid(QONNX, 1))
    load_model(at.write(proto))


def hw0204_a_factor_of_integers_that_is_not_whole(at: Place) -> None:
    m = Model()
    numbers = (m.constant([0.5]), m.constant([0.0]))
    y = m.op("RequantShift", m.input(1, 6), *numbers, domain="PACTOps", div=256, signed=1,
             n_levels=256)  # fmt: skip
    proto = m.proto([y])
    proto.opset_import.append(helper.make_opsetid("PACTOps", 1))
    load_model(at.write(proto), {"x": "int8:1"})


def hw0211_a_constant_that_is_no_number(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Add", vector(m), m.constant(np.nan)))


def hw0212_a_scale_of_zero(at: Place) -> None:
    m = Model()
    at.read(m, m.quantize(m.input(1, 8), scale=0.0))


def hw0212_a_negative_scale_of_a_channel(at: Place) -> None:
    _quant(at, [1, 1, -1, 1, 1, 1], 0, 4)


def hw0213_a_zero_point_that_is_no_whole_number(at: Place) -> None:
    _quant(at, 0.5, 0.5, 4)


def hw0213_a_zero_point_that_is_not_finite(at: Place) -> None:
    _quant(at, 0.5, float("inf"), 4)


def hw0213_a_zero_point_beyond_all_integers(at: Place) -> None:
    _quant(at, 0.5, [0, 0, 1e20, 0, 0, -1e30], 4)


def hw0214_an_unknown_rounding(at: Place) -> None:
    _quant(at, 0.5, 0, 4, "STOCHASTIC")


def _thresholds(at: Place, steps: object, **attributes: object) -> None:
    m = Model()
    x = m.op("MultiThreshold", vector(m), m.constant(steps), domain=QONNX, **attributes)
    proto = m.proto([x])
    proto.opset_import.append(helper.make_opsetid(QONNX, 1))
    load_model(at.write(proto))


def hw0215_thresholds_that_are_no_numbers(at: Place) -> None:
    _thresholds(at, [[np.nan, 1, 2]])


def hw0215_thresholds_without_a_step(at: Place) -> None:
    _thresholds(at, [[0, 1, 2]], out_scale=1.0, out_bias=0.1234567)


def hw0217_a_scale_that_the_network_computes(at: Place) -> None:
    m = Model()
    scale = m.op("ReduceMax", vector(m, name="y"), keepdims=0)
    at.read(m, m.op("QuantizeLinear", m.input(1, 6), scale, m.constant(0, np.int8)))


def hw0217_a_bit_width_that_the_network_computes(at: Place) -> None:
    m = Model()
    x = m.input(1, 6)
    bits = m.op("ReduceMax", m.quantize(x), keepdims=0)
    numbers = [m.constant(n) for n in (0.5, 0)]
    proto = m.proto([m.op("Quant", x, *numbers, bits, domain=QONNX, rounding_mode="ROUND")])
    proto.opset_import.append(helper.make_opsetid(QONNX, 1))
    load_model(at.write(proto))


def hw0217_a_scale_of_several_numbers(at: Place) -> None:
    m = Model()
    x = m.input(1, 3, kind=TensorProto.UINT8)
    zero, one, many = m.constant(0, np.uint8), m.constant(0.5), m.constant([0.5, 0.25, 1])
    attributes = {"domain": "com.microsoft"}
    at.read(m, m.op("QLinearSigmoid", x, many, zero, one, zero, **attributes))


def hw0217_weights_that_the_network_computes(at: Place) -> None:
    m = Model()
    x = m.input(1, 6, 5, kind=TensorProto.INT8)
    w = m.input(4, 6, 3, name="w", kind=TensorProto.INT8)
    at.read(m, m.op("ConvInteger", x, w))


def hw0218_scales_along_two_axes(at: Place) -> None:
    m = Model(opset=21)
    w = m.constant(m.rng.integers(-8, 8, (6, 4)), np.int8)
    s, z = m.constant(np.ones((6, 4))), m.constant(np.zeros((6, 4)), np.int8)
    weights = m.op("DequantizeLinear", w, s, z, axis=0)
    at.read(m, m.op("MatMul", vector(m), weights))


def hw0219_a_scale_of_half_precision(at: Place) -> None:
    m = Model(opset=21)
    s, z = m.constant(0.5, np.float16), m.constant(0, np.int8)
    x = m.input(1, 6, kind=TensorProto.FLOAT16)
    at.read(m, m.op("QuantizeLinear", x, s, z))


def hw0219_quantization_to_wide_integers(at: Place) -> None:
    m = Model()
    at.read(m, m.op("QuantizeLinear", m.input(1, 8), m.constant(1.0), m.constant(0, np.int32)))


def hw0219_a_cast_to_half_precision(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Cast", vector(m), to=TensorProto.FLOAT16))


def hw0219_a_cast_to_unsigned_integers_of_64_bits(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Cast", vector(m), to=TensorProto.UINT64))


def hw0219_arithmetic_in_double_precision(at: Place) -> None:
    m = Model()
    x = m.input(1, 6, kind=TensorProto.DOUBLE)
    y = m.op("Add", x, m.constant(0.5, np.float64))
    at.read(m, m.quantize(m.op("Cast", y, to=TensorProto.FLOAT)))
