"""Decoding the weights' file: every bit, and every way in which it can be damaged."""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.deep_compression.network import read_network
from hwcompile.frontends.deep_compression.stored import StoredLayer, read_stored
from tests.frontends.deep_compression.published import small_file, squeezenet

ORACLE = ("numpy", "published vectors")
ORACLE_REASON = "the layout that the publisher's decoder has, written here again in plain loops"

Shapes = list[tuple[int, ...]]
SHAPES: Shapes = [(3, 2, 3, 1), (4, 5, 1, 2)]
NAMES = ["a", "b"]


def decoded(data: bytes, shapes: Shapes) -> tuple[list[list[float]], list[list[float]]]:
    """Weights and biases of every layer, entry by entry."""
    counts = struct.unpack_from(f"<{len(shapes)}I", data)
    at = 4 * len(shapes)
    weights, biases = [], []
    for shape, count in zip(shapes, counts, strict=True):
        levels = struct.unpack_from("<256f", data, at)
        biases.append(list(struct.unpack_from(f"<{shape[0]}f", data, at + 1024)))
        at += 1024 + 4 * shape[0]
        dense, place = [0.0] * prod(shape), -1
        for entry in range(count):
            half = data[at + count + entry // 2]
            place += 1 + (half >> 4 if entry % 2 else half & 15)
            dense[place] = levels[data[at + entry]]
        weights.append(dense)
        at += count + (count + 1) // 2
    assert at == len(data)
    return weights, biases


def read(folder: Path, data: bytes, shapes: Shapes = SHAPES) -> tuple[StoredLayer, ...]:
    path = folder / "w.net"
    path.write_bytes(data)
    return read_stored(path, [f"layer{n}" for n in range(len(shapes))], shapes)


def check(found: tuple[StoredLayer, ...], data: bytes, shapes: Shapes) -> None:
    weights, biases = decoded(data, shapes)
    for layer, shape, dense, bias in zip(found, shapes, weights, biases, strict=True):
        assert layer.weights.shape == shape
        np.testing.assert_array_equal(layer.weights.reshape(-1), np.array(dense, np.float32))
        np.testing.assert_array_equal(layer.biases, np.array(bias, np.float32))


@settings(max_examples=60, deadline=None)
@given(
    shapes=st.lists(st.tuples(*[st.integers(1, 6)] * 4), min_size=1, max_size=4),
    density=st.sampled_from([0.0, 0.02, 0.1, 0.4, 1.0]),
    seed=st.integers(0, 1000),
)
def test_any_file_is_decoded_as_the_layout_says(
    shapes: Shapes, density: float, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = small_file(np.random.default_rng(seed), shapes, density)
    check(read(tmp_path_factory.mktemp("net"), data, shapes), data, shapes)


def test_the_published_squeezenet(tmp_path: Path) -> None:
    path, network = squeezenet(227, tmp_path)
    described = read_network(network)
    layers = described.convolutions
    shapes: Shapes = [described.weight_shape(layer) for layer in layers]
    found = read_stored(path, [layer.name for layer in layers], shapes)
    data = path.read_bytes()
    assert len(data) == 675_763
    assert len(found) == 26
    assert sum(layer.entries for layer in found) == 422_083
    assert sum(layer.fillers for layer in found) == 6_162
    assert sum(np.count_nonzero(layer.weights) for layer in found) == 415_921
    check(found, data, shapes)


def damaged(data: bytes, what: str) -> bytes:
    """A file with two layers of `SHAPES`, damaged."""
    counts: tuple[int, ...] = struct.unpack_from("<2I", data)
    first = 8 + 1024 + 4 * 3  # where the codes of the first layer begin
    if what == "truncated":
        return data[:-1]
    if what == "counts cut off":
        return data[:7]
    if what == "more behind the end":
        return data + b"\0"
    if what == "counts that do not add up":
        return struct.pack("<2I", counts[0] - 1, counts[1]) + data[8:]
    if what == "more entries than weights":
        return struct.pack("<2I", 1000, counts[1]) + data[8:]
    if what == "a weight behind the last one":
        runs = first + counts[0]
        return data[:runs] + b"\xff" * (counts[0] // 2) + data[runs + counts[0] // 2 :]
    if what == "a level 0":
        return data[:8] + struct.pack("<f", 0.5) + data[12:]
    if what == "no numbers":
        return data[:12] + struct.pack("<f", float("nan")) + data[16:]
    assert what == "no empty half byte"
    return data[:-1] + bytes([data[-1] | 0x70])


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("truncated", "it is truncated"),
        ("counts cut off", "it has 7 bytes, fewer than the counts of 2 layers"),
        ("more behind the end", "it goes on behind its end"),
        ("counts that do not add up", "it goes on behind its end"),
        ("more entries than weights", "layer 'layer0' stores 1,000 of 18 weights"),
        ("a weight behind the last one", "of 18"),
        ("a level 0", "level 0 of layer 'layer0' is 0.5, which should be zero"),
        ("no numbers", "levels or biases that are no numbers"),
        ("no empty half byte", "the last half byte of layer 'layer1' should be empty"),
    ],
)
def test_damaged_files_are_refused(what: str, told: str, tmp_path: Path) -> None:
    seed = next(
        seed
        for seed in range(100)
        if struct.unpack_from("<2I", small_file(np.random.default_rng(seed), SHAPES))[1] % 2
    )
    data = small_file(np.random.default_rng(seed), SHAPES)
    read(tmp_path, data)
    with pytest.raises(CompileError, match="HW0132") as refused:
        read(tmp_path, damaged(data, what))
    assert told in str(refused.value)
    assert len(refused.value.diagnostics) == 1
