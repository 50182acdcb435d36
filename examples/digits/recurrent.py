"""Compiles a recurrent digits network, simulates every test image in RTL, compares everything.

python examples/digits/recurrent.py [lstm|gru] [DIR]
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
from hwcompile.report.console import report_console
from hwcompile.report.table import report_table

HERE = Path(sys.argv[0]).resolve().parent
ROWS = 8
"""Rows of an image: the steps of a sequence."""

Weights = dict[str, np.ndarray]


def load_weights(path: Path) -> Weights:
    """The arrays that `train_recurrent.py` wrote."""
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


def cell_of(weights: Weights) -> str:
    """Which cell the weights are of: "lstm" or "gru"."""
    return "gru" if "recurrent_bias" in weights else "lstm"


def layer_of(weights: Weights) -> Graph:
    """The recurrent layer alone: rows (1, 8, 8) to outputs (1, 8, cells)."""
    wx, wr, bias = weights["wx"], weights["wr"], weights["bias"]
    if cell_of(weights) == "lstm":
        return rnn.lstm(wx, wr, bias, formats=formats(weights), steps=ROWS)
    recurrent_bias = weights["recurrent_bias"]
    return rnn.gru(wx, wr, bias, recurrent_bias, formats=formats(weights), steps=ROWS)


def network(weights: Weights) -> Graph:
    """Rows (1, 8, 8) through the layer, its last output through a fully connected one."""
    layer = layer_of(weights)
    builder = Builder(f"digits_{cell_of(weights)}")
    value = builder.input("x", layer.types["x"])
    (node,) = layer.nodes
    kinds = layer.output_types(node)
    (value,) = builder.add(cell_of(weights), node.op, (value,), node.origin, types=kinds)
    cells = weights["head"].shape[1]
    last = np.arange(cells).reshape(1, 1, cells) + (ROWS - 1) * cells
    (value,) = builder.add("last", Gather(last, 0), (value,), Origin("digits", "last", "Gather"))
    head = np.rint(weights["head"] * 2.0 ** weights["format_head"][1]).astype(np.int64)
    (value,) = builder.add("scores", Matmul(head[None]), (value,), Origin("digits", "head", "Gemm"))
    return builder.build((value,))


State = tuple[np.ndarray, np.ndarray]
"""Output and inner state of a layer."""


def _sigma(z: np.ndarray) -> np.ndarray:
    result: np.ndarray = 1 / (1 + np.exp(-z))
    return result


def _lstm_step(weights: Weights, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> State:
    z = x @ weights["wx"].T + h @ weights["wr"].T + weights["bias"]
    i, f, g, o = np.split(z, 4, axis=1)
    c = _sigma(f) * c + _sigma(i) * np.tanh(g)
    return _sigma(o) * np.tanh(c), c


def _gru_step(weights: Weights, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> State:
    xr, xz, xn = np.split(x @ weights["wx"].T + weights["bias"], 3, axis=1)
    hr, hz, hn = np.split(h @ weights["wr"].T + weights["recurrent_bias"], 3, axis=1)
    z = _sigma(xz + hz)
    return (1 - z) * np.tanh(xn + _sigma(xr + hr) * hn) + z * h, c


def float_scores(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Scores [n, 10] of images [n, 1, 8, 8] in floating point."""
    step = _lstm_step if cell_of(weights) == "lstm" else _gru_step
    h = c = np.zeros((len(images), weights["wr"].shape[1]))
    for row in range(ROWS):
        h, c = step(weights, images[:, 0, row], h, c)
    return h @ weights["head"].T


def main() -> int:
    cell = sys.argv[1] if len(sys.argv) > 1 else "lstm"
    directory = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("out") / f"digits_{cell}"
    console = report_console()
    weights = load_weights(HERE / f"digits_{cell}.npz")
    split = np.load(HERE / "test_split.npz")
    images, labels = (split["images"] / 16).astype(np.float32), split["labels"]

    design = hwcompile.compile_graph(network(weights), directory, fastest=True, force=True)
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
