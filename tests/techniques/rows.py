"""What every test of a technique asks of its layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.techniques import bound, compiled, mismatches, products
from benchmarks.techniques_layers import LAYERS, Layer
from hwcompile.explore.encodings import weight_bits
from hwcompile.ops.contract.built import Built


def layer_of(row: int, word: str = "") -> Layer:
    """The layer of a row whose name holds a word."""
    (found,) = (layer for layer in LAYERS if layer.row == row and word in layer.name)
    return found


def check(layer: Layer, folder: Path, bits: int) -> Built[Any]:
    """Outputs are ONNX Runtime's at every level; bits and cycles are what the technique says.

    Args:
        layer: With weights of the technique.
        folder: An empty one.
        bits: Of the weights as memories hold them, tables included.

    Returns:
        The kernel of the convolution.
    """
    design, weights = compiled(layer, folder)
    built, *more = products(folder / "layer.onnx", layer.cycles)
    assert mismatches(layer, design, weights) == 0
    assert sum(weight_bits(one) for one in (built, *more)) == bits
    assert bits <= 1.05 * layer.ideal_bits(weights)
    assert built.interval <= 1.05 * bound(layer, built)
    return built
