"""Staircases with integer thresholds: quantizing activations and requantizations."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.threshold.binary_search import BinarySearch
from hwcompile.ops.threshold.comparators import Comparators
from hwcompile.ops.threshold.examples import examples
from hwcompile.ops.threshold.late import LateRequantize
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.requantize import Requantize
from hwcompile.ops.threshold.shift import Shift

FAMILY = Family(
    "threshold",
    "monotone staircases: quantizing activations and requantizations, all of them exact",
    (Threshold,),
    (Comparators(), BinarySearch(), Requantize(), Shift(), LateRequantize()),
    examples,
)

__all__ = ["FAMILY", "Threshold"]
