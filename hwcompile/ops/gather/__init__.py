"""Gather: slices, paddings, permutations, repetitions. Take: pixels by number."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.buffered import Buffered
from hwcompile.ops.gather.op import Gather, Take
from hwcompile.ops.gather.select import Select
from hwcompile.ops.gather.stored import TwoFrames
from hwcompile.ops.gather.wires import Wires


def _examples() -> tuple[Site, ...]:
    signed = TensorType((3, 4, 2), IntType(-3, 4))
    binary = TensorType((2, 3, 4), BIPOLAR)
    pixels = np.arange(24).reshape(3, 4, 2)
    padded = np.pad(pixels, ((1, 1), (1, 2), (0, 0)), constant_values=-1)
    upsampled = pixels.repeat(2, axis=0).repeat(2, axis=1)
    shuffled = np.arange(24).reshape(2, 3, 2, 2).swapaxes(2, 3).reshape(2, 3, 4)
    return (
        Site.of(Gather(padded, 0), signed),
        Site.of(Gather(pixels[1:, :3], 0), signed),
        Site.of(Gather(upsampled, 0), signed),
        Site.of(Gather(pixels.transpose(1, 0, 2), 0), signed),
        Site.of(Gather(shuffled, 0), binary),
        Site.of(Gather(padded, 0), TensorType((3, 4, 2), BIPOLAR)),
        Site.of(
            Take(), TensorType((3, 5, 6), IntType(-5, 9)), TensorType((1, 1, 4), IntType(0, 14))
        ),
        Site.of(Take(), TensorType((1, 7, 2), BIPOLAR), TensorType((1, 3, 3), IntType(1, 6))),
    )


FAMILY = Family(
    name="gather",
    summary="slices, paddings, permutations and repetitions; pixels by number",
    ops=(Gather, Take),
    kernels=(Select(), Buffered(), Wires(), TwoFrames()),
    examples=_examples,
)
