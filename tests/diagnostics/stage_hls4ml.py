"""Model graphs of hls4ml that have no hardware: HW0290 to HW0295."""

from __future__ import annotations

from typing import cast

import numpy as np

from hwcompile.frontends.hls4ml.graph import ModelGraph
from hwcompile.frontends.hls4ml.load import import_model_graph
from tests.diagnostics.place import Place
from tests.frontends.hls4ml.stub import (
    CompressedWeightVariable,
    ExponentPrecisionType,
    FixedPrecisionType,
    FloatPrecisionType,
    StubGraph,
    StubLayer,
    WeightVariable,
    XnorPrecisionType,
    dense,
    named,
    vector,
)


def read(layers: list[StubLayer], backend: str = "Vitis") -> None:
    import_model_graph(cast(ModelGraph, StubGraph(layers, backend)))


WIDE = FixedPrecisionType(32, 16)


def activation(name: str, **attributes: object) -> StubLayer:
    return StubLayer("a", "Activation", [4], attributes={"activation": name, **attributes})


def hw0290_a_layer_that_is_not_built(at: Place) -> None:
    read([vector(), StubLayer("g", "GarNet", [4])])


def hw0290_two_layers_that_are_not_built(at: Place) -> None:
    layers = [vector(), StubLayer("r", "SimpleRNN", [4]), StubLayer("c", "MyLayer", [4])]
    read(layers)


def hw0290_an_unknown_activation(at: Place) -> None:
    read([vector(), activation("swish")])


def hw0290_a_product_of_two(at: Place) -> None:
    merge = StubLayer("m", "Merge", [4], inputs=["x", "x"], attributes={"op": "dot1d"})
    read([vector(), merge])


def hw0290_an_enlargement_between_pixels(at: Place) -> None:
    resize = StubLayer("r", "Resize", [4], attributes={"algorithm": "bilinear"})
    read([vector(), resize])


def hw0291_a_float_input(at: Place) -> None:
    read([vector(precision=FloatPrecisionType()), activation("relu")])


def hw0291_a_format_of_too_many_bits(at: Place) -> None:
    read([vector(precision=FixedPrecisionType(99, 4))])


def hw0291_bits_that_are_saturated(at: Place) -> None:
    precision = FixedPrecisionType(8, 4, saturation_bits=2)
    read([vector(precision=precision)])


def hw0291_a_power_of_two_that_overflows(at: Place) -> None:
    layer = dense(WIDE)
    layer.weights["weight"] = WeightVariable(np.full((4, 3), 2.0**14), ExponentPrecisionType(5))
    read([vector(precision=FixedPrecisionType(4, 4)), layer])


def hw0291_a_bias_of_powers_of_two(at: Place) -> None:
    layer = dense(WIDE)
    layer.weights["bias"] = WeightVariable(np.full(3, 2.0), ExponentPrecisionType(3))
    read([vector(), layer])


def hw0292_additions_that_have_no_order(at: Place) -> None:
    narrow = FixedPrecisionType(8, 4, saturation_mode="SAT")
    read([vector(), dense(narrow, strategy="resource", reuse_factor=3)])


def hw0292_compressed_weights_that_saturate(at: Place) -> None:
    layer = dense(FixedPrecisionType(8, 4, saturation_mode="SAT"))
    layer.weights["weight"] = CompressedWeightVariable([(0, 3, 1.5)], (4, 3))
    read([vector(), layer])


def hw0292_an_average_that_rounds_each_sum(at: Place) -> None:
    rounding = FixedPrecisionType(12, 9, rounding_mode="RND_CONV")
    attributes = {"pool_op": "Average", "accum_t": named(rounding)}
    pool = StubLayer("p", "GlobalPooling1D", [3], attributes=attributes)
    image = StubLayer("x", "Input", [5, 3], FixedPrecisionType(8, 4))
    read([image, pool])


def hw0293_another_backend(at: Place) -> None:
    read([vector(), activation("relu")], backend="Quartus")


def hw0291_weights_of_too_many_digits(at: Place) -> None:
    layer = dense(WIDE, strategy="distributed_arithmetic")
    layer.weights["weight"] = WeightVariable(np.full((4, 3), 2.0**-60), FixedPrecisionType(8, 4))
    read([vector(), layer])


def hw0294_an_unknown_strategy(at: Place) -> None:
    read([vector(), dense(WIDE, strategy="stratified")])


def hw0294_cpp_of_da4ml(at: Place) -> None:
    read([vector(), dense(WIDE, strategy="distributed_arithmetic", da_codegen="void f() {}")])


def hw0294_a_normalization_of_bits(at: Place) -> None:
    bits = FixedPrecisionType(1, 1, signed=False)
    scale = WeightVariable(np.ones(3), XnorPrecisionType())
    layer = StubLayer("n", "LayerNormalization", [5, 3], bits, weights={"scale": scale})
    read([StubLayer("x", "Input", [5, 3], FixedPrecisionType(8, 4)), layer])


def hw0294_a_table_that_is_no_power_of_two(at: Place) -> None:
    attributes = {
        "implementation": "latency",
        "table_size": 100,
        **dict.fromkeys(("exp_table_t", "inv_table_t", "inv_inp_t", "accum_t"), named(WIDE)),
    }
    softmax = StubLayer("s", "Softmax", [4], attributes=attributes)
    read([vector(), softmax])


def hw0294_channels_first(at: Place) -> None:
    attributes = {"data_format": "channels_first", "pad_left": 1}
    pad = StubLayer("p", "ZeroPadding1D", [3, 6], attributes=attributes)
    image = StubLayer("x", "Input", [3, 5], FixedPrecisionType(8, 4))
    read([image, pad])


def hw0295_sums_of_too_many_bits(at: Place) -> None:
    wide = FixedPrecisionType(62, 31)
    read([vector(precision=wide), dense(FixedPrecisionType(62, 1))])
