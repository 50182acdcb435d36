"""The units whose area is measured, with the figures of FINN's RTL in the same flow.

These are for 7-series: Yosys 0.70, the memory of weights included with products, the output FIFO
with thresholds, the padding unit with the padded window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.resource_sites import INT4, INT8, U4
from benchmarks.resource_subject import Subject
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.window.op import Window

SERIES_7 = "xc7"
_LATTICE = ("ecp5", "ice40")
_EVERY = (SERIES_7, *_LATTICE, "gowin")


@dataclass(frozen=True)
class Unit:
    """A kernel at a site.

    Attributes:
        name: Of the row.
        subject: Makes it, with contents that are always the same.
        families: For which it is synthesized.
        peer: LUT and DSP blocks of FINN's RTL.
        lanes: Products per cycle; None where there are none.
    """

    name: str
    subject: Callable[[], Subject]
    families: tuple[str, ...] = (SERIES_7,)
    peer: tuple[int, int] | None = None
    lanes: int | None = None


def _products(
    name: str,
    types: tuple[IntType, IntType],
    size: tuple[int, int],
    parameters: Parameters,
    families: tuple[str, ...] = (SERIES_7,),
    peer: tuple[int, int] | None = None,
) -> Unit:
    """Of weights and inputs of two types, all of whose values are as likely."""

    def subject() -> Subject:
        (weight, element), (rows, columns) = types, size
        rng = np.random.default_rng(0)
        weights = rng.choice(weight.values(), size=(1, rows, columns)).astype(np.int64)
        site = Site.of(Matmul(weights), TensorType((1, 1, columns), element))
        return Subject(family("matmul").kernel("folded"), site, parameters)

    lanes = int(parameters["pe"]) * int(parameters["simd"])
    return Unit(name, subject, families, peer, lanes)


def _thresholds(name: str, kernel: str, bits: int, parallel: int, peer: int) -> Unit:
    """Thresholds of their own for each of 16 channels of 16 bits."""

    def subject() -> Subject:
        rng = np.random.default_rng(0)
        element, result = IntType(-32768, 32767), IntType(0, (1 << bits) - 1)
        table = np.sort(rng.integers(element.low, element.high, (16, result.high)), axis=1)
        base, slope = np.zeros(16, dtype=np.int64), np.ones(16, dtype=np.int64)
        kind = TensorType((1, 4, 16), element)
        site = Site.of(Threshold(table, base, slope, result), kind)
        return Subject(family("threshold").kernel(kernel), site, {"parallel": parallel})

    return Unit(name, subject, peer=(peer, 0))


def _window(name: str, pad: int, peer: int) -> Unit:
    """3 x 3 taps of 16 channels of four bits, four at a time, 16 x 16 pixels."""

    def subject() -> Subject:
        op = Window((3, 3), (1, 1), (1, 1), (pad, pad, pad, pad), 0, 1)
        site = Site.of(op, TensorType((16, 16, 16), U4))
        return Subject(family("window").kernel("line_buffer"), site, {"parallel": 4})

    return Unit(name, subject, peer=(peer, 0))


_BLOCK: Parameters = {"pe": 4, "simd": 8}
_NARROW: Parameters = {"pe": 4, "simd": 2, "pack": 2}
_SQUARE = (64, 64)
_INT8, _INT4, _BITS = (INT8, INT8), (INT4, U4), (BIPOLAR, BIPOLAR)
_LOGIC: Parameters = {**_BLOCK, "style": "lut"}

UNITS = (
    _products("int8_pe4_simd8", _INT8, _SQUARE, {**_BLOCK, "pack": 2}, peer=(1608, 16)),
    _products("int8_pe4_simd8_alone", _INT8, _SQUARE, _BLOCK, peer=(1608, 16)),
    _products("int8_pe4_simd8_logic", _INT8, _SQUARE, _LOGIC, _EVERY),
    _products("int4_pe4_simd8", _INT4, _SQUARE, {**_BLOCK, "pack": 4}, peer=(1025, 8)),
    _products("int4_pe4_simd8_logic", _INT4, _SQUARE, _LOGIC, _EVERY, (1025, 8)),
    _products(
        "int4_pe6_simd8", _INT4, (48, 64), {"pe": 6, "simd": 8, "pack": 3}, ("ecp5", "gowin")
    ),
    _products("int4_pe4_simd2", _INT4, _SQUARE, _NARROW, ("ice40",)),
    _products("xnor_pe16_simd64", _BITS, _SQUARE, {"pe": 16, "simd": 64}, _EVERY),
    _thresholds("threshold_2bit_pe4", "comparators", 2, 4, 167),
    _thresholds("threshold_4bit_pe4", "binary_search", 4, 4, 403),
    _thresholds("threshold_8bit_pe1", "binary_search", 8, 1, 545),
    _window("window_3x3_simd4", 0, 205),
    _window("window_3x3_simd4_padded", 1, 238),
)
