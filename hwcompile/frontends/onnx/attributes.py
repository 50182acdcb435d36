"""Every attribute of every operator that the front end knows, and how it is treated.

A test holds this table against the schemas of all operator sets: an attribute that some version
of an operator has must stand here.
"""

from __future__ import annotations

from collections.abc import Mapping

from hwcompile.frontends.onnx.dialect.attributes import READ, Attribute, harmless, only
from hwcompile.frontends.onnx.quant_lstm import QUANTIZERS

Table = dict[str, Attribute]


def _read(*names: str) -> Table:
    return dict.fromkeys(names, READ)


_PADDING = only(
    "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", why="ONNX has no other kind of padding"
)
_WINDOW: Table = _read("dilations", "kernel_shape", "pads", "strides") | {"auto_pad": _PADDING}
_CONVOLUTION: Table = _WINDOW | _read("group")
_FLOAT8 = harmless("it is about float8, which is refused")
_RECURRENT: Table = _read(
    "activations", "clip", "hidden_size", "layout", "linear_before_reset", "input_forget"
) | {
    "direction": only("forward", "reverse", "bidirectional", why="ONNX has no other directions"),
    "activation_alpha": harmless("no function that is built has a parameter"),
    "activation_beta": harmless("no function that is built has a parameter"),
}
_REDUCED = _read("axes", "keepdims", "noop_with_empty_axes")
_BLOCKS = only("DCR", "CRD", why="ONNX has no other order of blocks")
_STASH = only(1, why="statistics are those of float32 numbers")
_QUANT = _read("signed", "narrow", "rounding_mode")

_LEVELS = _read("n_levels")

