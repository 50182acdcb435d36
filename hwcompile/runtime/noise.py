"""Line noise for simulated boards: bytes that change, vanish, or come from nowhere."""

from __future__ import annotations

import random

INVENTED = (0xA5, 0x00, 0xFF)
"""Bytes that noise makes of nothing; the first one looks like the start of a packet."""


class Noise:
    """Spoils bytes at random.

    Attributes:
        hits: Bytes hit so far.
    """

    def __init__(self, rate: float, seed: int = 0, *, flips_only: bool = False) -> None:
        """Make a source of noise.

        Args:
            rate: Probability that a byte is hit.
            seed: The same seed hits the same bytes of the same traffic.
            flips_only: Never drop or invent a byte: on a clocked line no byte can.
        """
        self.hits = 0
        self._rate, self._random = rate, random.Random(seed)
        self._kinds = 1 if flips_only else 3

    def spoil(self, data: bytes) -> bytes:
        """What arrives of `data`."""
        if not self._rate:
            return data
        out = bytearray()
        for byte in data:
            if self._random.random() >= self._rate:
                out.append(byte)
                continue
            self.hits += 1
            kind = self._random.randrange(self._kinds)
            if kind == 0:
                out.append(byte ^ 1 << self._random.randrange(8))
            elif kind == 1:
                out += bytes([byte, self._random.choice(INVENTED)])
        return bytes(out)
