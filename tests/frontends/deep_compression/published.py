"""Files as Deep Compression's authors publish them: small ones made here, and SqueezeNet's."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from hwcompile.frontends.deep_compression.network import read_network
from tests.models import model_path

FOLDER = "squeezenet_deep_compression"

SMALL = """name: "Small"
input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 8
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1"
  convolution_param { num_output: 5 kernel_h: 3 kernel_w: 2 stride: 1 pad: 1
    weight_filler { type: "xavier" } } }
layer { name: "r1" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "p1" type: "Pooling" bottom: "c1" top: "p1"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "e1" type: "Convolution" bottom: "p1" top: "e1"
  convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "e1r" type: "ReLU" bottom: "e1" top: "e1" }
layer { name: "e3" type: "Convolution" bottom: "p1" top: "e3"
  convolution_param { num_output: 6 kernel_size: 3 pad: 1 } }
layer { name: "e3r" type: "ReLU" bottom: "e3" top: "e3" }
layer { name: "both" type: "Concat" bottom: "e1" bottom: "e3" top: "both" }
layer { name: "drop" type: "Dropout" bottom: "both" top: "both"
  dropout_param { dropout_ratio: 0.5 } }
layer { name: "last" type: "Convolution" bottom: "both" top: "last"
  convolution_param { num_output: 7 kernel_size: 1 group: 1 } }
layer { name: "pool" type: "Pooling" bottom: "last" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "prob" type: "Softmax" bottom: "pool" top: "prob" }
"""
"""Every kind of layer, in-place ones too, and a pool whose last windows hang over."""

SHAPES = {"c1": (5, 3, 3, 2), "e1": (4, 5, 1, 1), "e3": (6, 5, 3, 3), "last": (7, 10, 1, 1)}
"""Of the weights of `SMALL`."""


def squeezenet(size: int, folder: Path) -> tuple[Path, Path]:
    """The published weights, and the network for pictures of a size, as a file in a folder."""
    weights = model_path(f"{FOLDER}/compressed_SqueezeNet.net")
    text = model_path(f"{FOLDER}/SqueezeNet_deploy.prototxt").read_text(encoding="utf-8")
    network = folder / f"squeezenet_{size}.prototxt"
    network.write_text(text.replace("input_dim: 227", f"input_dim: {size}"), encoding="utf-8")
    return weights, network


def encoded(entries: Sequence[tuple[int, int]]) -> bytes:
    """Entries (skipped weights, code) as codes and half bytes."""
    runs = [run for run, _ in entries] + [0] * (len(entries) % 2)
    pairs = zip(runs[::2], runs[1::2], strict=True)
    return bytes(code for _, code in entries) + bytes(low | high << 4 for low, high in pairs)


def small_file(
    random: np.random.Generator, shapes: Sequence[tuple[int, ...]], density: float = 0.4
) -> bytes:
    """Random weights for layers of these shapes."""
    counts, parts = [], []
    for shape in shapes:
        entries, gap = [], 0
        for _ in range(prod(shape)):
            used = random.random() < density
            if used or gap == 15:
                entries.append((gap, int(random.integers(1, 256)) if used else 0))
                gap = -1
            gap += 1
        levels = random.normal(0, 0.3, 256).astype("<f4")
        levels[0] = 0
        counts.append(len(entries))
        biases = random.normal(0, 0.3, shape[0]).astype("<f4")
        parts.append(levels.tobytes() + biases.tobytes() + encoded(entries))
    return np.array(counts, "<u4").tobytes() + b"".join(parts)


def small_network(folder: Path, text: str = SMALL, seed: int = 1) -> tuple[Path, Path]:
    """Weights and network of `SMALL`, as files in a folder."""
    weights, network = folder / "small.net", folder / "small.prototxt"
    weights.write_bytes(small_file(np.random.default_rng(seed), list(SHAPES.values())))
    network.write_text(text, encoding="utf-8")
    return weights, network


def part_of_squeezenet(text: str, folder: Path) -> tuple[Path, Path]:
    """The published weights of those convolutions that a network names, and the network."""
    source, whole = squeezenet(227, folder)
    described = read_network(whole)
    data = source.read_bytes()
    layers = described.convolutions
    counts = np.frombuffer(data, "<u4", len(layers))
    start, kept, parts = 4 * len(layers), [], []
    for layer, count in zip(layers, counts, strict=True):
        end = start + 1024 + 4 * layer.shape[0] + int(count) + (int(count) + 1) // 2
        if f'"{layer.name}"' in text:
            kept.append(count)
            parts.append(data[start:end])
        start = end
    weights, network = folder / "part.net", folder / "part.prototxt"
    weights.write_bytes(np.array(kept, "<u4").tobytes() + b"".join(parts))
    network.write_text(text, encoding="utf-8")
    return weights, network
