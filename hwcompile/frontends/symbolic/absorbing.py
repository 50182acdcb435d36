"""Pending operations inside the start of a chain, where that changes no number."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.rows import floats

_EXACT = 1 << 24
"""Integers up to this magnitude are float32 numbers."""


def absorbing(chain: Chain, most: int = 0) -> Chain:
    """The chain with leading operations inside its start, where that is exact.

    Quantizers spelled out as divide, round, clip, subtract, multiply end in such chains.

    Args:
        chain: Of integers.
        most: The largest magnitude of these, where sums that float32 rounds are to stay apart; else
            sums count as exact, as those of layers do.
    """
    while chain.ops:
        start, first = chain.start, chain.ops[0]
        if isinstance(start, Integers) and first.kind == "cast":
            if first.attributes["to"] != "float32":
                return chain
            chain = Chain(Dequantize(floats(1)), chain.ops[1:])
            continue
        if not isinstance(start, Dequantize) or np.any(start.scale != 1):
            return chain
        if first.kind not in ("mul", "add", "sub"):
            return chain
        absorbed = _absorbed(start, first.kind, first.constants[0], most)
        if absorbed is None:
            return chain
        chain = Chain(absorbed, chain.ops[1:])
    return chain


def _absorbed(start: Dequantize, kind: str, constant: Array, most: int) -> Dequantize | None:
    if not np.all(np.isfinite(constant)):
        return None
    if kind == "mul":
        return Dequantize(floats(constant), start.zero_point) if np.all(constant > 0) else None
    if np.abs(constant).max() >= 2**20 or np.any(constant != np.round(constant)):
        return None
    if most + int(np.abs(start.zero_point).max()) + int(np.abs(constant).max()) > _EXACT:
        return None
    shift = constant.astype(np.int64)
    return Dequantize(start.scale, start.zero_point + (shift if kind == "sub" else -shift))