ATTRIBUTES: Mapping[str, Mapping[str, Attribute]] = {
    "ArgMax": _read("axis", "keepdims", "select_last_index"),
    "ArgMin": _read("axis", "keepdims", "select_last_index"),
    "AveragePool": _WINDOW | _read("ceil_mode", "count_include_pad"),
    "BatchNormalization": {
        "epsilon": READ,
        "momentum": harmless("only training changes the statistics"),
        "spatial": only(1, why="each element would have statistics of its own"),
        "training_mode": READ,
    },
    "BitShift": {"direction": only("LEFT", "RIGHT", why="ONNX has no other directions")},
    "Cast": _read("to") | {"saturate": _FLOAT8, "round_mode": _FLOAT8},
    "CastLike": {"saturate": _FLOAT8, "round_mode": _FLOAT8},
    "Celu": _read("alpha"),
    "CenterCropPad": _read("axes"),
    "Clip": _read("min", "max"),
    "Compress": _read("axis"),
    "Concat": _read("axis"),
    "Conv": _CONVOLUTION,
    "ConvInteger": _CONVOLUTION,
    "ConvTranspose": _CONVOLUTION | _read("output_padding", "output_shape"),
    "CumSum": _read("exclusive", "reverse"),
    "DepthToSpace": _read("blocksize") | {"mode": _BLOCKS},
    "DequantizeLinear": _read("axis", "block_size")
    | {"output_dtype": only(0, 1, why="real numbers are computed in float32")},
    "Dropout": {
        "ratio": harmless("nothing is dropped outside training"),
        "seed": harmless("nothing is dropped outside training"),
    },
    "Einsum": _read("equation"),
    "Elu": _read("alpha"),
    "Flatten": _read("axis"),
    "FloatQuant": _read("rounding_mode", "saturation")
    | {
        name: harmless("QONNX's executor computes the same")
        for name in ("has_inf", "has_nan", "has_subnormal", "signed")
    },
    "FusedConv": _CONVOLUTION | _read("activation", "activation_params"),
    "FusedGemm": _read("alpha", "beta", "transA", "transB", "activation")
    | _read("activation_alpha", "activation_beta", "activation_gamma"),
    "GRU": _RECURRENT,
    "Gather": _read("axis"),
    "GatherElements": _read("axis"),
    "GatherND": _read("batch_dims"),
    "Gelu": {"approximate": only("none", "tanh", why="ONNX has no other approximation")},
    "Gemm": _read("alpha", "beta", "transA", "transB"),
    "GroupNormalization": _read("epsilon", "num_groups") | {"stash_type": _STASH},
    "HardSigmoid": _read("alpha", "beta"),
    "InstanceNormalization": _read("epsilon"),
    "IntQuant": _QUANT,
    "LSTM": _RECURRENT,
    "LpNormalization": _read("axis", "p"),
    "LayerNormalization": _read("axis", "epsilon") | {"stash_type": _STASH},
    "LeakyRelu": _read("alpha"),
    "LogSoftmax": _read("axis"),
    "GlobalLpPool": _read("p"),
    "LpPool": _WINDOW | _read("ceil_mode", "p"),
    "MatMulNBits": _read("K", "N", "bits", "block_size")
    | {
        "accuracy_level": only(0, 1, why="a runtime may round the activations once more then"),
        "weight_prepacked": only(0, why="the order of packed weights is a machine's own"),
    },
    "MaxPool": _WINDOW
    | _read("ceil_mode")
    | {"storage_order": harmless("it orders the indices, which are refused where they are used")},
    "Mod": _read("fmod"),
    "MultiThreshold": _read("out_scale", "out_bias")
    | {
        "data_layout": only(
            "NCHW", "NHWC", "NCW", "NWC", "NC", why="the axis of the channels must be known"
        ),
        "out_dtype": harmless("it repeats what thresholds, scale and bias give"),
    },
    "Pad": _read("pads", "value")
    | {"mode": only("constant", "reflect", "edge", "wrap", why="ONNX has no other padding")},
    "QGemm": _read("alpha", "transA", "transB"),
    "QLinearAveragePool": _WINDOW | _read("ceil_mode", "channels_last", "count_include_pad"),
    "QLinearConcat": _read("axis"),
    "QLinearConv": _CONVOLUTION | _read("channels_last"),
    "QLinearGlobalAveragePool": _read("channels_last"),
    "QLinearLeakyRelu": _read("alpha"),
    "QLinearSoftmax": _read("axis", "opset"),
    "Quant": _QUANT,
    "QuantLSTMCell": _read("batch_first", "reverse_input", "cifg")
    | _read(
        *(
            f"{name}_{what}"
            for name in QUANTIZERS
            for what in ("narrow", "narrow_range", "signed", "rounding_mode")
        )
    ),
    "QuantizeLinear": _read("axis", "block_size", "output_dtype")
    | {
        "precision": only(0, 1, why="the division is done in float32"),
        "saturate": _FLOAT8,
    },
    "QuickGelu": _read("alpha"),
    **{
        f"Reduce{kind}": _REDUCED
        for kind in ("L1", "L2", "LogSum", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")
    },
    "ITAMax": _LEVELS | _read("axis"),
    "ITAPartialMax": _LEVELS | _read("axis", "group_width"),
    "IntegerDiv": _read("Delta", "eps", "eta"),
    "IntegerMean": _read("axes", "keepdims"),
    "RequantShift": _LEVELS | _read("div", "n_levels_out", "signed"),
    "TrueIntegerDiv": _read("Delta", "eps", "eta", "y"),
    "iGELU": _read("b", "one"),
    "iHardswish": _read("one_over_six", "six", "three"),
    "iLayerNorm": _LEVELS | _read("D"),
    "iNoNorm": _read("D", "mul")
    | {"n_levels": harmless("Deeploy's kernel keeps the low 8 bits, whatever it says")},
    "iRMSNorm": _LEVELS | _read("D"),
    "iSoftmax": _LEVELS | _read("axis", "coeffA", "coeffB", "coeffC", "log2"),
    "RMSNormalization": _read("axis", "epsilon") | {"stash_type": _STASH},
    "Reshape": _read("allowzero"),
    "Resize": _read("axes", "coordinate_transformation_mode", "mode")
    | {
        "antialias": only(0, why="interpolation would have other weights"),
        "cubic_coeff_a": harmless("cubic interpolation is refused"),
        "exclude_outside": only(0, why="interpolation would have other weights"),
        "extrapolation_value": harmless("tf_crop_and_resize, which reads it, is refused"),
        "keep_aspect_ratio_policy": only(
            "stretch", "not_larger", "not_smaller", why="ONNX has no other policy"
        ),
        "nearest_mode": only(
            "round_prefer_floor", "round_prefer_ceil", "floor", "ceil",
            why="ONNX has no other rounding",
        ),
    },
    "ReverseSequence": _read("batch_axis", "time_axis"),
    "Selu": _read("alpha", "gamma"),
    "Shrink": _read("bias", "lambd"),
    "Shape": _read("start", "end"),
    "Slice": _read("starts", "ends", "axes"),
    "Softmax": _read("axis"),
    "SpaceToDepth": _read("blocksize") | {"mode": _BLOCKS},
    "Split": _read("axis", "num_outputs", "split"),
    "Squeeze": _read("axes"),
    "Swish": _read("alpha"),
    "ThresholdedRelu": _read("alpha"),
    "TopK": _read("axis", "k", "largest", "sorted"),
    "Transpose": _read("perm"),
    "Trunc": _QUANT,
    "Trilu": _read("upper"),
    "Unsqueeze": _read("axes"),
    "Upsample": _read("mode", "scales"),
}  # fmt: skip
"""By operator type, then by attribute. Operators that are not listed have none."""
