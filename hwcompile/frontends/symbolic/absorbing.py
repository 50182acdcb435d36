"""Pending operations inside the start of a chain, where that changes no number."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.rows import floats


def absorbing(chain: Chain) -> Chain:
    """The chain with leading operations inside its start, where that is exact.

    Quantizers spelled out as divide, round, clip, subtract, multiply end in such chains.
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
        absorbed = _absorbed(start, first.kind, first.constants[0])
        if absorbed is None:
            return chain
        chain = Chain(absorbed, chain.ops[1:])
    return chain


def _absorbed(start: Dequantize, kind: str, constant: Array) -> Dequantize | None:
    if not np.all(np.isfinite(constant)):
        return None
    if kind == "mul":
        return Dequantize(floats(constant), start.zero_point) if np.all(constant > 0) else None
    if np.abs(constant).max() >= 2**20 or np.any(constant != np.round(constant)):
        return None
    shift = constant.astype(np.int64)
    return Dequantize(start.scale, start.zero_point + (shift if kind == "sub" else -shift))
