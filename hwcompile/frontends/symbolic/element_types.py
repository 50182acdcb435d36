"""Integer types of source tensors that a stream may have."""

from __future__ import annotations

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.ir.types import IntType

NARROW = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-(2**15), 2**15 - 1),
          "uint16": (0, 2**16 - 1), "int4": (-8, 7), "uint4": (0, 15), "int2": (-2, 1),
          "uint2": (0, 3), "bool": (0, 1)}  # fmt: skip
"""Intervals of the element types that a stream may have."""


def integer_interval(dtype: np.dtype[np.generic], node: SourceNode) -> IntType:
    """The interval of a narrow integer type of the source model.

    Raises:
        CompileError: HW0219 for other types.
    """
    if dtype.name not in NARROW:
        raise fail(
            "HW0219",
            f"quantization to {dtype.name} is not supported",
            "streams carry integers of at most 16 bits",
            "quantize to int8, uint8, int4, uint4, int16 or uint16",
            node.origin,
        )
    return IntType(*NARROW[dtype.name])
