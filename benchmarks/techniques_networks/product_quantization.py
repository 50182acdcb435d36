"""Product quantization: a table of inner products with a few vectors, and sums of its entries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import Array, Frames, Network, executed, only_output

SEGMENTS, LENGTH, WORDS, VECTORS = 3, 4, 5, 7
"""Of the search: parts of a vector, their length, code words of each, and vectors in the base."""


def search_parameters() -> tuple[Array, Array]:
    """Code books [segments, words, length], and codes [vectors, segments]."""
    random = np.random.default_rng(1)
    return (
        random.integers(-127, 128, (SEGMENTS, WORDS, LENGTH)),
        random.integers(0, WORDS, (VECTORS, SEGMENTS)),
    )


def search(path: Path) -> None:
    """Which of the coded vectors has the largest inner product: a table read for each segment."""
    books, codes = search_parameters()
    net = Grower(SEGMENTS * LENGTH)
    parts = [f"part{n}" for n in range(SEGMENTS)]
    sizes = net.constant(np.full(SEGMENTS, LENGTH))
    net.nodes.append(helper.make_node("Split", [net.quant("x", 8, True), sizes], parts, axis=1))
    total = ""
    for part, book, code in zip(parts, books, codes.T, strict=True):
        table = net.op("MatMul", part, net.constant(book.T.astype(np.float32)))
        entries = net.op("Gather", table, net.constant(code), axis=1)
        total = net.op("Add", total, entries) if total else entries
    best = net.op("ArgMax", total, axis=1, keepdims=1)
    net.save(path, net.op("Cast", best, to=1))


def exhaustive(path: Path, inputs: Frames) -> Frames:
    """The largest inner product with the decoded vectors; the first of equals."""
    books, codes = search_parameters()
    decoded = np.concatenate([books[n][codes[:, n]] for n in range(SEGMENTS)], axis=1)
    products = inputs["x"].astype(np.int64) @ decoded.T
    return {only_output(path): products.argmax(axis=1)[:, None].astype(np.float32)}


CHANNELS, FILTERS, BOOK, HALVES = 8, 10, 3, 2
"""Of the convolution: its channels are cut in halves, each with a code book."""


def convolution_parameters() -> tuple[Array, Array]:
    """Code books [halves, words, channels of one], and codes [filters, halves, 3, 3]."""
    random = np.random.default_rng(6)
    return (
        random.integers(-127, 128, (HALVES, BOOK, CHANNELS // HALVES)),
        random.integers(0, BOOK, (FILTERS, HALVES, 3, 3)),
    )


def quantized_cnn(path: Path) -> None:
    """Inner products with all code words at each place, and sums of those that codes choose."""
    books, codes = convolution_parameters()
    net = Grower(CHANNELS, 5, 4)
    words = net.constant(books.reshape(-1, CHANNELS // HALVES, 1, 1).astype(np.float32))
    table = net.op("Conv", net.quant("x", 8, True), words, kernel_shape=[1, 1], group=HALVES)
    chosen = codes[:, :, None] == np.arange(BOOK)[:, None, None]
    chosen = net.constant(chosen.reshape(FILTERS, HALVES * BOOK, 3, 3).astype(np.float32))
    net.save(path, net.op("Conv", table, chosen, kernel_shape=[3, 3], pads=[1] * 4))


def decoded_cnn(path: Path) -> None:
    """The convolution with the weights that the codes stand for."""
    books, codes = convolution_parameters()
    net = Grower(CHANNELS, 5, 4)
    parts = [books[half][codes[:, half]] for half in range(HALVES)]
    weights = np.stack(parts, axis=1).transpose(0, 1, 4, 2, 3).reshape(FILTERS, CHANNELS, 3, 3)
    x = net.quant("x", 8, True)
    constant = net.constant(weights.astype(np.float32))
    net.save(path, net.op("Conv", x, constant, kernel_shape=[3, 3], pads=[1] * 4))


def of_decoded(path: Path, inputs: Frames) -> Frames:
    """What an executor makes of the convolution with decoded weights."""
    decoded_cnn(path.with_name("decoded.onnx"))
    (y,) = executed(path.with_name("decoded.onnx"), inputs).values()
    return {only_output(path): y}


RESIDUAL, RESIDUAL_WORDS = (32, 24), 4
"""Of the matrix, inputs and outputs; code words of each of its two books."""


def residual(path: Path) -> None:
    """Every weight is a code word and another one for what that leaves, as the file stores them."""
    net = Grower(RESIDUAL[0])
    parts = []
    for largest in (96, 24):
        book = net.random.integers(-largest, largest + 1, RESIDUAL_WORDS).astype(np.float32)
        codes = net.constant(net.random.integers(0, RESIDUAL_WORDS, RESIDUAL))
        parts.append(net.op("Gather", net.constant(book), codes, axis=0))
    net.save(path, net.op("MatMul", net.quant("x", 8, True), net.op("Add", *parts)))


NETWORKS = (
    Network(
        2, "residual code books", residual, options={"target_cycles": 400},
        ideal_bits=2 * (2 * RESIDUAL[0] * RESIDUAL[1] + 8 * RESIDUAL_WORDS),
    ),
    Network(
        1, "product quantization, search", search, expected=exhaustive,
        options={"target_cycles": 60},
        ideal_bits=SEGMENTS * (8 * WORDS * LENGTH + 3 * VECTORS),
    ),
    Network(
        6, "Q-CNN", quantized_cnn, expected=of_decoded, options={"target_cycles": 120},
        plain=decoded_cnn, gains=("dsp",),
    ),
)  # fmt: skip
