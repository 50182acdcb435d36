"""Sparse matrix-vector engines, measured in RTL simulation: static schedule against queues.

    python benchmarks/sparse_engines.py [--json FILE] [--pes N] [--density D]

The matrices are those of a published sparse LSTM (ESE, arXiv 1612.00694): four gates of 1024 rows
with 153 inputs and 512 recurrent ones, and a projection of 512 x 1024; 12-bit weights, 16-bit
activations without zeros; one tenth of the weights, kept by plain magnitude over all matrices, or
in equal shares for each processing element. Rows have unequal importance (log-normal, 0.3). A
gate's two parts are one matrix here. Cycles are those between the last two of a few vectors in a
row, summed over the matrices.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from hwcompile.diagnostics import Origin
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.site import Parameters
from hwcompile.schedule.planner import plan as make_plan
from hwcompile.schedule.tokens import simulate
from hwcompile.sparse.pruning import load_balanced, magnitude_of_all
from hwcompile.verify.simulator import compile_simulator

SHAPES = {f"gate {name}": (1024, 665) for name in "ifgo"} | {"projection": (512, 1024)}
ACTIVATION = IntType(-(1 << 15), (1 << 15) - 1)
VECTORS = 5


@dataclass(frozen=True)
class Row:
    """One engine on all matrices; field names are those of the JSON output."""

    pruning: str
    engine: str
    entries: int
    bound_cycles: int
    predicted_cycles: int
    measured_cycles: int
    utilisation: float
    mismatches: int


def matrices(pruning: str, density: float, pes: int) -> dict[str, IntArray]:
    """The pruned and quantized matrices by name."""
    rng = np.random.default_rng(1612)
    scores = [rng.normal(size=s) * rng.lognormal(0, 0.3, (s[0], 1)) for s in SHAPES.values()]
    if pruning == "magnitude":
        kept = magnitude_of_all(scores, density)
    else:
        kept = tuple(load_balanced(score, density, pes) for score in scores)
    found = {}
    for name, weights in zip(SHAPES, kept, strict=True):
        step = np.abs(weights).max() / 2047
        found[name] = np.where(weights != 0, np.trunc(weights / step + np.sign(weights)), 0)
    return {name: np.clip(w, -2047, 2047).astype(np.int64) for name, w in found.items()}


def measure(weights: IntArray, kernel: str, parameters: Parameters) -> tuple[int, int, int]:
    """Predicted and measured cycles between vectors, and mismatches against the reference."""
    builder = Builder("engine")
    kind = TensorType((1, 1, weights.shape[1]), ACTIVATION)
    source = builder.input("x", kind)
    origin = Origin("benchmark", "engine", "MatMul")
    (output,) = builder.add("y", Matmul(weights[None]), (source,), origin)
    choice = {"kernel": kernel, **parameters}
    plan, _ = make_plan(builder.build((output,)), schedule={"nodes": {"y": choice}})
    rng = np.random.default_rng(3)
    x = rng.integers(1, ACTIVATION.high, (VECTORS, *kind.shape)) * rng.choice([-1, 1])
    (expected,) = plan.graph.evaluate({"x": x}).values()
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        result = compile_simulator(Path(folder)).run({"x": x})
    ends = result.output_cycles["y"].reshape(VECTORS, -1)[:, -1]
    foretold = simulate(plan, VECTORS).frame_ends
    wrong = int(np.count_nonzero(result.outputs["y"] != expected))
    return int(foretold[-1] - foretold[-2]), int(ends[-1] - ends[-2]), wrong


def engine_row(pruning: str, engine: str, pes: int, density: float) -> Row:
    """Run one engine on all matrices, one after the other."""
    kernel, _, option = engine.partition(" ")
    parameters: dict[str, int | str] = {"pes": pes}
    if option:
        parameters["queue" if kernel == "broadcast" else "index"] = (
            int(option) if kernel == "broadcast" else option
        )
    entries = predicted = measured = mismatches = 0
    for weights in matrices(pruning, density, pes).values():
        entries += int(np.count_nonzero(weights))
        one = measure(weights, kernel, parameters)
        predicted, measured = predicted + one[0], measured + one[1]
        mismatches += one[2]
    bound = -(-entries // pes)
    return Row(
        pruning, engine, entries, bound, predicted, measured, entries / pes / measured, mismatches
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pes", type=int, default=32)
    parser.add_argument("--density", type=float, default=0.1)
    options = parser.parse_args()
    rows = [
        engine_row(pruning, engine, options.pes, options.density)
        for pruning in ("magnitude", "balanced")
        for engine in ("sparse", "sparse run7", "broadcast 16", "broadcast 8")
    ]
    table = Table(title=f"{options.pes} multipliers, {options.density:.0%} of the weights")
    for name in Row.__dataclass_fields__:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        values = asdict(row) | {"utilisation": f"{row.utilisation:.1%}"}
        table.add_row(*(f"{v:,}" if isinstance(v, int) else v for v in values.values()))
    Console(width=120).print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
