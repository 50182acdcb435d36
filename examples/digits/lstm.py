"""Compiles the digits LSTM, simulates every test image in RTL, and compares everything.

python examples/digits/lstm.py [DIR]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import hwcompile
from hwcompile import rnn
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.report.console import wide_console
from hwcompile.report.table import report_table

HERE = Path(sys.argv[0]).resolve().parent
ROWS = 8
"""Rows of an image: the steps of a sequence."""

Weights = dict[str, np.ndarray]


def load_weights(path: Path) -> Weights:
    """The arrays that `train_lstm.py` wrote."""
    with np.load(path) as data:
        return {name: data[name] for name in data.files}


def formats(weights: Weights) -> rnn.Formats:
    """Number formats of all signals."""

    def form(name: str) -> rnn.Format:
        return rnn.Format(*(int(n) for n in weights[f"format_{name}"]))

    def table(name: str) -> rnn.Table:
        return rnn.Table(*(int(n) for n in weights[f"table_{name}"]))

    return rnn.Formats(
        x=form("x"),
        c=form("c"),
        m=form("m"),
        wx=form("weights"),
        wr=form("weights"),
        bias=form("bias"),
        gate=form("gate"),
        sigma=table("sigma"),
        tanh=table("tanh"),
    )


def network(weights: Weights) -> Graph:
    """Rows (1, 8, 8) through the LSTM, its last output through a fully connected layer."""
    layer = rnn.lstm(
        weights["wx"], weights["wr"], weights["bias"], formats=formats(weights), steps=ROWS
    )
    builder = Builder("digits_lstm")
    value = builder.input("x", layer.types["x"])
    (node,) = layer.nodes
    (value,) = builder.add("lstm", node.op, (value,), node.origin, types=layer.output_types(node))
    cells = weights["head"].shape[1]
    last = np.arange(cells).reshape(1, 1, cells) + (ROWS - 1) * cells
    (value,) = builder.add("last", Gather(last, 0), (value,), Origin("digits", "last", "Gather"))
    head = np.rint(weights["head"] * 2.0 ** weights["format_head"][1]).astype(np.int64)
    (value,) = builder.add("scores", Matmul(head[None]), (value,), Origin("digits", "head", "Gemm"))
    return builder.build((value,))


def float_scores(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Scores [n, 10] of images [n, 1, 8, 8] in floating point."""

    def sigma(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    h = c = np.zeros((len(images), weights["wr"].shape[1]))
    for row in range(ROWS):
        z = images[:, 0, row] @ weights["wx"].T + h @ weights["wr"].T + weights["bias"]
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigma(f) * c + sigma(i) * np.tanh(g)
        h = sigma(o) * np.tanh(c)
    return h @ weights["head"].T


def main() -> int:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out") / "digits_lstm"
    console = wide_console()
    weights = load_weights(HERE / "digits_lstm.npz")
    split = np.load(HERE / "test_split.npz")
    images, labels = (split["images"] / 16).astype(np.float32), split["labels"]

    design = hwcompile.compile_graph(network(weights), directory, force=True)
    outcome = design.verify(inputs=images, levels=("reference", "rtl"))
    scores = {"float": float_scores(weights, images)}
    for level in ("reference", "rtl"):
        (scores[level],) = design.simulate(images, level=level).raw.values()

    console.print(report_table(design.report))
    kept = sum(int(np.count_nonzero(weights[name])) for name in ("wx", "wr"))
    total = weights["wx"].size + weights["wr"].size
    console.print(f"weights    {kept:,} of {total:,} kept, {kept / total:.1%}")
    for level, values in scores.items():
        right = int((values.reshape(len(labels), -1).argmax(1) == labels).sum())
        console.print(
            f"accuracy   {level:<9} {right} of {len(labels)} test images, {right / len(labels):.2%}"
        )
    for line in outcome.lines():
        console.print(line)
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
