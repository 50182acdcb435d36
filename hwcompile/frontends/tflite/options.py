"""Which options an operator has, by the names of TFLite's schema.

All of them are listed, so that none is left unread; what a handler does not take in, it refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tflite

from hwcompile.frontends.tflite.contents import Option


@dataclass(frozen=True)
class Table:
    """A table of options in the schema.

    Attributes:
        name: Of the table.
        fields: Names of its numbers.
        lists: Names of its lists of numbers.
        names: Names of its texts.
    """

    name: str
    fields: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


_POOL = Table("Pool2DOptions", ("Padding", "StrideW", "StrideH", "FilterWidth", "FilterHeight",
                                "FusedActivationFunction"))  # fmt: skip
_REDUCER = Table("ReducerOptions", ("KeepDims",))

TABLES = {
    "CONV_2D": Table("Conv2DOptions", ("Padding", "StrideW", "StrideH", "DilationWFactor",
                                       "DilationHFactor", "FusedActivationFunction")),
    "DEPTHWISE_CONV_2D": Table("DepthwiseConv2DOptions",
                               ("Padding", "StrideW", "StrideH", "DilationWFactor",
                                "DilationHFactor", "DepthMultiplier", "FusedActivationFunction")),
    "FULLY_CONNECTED": Table("FullyConnectedOptions",
                             ("FusedActivationFunction", "WeightsFormat", "KeepNumDims",
                              "AsymmetricQuantizeInputs")),
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "ADD": Table("AddOptions", ("FusedActivationFunction", "PotScaleInt16")),
    "SUB": Table("SubOptions", ("FusedActivationFunction", "PotScaleInt16")),
    "MUL": Table("MulOptions", ("FusedActivationFunction",)),
    "CONCATENATION": Table("ConcatenationOptions", ("Axis", "FusedActivationFunction")),
    "SOFTMAX": Table("SoftmaxOptions", ("Beta",)),
    "LEAKY_RELU": Table("LeakyReluOptions", ("Alpha",)),
    "MEAN": _REDUCER,
    "REDUCE_MAX": _REDUCER,
    "REDUCE_MIN": _REDUCER,
    "RESHAPE": Table("ReshapeOptions", (), ("NewShape",)),
    "SQUEEZE": Table("SqueezeOptions", (), ("SqueezeDims",)),
    "SPLIT": Table("SplitOptions", ("NumSplits",)),
    "PACK": Table("PackOptions", ("ValuesCount", "Axis")),
    "STRIDED_SLICE": Table("StridedSliceOptions",
                           ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask",
                            "ShrinkAxisMask", "Offset")),
    "RESIZE_NEAREST_NEIGHBOR": Table("ResizeNearestNeighborOptions",
                                     ("AlignCorners", "HalfPixelCenters")),
    "RESIZE_BILINEAR": Table("ResizeBilinearOptions", ("AlignCorners", "HalfPixelCenters")),
    "DEPTH_TO_SPACE": Table("DepthToSpaceOptions", ("BlockSize",)),
    "SPACE_TO_DEPTH": Table("SpaceToDepthOptions", ("BlockSize",)),
    "GATHER": Table("GatherOptions", ("Axis", "BatchDims")),
    "UNPACK": Table("UnpackOptions", ("Num", "Axis")),
    "SPLIT_V": Table("SplitVOptions", ("NumSplits",)),
    "TRANSPOSE_CONV": Table("TransposeConvOptions", ("Padding", "StrideW", "StrideH",
                                                     "FusedActivationFunction")),
    "GELU": Table("GeluOptions", ("Approximate",)),
    "MIRROR_PAD": Table("MirrorPadOptions", ("Mode",)),
    "BATCH_MATMUL": Table("BatchMatMulOptions", ("AdjX", "AdjY", "AsymmetricQuantizeInputs")),
    "VAR_HANDLE": Table("VarHandleOptions", names=("Container", "SharedName")),
    "CALL_ONCE": Table("CallOnceOptions", ("InitSubgraphIndex",)),
    "SVDF": Table("SVDFOptions", ("Rank", "FusedActivationFunction", "AsymmetricQuantizeInputs")),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Table("UnidirectionalSequenceLSTMOptions",
                                          ("FusedActivationFunction", "CellClip", "ProjClip",
                                           "TimeMajor", "AsymmetricQuantizeInputs",
                                           "DiagonalRecurrentTensors")),
}  # fmt: skip
"""Operators that are not here have no options, or only such as repeat the types of tensors."""


def lite_options(operator: str, given: Any) -> dict[str, Option]:
    """The options of an operator, those that are left out with the schema's values.

    Args:
        operator: Name in the schema.
        given: The table that the file has, or None.
    """
    table = TABLES.get(operator)
    if table is None:
        return {}
    read: Any = getattr(tflite, table.name)()
    if given is None:
        absent: dict[str, Option] = {name: int("Dilation" in name) for name in table.fields}
        return {**absent, **dict.fromkeys(table.lists, ()), **dict.fromkeys(table.names, "")}
    read.Init(given.Bytes, given.Pos)
    found: dict[str, Option] = {name: _plain(getattr(read, name)()) for name in table.fields}
    for name in table.names:
        found[name] = (getattr(read, name)() or b"").decode()
    for name in table.lists:
        count = getattr(read, f"{name}Length")()
        found[name] = tuple(int(getattr(read, name)(i)) for i in range(count))
    return found


def _plain(value: Any) -> Option:
    return float(value) if isinstance(value, float) else int(value)
