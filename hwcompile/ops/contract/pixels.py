"""Words that hold several pixels of a row: how many, and what may be asked for."""

from __future__ import annotations

from hwcompile.ir.types import TensorType
from hwcompile.ops.contract.pipe import parallel_values
from hwcompile.ops.contract.site import Parameters


def pixel_counts(kind: TensorType) -> tuple[int, ...]:
    """Pixels per word that are worth considering, above 1: the fewest for their number of words."""
    return parallel_values(kind.shape[1])[1:]


def check_pixels(kind: TensorType, channels: int, parameters: Parameters) -> str | None:
    """Why a word can not hold `pixels` neighbours with `pe` channels each; None when it can.

    Args:
        kind: The map; a word lies in one of its rows.
        channels: Of a pixel; a word of several pixels holds all of them.
        parameters: `pe` is a number; `pixels` may be missing, or be anything.
    """
    pixels, pe, width = parameters.get("pixels", 1), parameters["pe"], kind.shape[1]
    if not isinstance(pixels, int) or not 1 <= pixels <= width:
        return f"'pixels' is a number from 1 to {width} (pixels of a row), not {pixels!r}"
    if pixels > 1 and pe != channels:
        return f"with 'pixels' above 1, 'pe' is {channels} (all channels), not {pe}"
    return None
