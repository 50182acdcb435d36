"""hwcompile: quantized neural networks to hardware that computes the same integers."""

from __future__ import annotations
